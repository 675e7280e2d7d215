"""Which titles may be shown for a request, and what kept the others out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np

from app.backend.domain.evidence import Viewing
from app.backend.domain.signals import EVENING
from app.backend.features.encode import Codes, Floats
from app.backend.features.side import places

RESTING_DAYS: Final = 60

TOO_LONG: Final = "too_long"
LENGTH_UNKNOWN: Final = "length_unknown"
WATCHED_LATELY: Final = "watched_lately"
NOT_AGAIN: Final = "not_again"
VETO: Final = "veto"
NOT_TONIGHT: Final = "not_tonight"
SHOWN_TONIGHT: Final = "shown_tonight"
TOO_OLD_FOR: Final = "above_age_limit"
AGE_UNKNOWN: Final = "age_unknown"
SEEN_BEFORE: Final = "seen_before"
WITHHELD: Final = "withheld"

_NONE: Final = np.zeros(0, dtype=np.int64)
NOTHING: Final[Mapping[int, datetime]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Resting:
    """Titles that the household is done with, by position in the library.

    Attributes
    ----------
    not_again, lately, not_tonight : ndarray of int64, ascending
        Not to be watched again; watched too short a time ago; not wanted this evening.
    shown : ndarray of int64
        Shown already in the slates that this one is asked for in place of.
    seen, withheld : ndarray of int64
        Watched elsewhere by somebody present; not shown to somebody present where it is kept.
    again : ndarray of int64
        To be watched again by the last verdict: having been seen is nothing against them.
    until : datetime or None
        The first moment at which one of them may be shown again; `None` where there is none.
    """

    not_again: Codes = field(default_factory=_NONE.copy)
    lately: Codes = field(default_factory=_NONE.copy)
    until: datetime | None = None
    not_tonight: Codes = field(default_factory=_NONE.copy)
    shown: Codes = field(default_factory=_NONE.copy)
    seen: Codes = field(default_factory=_NONE.copy)
    withheld: Codes = field(default_factory=_NONE.copy)
    again: Codes = field(default_factory=_NONE.copy)


@dataclass(frozen=True, slots=True)
class Measures:
    """What decides whether titles may be shown at all, of length n.

    Attributes
    ----------
    minutes : ndarray of float64
        Of one sitting; NaN where unknown.
    ages : ndarray of float64
        From which age on one may see it; NaN where unknown.
    """

    minutes: Floats
    ages: Floats


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest sitting and the greatest age; `None` where there is no limit."""

    minutes: int | None = None
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Titles that fit, by position, and how many did not for each reason; each is counted once."""

    rows: Codes
    left_out: Mapping[str, int]

    def only(self, kept: Codes, reason: str) -> "Candidates":
        """Return some of the candidates; the others are counted as left out for one reason."""
        gone = len(self.rows) - len(kept)
        if not gone:
            return self
        counts = {**self.left_out, reason: self.left_out.get(reason, 0) + gone}
        return Candidates(self.rows[kept], dict(sorted(counts.items())))


def resting(
    ids: Codes,
    viewings: Sequence[Viewing],
    at: datetime,
    not_tonight: Mapping[int, datetime] = NOTHING,
) -> Resting:
    """Return which titles rest at a moment.

    Parameters
    ----------
    ids : ndarray of int64, ascending
        Of the library.
    viewings : sequence of Viewing
        The last viewing of each title.
    at : datetime
    not_tonight : mapping of int to datetime
        Titles that nobody wanted this evening, and when that was said.
    """
    not_again: list[int] = []
    lately: list[int] = []
    again: list[int] = []
    ends: list[datetime] = []
    last = {viewing.media_id: viewing for viewing in viewings}
    seen = list(last.values())
    found, at_row = places(ids, np.array(list(last), dtype=np.int64))
    for number, row in zip(found.tolist(), at_row.tolist(), strict=True):
        viewing = seen[number]
        if viewing.would_watch_again:
            again.append(row)
        end = viewing.watched_at + timedelta(days=RESTING_DAYS)
        if viewing.would_watch_again is False:
            not_again.append(row)
        elif end > at:
            lately.append(row)
            ends.append(end)
    over = {media: said + EVENING for media, said in not_tonight.items() if said + EVENING > at}
    found, tonight = places(ids, np.array(list(over), dtype=np.int64))
    until = list(over.values())
    ends += [until[number] for number in found.tolist()]
    never, soon, fond = (
        np.array(sorted(rows), dtype=np.int64) for rows in (not_again, lately, again)
    )
    return Resting(never, soon, min(ends, default=None), np.sort(tonight), again=fond)


def fitting(measures: Measures, limits: Limits, done: Resting) -> Candidates:
    """Keep the titles that fit the time and everyone's age and that the household is not done with.

    What is not known of a title never passes a limit.
    """
    free = np.ones(len(measures.minutes), dtype=bool)
    left_out = {}
    for values, limit, unknown, above in (
        (measures.minutes, limits.minutes, LENGTH_UNKNOWN, TOO_LONG),
        (measures.ages, limits.age, AGE_UNKNOWN, TOO_OLD_FOR),
    ):
        if limit is None:
            continue
        is_known = ~np.isnan(values)
        left_out[unknown] = int((free & ~is_known).sum())
        free &= is_known
        is_above = free & ~(values <= limit)
        left_out[above] = int(is_above.sum())
        free &= ~is_above
    for reason, rows in (
        (NOT_AGAIN, done.not_again),
        (WATCHED_LATELY, done.lately),
        (NOT_TONIGHT, done.not_tonight),
        (SHOWN_TONIGHT, done.shown),
        (WITHHELD, done.withheld),
        (SEEN_BEFORE, np.setdiff1d(done.seen, done.again)),
    ):
        left_out[reason] = int(free[rows].sum())
        free[rows] = False
    told = {reason: count for reason, count in sorted(left_out.items()) if count}
    return Candidates(np.flatnonzero(free), told)
