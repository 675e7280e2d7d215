"""Titles of a Plex server as each tells itself, some at a time: a list leaves out most genres."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import ItemState
from app.backend.sources import plex_answers, plex_items
from app.backend.sources.library_source import Entry
from app.backend.sources.media_server import EPISODES
from app.backend.sources.plex_items import plain_id
from app.backend.sources.plex_listing import paging
from app.backend.sources.server_paging import Batch
from app.backend.sources.upstream import Query, Upstream

IDS_AT_ONCE: Final = 100
_OF_TITLES: Final[Query] = {
    "includeGuids": 1,
    "skipRefresh": 1,
    "excludeElements": "Media,Country,Rating,Writer,Producer,Similar,Style,Mood,Image,"
    "UltraBlurColors,Chapter,Marker,Extras,Review",
}
_BARE: Final[Query] = {
    "skipRefresh": 1,
    "excludeElements": "Media,Genre,Country,Guid,Rating,Collection,Director,Writer,Role,Producer,"
    "Similar,Style,Mood,Image,UltraBlurColors,Chapter,Marker,Extras,Review",
    "excludeFields": "summary,tagline",
}

Row = Mapping[str, Any]


def titles_of(upstream: Upstream, batch: Batch, latest_year: int) -> Iterator[Entry]:
    """Yield the titles of a list; what is gone since it was told is no title any more."""
    found = _details(upstream, list(ids_of(batch)), _OF_TITLES)
    for where, row in batch.rows:
        item_id = plain_id(row.get("ratingKey")) if isinstance(row, dict) else None
        if item_id is None or item_id in found:
            told = row if item_id is None else found[item_id]
            yield plex_items.entry(told, where, batch.place.library, latest_year)


def titles_by_id(upstream: Upstream, ids: Sequence[str], latest_year: int) -> Iterator[Entry]:
    """Yield titles, wherever they are; those that are gone are not among them."""
    for item_id, row in _details(upstream, ids, _OF_TITLES).items():
        yield plex_items.entry(row, f"item {item_id}", "", latest_year)


def states_by_id(upstream: Upstream, ids: Sequence[str]) -> Iterator[ItemState]:
    """Yield what whoever asks did with titles; those that they may not see are not among them."""
    return filter(None, map(plex_items.state, _details(upstream, ids, _BARE).values()))


def episode_minutes(upstream: Upstream, series_id: str) -> int | None:
    """Return the median of what the first episodes of a series run, `None` where none tells."""
    path = f"/library/metadata/{series_id}/allLeaves"
    try:
        answer = upstream.json(path, {**_BARE, **paging(0, EPISODES)})
    except SourceMalformed as error:
        if _is_gone(error):
            return None
        raise
    return plex_items.typical_minutes(plex_answers.items(answer))


def episode_counts(upstream: Upstream, series_ids: Sequence[str]) -> dict[str, int]:
    """Return how many episodes each series has; those that are gone are not among them."""
    rows = _details(upstream, series_ids, _BARE)
    return {item_id: plex_items.whole(row, "leafCount") or 0 for item_id, row in rows.items()}


def ids_of(batch: Batch) -> Iterator[str]:
    """Yield the ids of the items of a list."""
    ids = (plain_id(row.get("ratingKey")) for _, row in batch.rows if isinstance(row, dict))
    return filter(None, ids)


def _details(upstream: Upstream, ids: Sequence[str], asked: Query) -> dict[str, Row]:
    """Return what items tell, by their ids; those that are gone are not among them."""
    found: dict[str, Row] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        found |= _details_of(upstream, ids[start : start + IDS_AT_ONCE], asked)
    return found


def _details_of(upstream: Upstream, ids: Sequence[str], asked: Query) -> dict[str, Row]:
    try:
        answer = upstream.json(
            f"/library/metadata/{','.join(ids)}", {**asked, **paging(0, len(ids))}
        )
    except SourceMalformed as error:
        if not _is_gone(error):
            raise
        # None of them is there any more; or one is not, and the others shall not suffer for it.
        if len(ids) == 1:
            return {}
        half = len(ids) // 2
        first = _details_of(upstream, ids[:half], asked)
        return {**first, **_details_of(upstream, ids[half:], asked)}
    wanted, found = set(ids), dict[str, Row]()
    for row in plex_answers.items(answer):
        item_id = plain_id(row.get("ratingKey")) if isinstance(row, dict) else None
        if isinstance(row, dict) and item_id in wanted:
            found[str(item_id)] = row
    return found


def _is_gone(error: SourceMalformed) -> bool:
    """Say whether an item was asked for that is not there any more."""
    return error.details.get("status") == 404
