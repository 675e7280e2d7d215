"""What an account played, as a Plex server's history tells it to the server's owner.

It is for accounts without a key of their own. It knows of what was played to its end, and nothing
of what was marked as watched or rated, or of what the account may see.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.backend.domain.media_server import ItemState
from app.backend.sources import plex_answers, server_paging
from app.backend.sources.media_server import BARE_PAGE
from app.backend.sources.plex_items import moment, plain_id
from app.backend.sources.plex_listing import CALLED, paging
from app.backend.sources.plex_titles import episode_counts
from app.backend.sources.server_paging import Naming, Rows
from app.backend.sources.upstream import Upstream

HISTORY: Final = "/status/sessions/history/all"
_SHOW: Final = "/library/metadata/"


@dataclass(frozen=True, slots=True)
class Play:
    """A film or an episode that was played to its end; `series_id` is empty for a film."""

    item_id: str
    series_id: str
    at: datetime | None


@dataclass(slots=True)
class Doings:
    """What an account played: of each film when, of each series which episodes, and when last."""

    films: dict[str, list[datetime | None]] = field(default_factory=dict)
    episodes: dict[str, set[str]] = field(default_factory=dict)
    latest: dict[str, datetime | None] = field(default_factory=dict)

    @classmethod
    def of(cls, plays: Iterable[Play]) -> "Doings":
        """Put plays together."""
        doings = cls()
        for play in plays:
            if play.series_id:
                doings.episodes.setdefault(play.series_id, set()).add(play.item_id)
            else:
                doings.films.setdefault(play.item_id, []).append(play.at)
            of = play.series_id or play.item_id
            doings.latest[of] = _later(doings.latest.get(of), play.at)
        return doings

    def states(self, episodes_there: Mapping[str, int]) -> Iterator[ItemState]:
        """Yield what was done, given how many episodes each series has."""
        for item_id, moments in self.films.items():
            yield ItemState(item_id, True, self.latest[item_id], len(moments))
        for series_id, seen in self.episodes.items():
            there = episodes_there.get(series_id, 0)
            yield ItemState(series_id, 0 < there <= len(seen), self.latest[series_id], len(seen))


def states(upstream: Upstream, user_id: str, since: datetime | None) -> Iterator[ItemState]:
    """Yield what an account did, all of it or since a moment, as its plays tell."""
    doings = Doings.of(plays(upstream, user_id, since))
    if since is not None:
        # Whether a series was watched as a whole, all that was played of it tells.
        for series_id, seen in doings.episodes.items():
            seen.update(play.item_id for play in plays(upstream, user_id, None, series_id))
    yield from doings.states(episode_counts(upstream, list(doings.episodes)))


def plays(
    upstream: Upstream, user_id: str, since: datetime | None = None, series_id: str = ""
) -> Iterator[Play]:
    """Read what an account played, all of it or since a moment, of everything or of one series."""
    asked: dict[str, str | int] = {"accountID": user_id, "sort": "viewedAt:asc"}
    if since is not None:
        asked["viewedAt>"] = int(since.timestamp())
    if series_id:
        asked["metadataItemID"] = series_id

    def ask(_: str, start: int, limit: int) -> Rows:
        return plex_answers.page(upstream.json(HISTORY, asked | paging(start, limit)), start, limit)

    for batch in server_paging.batches(ask, ("",), BARE_PAGE, naming=_NAMING):
        for _, row in batch.rows:
            play = _play(row, user_id)
            if play is not None and (since is None or (play.at is not None and play.at >= since)):
                yield play


def _play(row: object, user_id: str) -> Play | None:
    """Return a play of this very account; what is not there any more has no id."""
    # Whoever asks for a filter and does not get it would take the owner's evenings for theirs.
    if not isinstance(row, dict) or plain_id(row.get("accountID")) != user_id:
        return None
    item_id, at = plain_id(row.get("ratingKey")), moment(row.get("viewedAt"))
    if item_id is None or row.get("type") not in {"movie", "episode"}:
        return None
    if row.get("type") == "movie":
        return Play(item_id, "", at)
    key = row.get("grandparentKey")
    series_id = plain_id(key.removeprefix(_SHOW) if isinstance(key, str) else None)
    return None if series_id is None else Play(item_id, series_id, at)


def _where(row: object, otherwise: str) -> str:
    key = row.get("historyKey") if isinstance(row, dict) else None
    return key if isinstance(key, str) and key else otherwise


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


_NAMING: Final = Naming(CALLED, _where)
