"""What accounts of a media server did with titles, as history of their members; callers commit."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.backend.domain.media_server import ItemState
from app.backend.domain.ratings import stars
from app.backend.store.batches import in_batches
from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.source_tables import HistoryEntryRow, WithheldTitle

_COLUMNS = (
    HistoryEntryRow.media_id,
    HistoryEntryRow.raw_rating,
    HistoryEntryRow.rating,
    HistoryEntryRow.is_watched,
    HistoryEntryRow.at,
)


@dataclass(frozen=True, slots=True)
class Doings:
    """Where what an account did is kept: the source's name, its scale, the member, and when."""

    source: str
    scale: float
    member_id: int
    at: datetime


def write_states(
    session: Session,
    doings: Doings,
    states: Iterable[ItemState],
    media_of: Mapping[str, int],
    *,
    is_whole: bool,
    visible: Collection[str] | None = None,
) -> int:
    """Keep what a member did with titles; say how many entries changed.

    What they did with an item that is gone, or that they may not see any more, stays; where the
    same title came back as another item, that one tells.

    Parameters
    ----------
    session : Session
    doings : Doings
    states : iterable of ItemState
        Of items that nobody knows, nothing is kept.
    media_of : mapping of str to int
        Which title each item is.
    is_whole : bool
        Whether these are all that they did, so that what is not among them was taken back.
    visible : collection of str or None
        The items that were told of; `None` means all.
    """
    mine = (HistoryEntryRow.source == doings.source) & (
        HistoryEntryRow.member_id == doings.member_id
    )
    query = select(HistoryEntryRow.key, HistoryEntryRow.id, *_COLUMNS).where(mine)
    there = {row[0]: (row[1], tuple(row[2:])) for row in session.execute(query)}
    added, changed, seen = list[dict[str, Any]](), list[dict[str, Any]](), set[str]()
    for state in states:
        values = _values(state, media_of.get(state.item_id), doings)
        if values is None:
            continue
        seen.add(state.item_id)
        known = there.get(state.item_id)
        if known is None:
            added.append({**values, **_new(state, doings)})
        elif known[1] != tuple(values[column.key] for column in _COLUMNS):
            changed.append({"id": known[0], **values, "noted_at": doings.at})
    whose = {key: (number, values[0]) for key, (number, values) in there.items()}
    gone = list(_taken_back(whose, seen, media_of, visible)) if is_whole else []
    if added:
        session.execute(insert(HistoryEntryRow), added)
    if changed:
        session.execute(update(HistoryEntryRow), changed)
    for some in in_batches(gone):
        session.execute(delete(HistoryEntryRow).where(HistoryEntryRow.id.in_(some)))
    if added or changed or gone:
        advance(session, VIEWINGS)
    return len(added) + len(changed) + len(gone)


def _taken_back(
    there: Mapping[str, tuple[int, Any]],
    seen: AbstractSet[str],
    media_of: Mapping[str, int],
    visible: Collection[str] | None,
) -> Iterator[int]:
    """Yield the entries, each with its title, that no longer hold; of some nothing was told."""
    told = (media_of.keys() if visible is None else media_of.keys() & set(visible)) - seen
    titles = {media_of[key] for key in seen}
    for key, (number, media_id) in there.items():
        if key in told or (key not in media_of and media_id in titles):
            yield number


def write_withheld(
    session: Session, source_id: int, member_id: int, media_ids: Collection[int]
) -> None:
    """Keep which titles of a source a member may not see there."""
    mine = (WithheldTitle.source_id == source_id) & (WithheldTitle.member_id == member_id)
    there = set(session.scalars(select(WithheldTitle.media_id).where(mine)))
    gone, new = there - set(media_ids), set(media_ids) - there
    for some in in_batches(sorted(gone)):
        session.execute(delete(WithheldTitle).where(mine, WithheldTitle.media_id.in_(some)))
    if new:
        rows = [
            {"source_id": source_id, "member_id": member_id, "media_id": media}
            for media in sorted(new)
        ]
        session.execute(insert(WithheldTitle), rows)
    if gone or new:
        advance(session, VIEWINGS)


def _values(state: ItemState, media_id: int | None, doings: Doings) -> dict[str, Any] | None:
    rating = None if state.rating is None else stars(state.rating, doings.scale)
    if media_id is None or not (state.is_watched or rating):
        return None
    return {
        "media_id": media_id,
        "raw_rating": None if rating is None else state.rating,
        "rating": rating,
        "is_watched": state.is_watched,
        "at": state.watched_at,
    }


def _new(state: ItemState, doings: Doings) -> dict[str, Any]:
    return {
        "source": doings.source,
        "member_id": doings.member_id,
        "key": state.item_id,
        "title": "",
        "kind": "",
        "ids": [],
        "scale": doings.scale,
        "noted_at": doings.at,
    }
