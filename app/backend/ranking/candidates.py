"""Which titles may be shown for a request, and what kept the others out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.backend.domain.evidence import Viewing
from app.backend.domain.title import Title

RESTING_DAYS: Final = 60

TOO_LONG: Final = "too_long"
LENGTH_UNKNOWN: Final = "length_unknown"
WATCHED_LATELY: Final = "watched_lately"
NOT_AGAIN: Final = "not_again"
VETO: Final = "veto"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Titles that fit, and how many did not for each reason; a title is counted once."""

    titles: tuple[Title, ...]
    left_out: Mapping[str, int]

    def only(self, rows: Sequence[int], reason: str) -> "Candidates":
        """Return some of the candidates; the others are counted as left out for one reason."""
        gone = len(self.titles) - len(rows)
        if not gone:
            return self
        counts = {**self.left_out, reason: self.left_out.get(reason, 0) + gone}
        return Candidates(tuple(self.titles[row] for row in rows), dict(sorted(counts.items())))


def fitting(
    titles: Sequence[Title],
    limit_minutes: int | None,
    viewings: Sequence[Viewing],
    at: datetime,
) -> Candidates:
    """Keep the titles that fit the time and that the household is not done with.

    Parameters
    ----------
    titles : sequence of Title
    limit_minutes : int or None
        The longest sitting; `None` where there is no limit.
    viewings : sequence of Viewing
        The last viewing of each title.
    at : datetime
        The moment of the request.
    """
    last = {viewing.media_id: viewing for viewing in viewings}
    kept: list[Title] = []
    left_out: Counter[str] = Counter()
    for title in titles:
        reason = _unfit(title, limit_minutes) or _resting(last.get(title.id), at)
        if reason is None:
            kept.append(title)
        else:
            left_out[reason] += 1
    return Candidates(tuple(kept), dict(sorted(left_out.items())))


def _unfit(title: Title, limit_minutes: int | None) -> str | None:
    if limit_minutes is None:
        return None
    if title.minutes is None:
        return LENGTH_UNKNOWN
    return TOO_LONG if title.minutes > limit_minutes else None


def _resting(viewing: Viewing | None, at: datetime) -> str | None:
    if viewing is None:
        return None
    if viewing.would_watch_again is False:
        return NOT_AGAIN
    return WATCHED_LATELY if viewing.watched_at > at - timedelta(days=RESTING_DAYS) else None
