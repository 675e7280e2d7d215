"""In which unit durations are: minutes, unless they can only be something else."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.title import LONGEST_MINUTES
from app.backend.features.encode import Floats

# What a minute is in each unit. A day in one unit is less than a minute and a bit in the next, so
# that a number tells its unit, but for short titles in seconds.
SECONDS: Final = 60.0
MILLISECONDS: Final = 60_000.0
TICKS: Final = 600_000_000.0
# No library's typical title lasts longer, so such a median is one of seconds.
LONGEST_TYPICAL_MINUTES: Final = 600.0
FEW: Final = 5
MOST_FOREIGN_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Minutes:
    """Durations in minutes, with what became of them; arrays of shape (n,).

    Attributes
    ----------
    minutes : ndarray of float64
        NaN where there is no duration, or none that can be.
    is_converted : ndarray of bool
        Where the number was in another unit.
    is_unclear : ndarray of bool
        Where it could be in either of two units, because the batch holds both.
    """

    minutes: Floats
    is_converted: NDArray[np.bool_]
    is_unclear: NDArray[np.bool_]


def to_minutes(durations: Floats) -> Minutes:
    """Return durations of one batch (a library) in minutes.

    Ticks and milliseconds are told by their size, each by itself. Minutes and seconds overlap
    (1 320 can be the seconds of an episode): there the batch decides, by its median, and a few
    numbers are seconds only if none of them can be minutes. Where a sizeable part of the batch
    disagrees, that part is unclear and nothing is made up for it.

    Parameters
    ----------
    durations : ndarray of float64, shape (n,)
        NaN where there is none.

    Examples
    --------
    >>> to_minutes(np.array([95.0, 57_000_000_000.0, 5_700_000.0, -3.0])).minutes
    array([95., 95., 95., nan])
    >>> to_minutes(np.array([5_700.0, 1_320.0, 6_600.0, 5_400.0, 6_000.0])).minutes
    array([ 95.,  22., 110.,  90., 100.])
    """
    known = np.where(np.isfinite(durations) & (durations > 0), durations, 0.0)
    ticks = (known >= TICKS) & (known <= LONGEST_MINUTES * TICKS)
    milliseconds = (known > LONGEST_MINUTES * SECONDS) & (known <= LONGEST_MINUTES * MILLISECONDS)
    small = (known > 0) & (known <= LONGEST_MINUTES * SECONDS)
    in_seconds = bool(small.any()) and _is_in_seconds(known[small])
    foreign = small & ((known <= LONGEST_TYPICAL_MINUTES) == in_seconds)
    if not in_seconds:
        foreign &= known > LONGEST_MINUTES
    share = foreign.sum() / max(small.sum(), 1)
    is_unclear = foreign & (foreign.sum() >= FEW) & (share > MOST_FOREIGN_SHARE)
    seconds = small & in_seconds
    divisor = np.select([ticks, milliseconds, seconds], [TICKS, MILLISECONDS, SECONDS], 1.0)
    minutes = known / divisor
    fits = (minutes > 0) & (minutes <= LONGEST_MINUTES) & ~is_unclear
    return Minutes(np.where(fits, minutes, np.nan), (divisor > 1.0) & fits, is_unclear)


def _is_in_seconds(durations: Floats) -> bool:
    if len(durations) < FEW:
        return bool(durations.min() > LONGEST_MINUTES)
    return bool(np.median(durations) > LONGEST_TYPICAL_MINUTES)
