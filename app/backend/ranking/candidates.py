"""Which titles may be shown for a request, and what kept the others out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from app.backend.domain.evidence import Viewing
from app.backend.features.encode import Codes, Floats
from app.backend.features.side import places

RESTING_DAYS: Final = 60

TOO_LONG: Final = "too_long"
LENGTH_UNKNOWN: Final = "length_unknown"
WATCHED_LATELY: Final = "watched_lately"
NOT_AGAIN: Final = "not_again"
VETO: Final = "veto"

_NONE: Final = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Resting:
    """Titles that the household is done with, by position in the library.

    Attributes
    ----------
    not_again, lately : ndarray of int64, ascending
        Not to be watched again; watched too short a time ago.
    until : datetime or None
        The first moment at which one of them may be shown again; `None` where there is none.
    """

    not_again: Codes = field(default_factory=_NONE.copy)
    lately: Codes = field(default_factory=_NONE.copy)
    until: datetime | None = None


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


def resting(ids: Codes, viewings: Sequence[Viewing], at: datetime) -> Resting:
    """Return which titles rest at a moment.

    Parameters
    ----------
    ids : ndarray of int64, ascending
        Of the library.
    viewings : sequence of Viewing
        The last viewing of each title.
    at : datetime
    """
    not_again: list[int] = []
    lately: list[int] = []
    ends: list[datetime] = []
    last = {viewing.media_id: viewing for viewing in viewings}
    seen = list(last.values())
    found, at_row = places(ids, np.array(list(last), dtype=np.int64))
    for number, row in zip(found.tolist(), at_row.tolist(), strict=True):
        viewing = seen[number]
        end = viewing.watched_at + timedelta(days=RESTING_DAYS)
        if viewing.would_watch_again is False:
            not_again.append(row)
        elif end > at:
            lately.append(row)
            ends.append(end)
    never, soon = (np.array(sorted(rows), dtype=np.int64) for rows in (not_again, lately))
    return Resting(never, soon, min(ends, default=None))


def fitting(minutes: Floats, limit_minutes: int | None, done: Resting) -> Candidates:
    """Keep the titles that fit the time and that the household is not done with.

    Parameters
    ----------
    minutes : ndarray of float64, shape (n,)
        Of one sitting of each title; NaN where unknown.
    limit_minutes : int or None
        The longest sitting; `None` where there is no limit.
    done : Resting
    """
    free = np.ones(len(minutes), dtype=bool)
    left_out = {}
    if limit_minutes is not None:
        unknown = np.isnan(minutes)
        left_out[LENGTH_UNKNOWN] = int(unknown.sum())
        free &= ~unknown
        too_long = free & ~(minutes <= limit_minutes)
        left_out[TOO_LONG] = int(too_long.sum())
        free &= ~too_long
    for reason, rows in ((NOT_AGAIN, done.not_again), (WATCHED_LATELY, done.lately)):
        left_out[reason] = int(free[rows].sum())
        free[rows] = False
    told = {reason: count for reason, count in sorted(left_out.items()) if count}
    return Candidates(np.flatnonzero(free), told)
