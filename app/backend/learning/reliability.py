"""Whether promises are kept: rows in bins of what was promised, and the share that was positive."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.features.encode import Codes, Floats
from app.backend.learning.metrics import BINS

FEW_ROWS: Final = 1_000
LEAST_BIN_ROWS: Final = 10
# The standard normal's quantile of an interval that holds nine in ten.
Z: Final = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of nearly one promise: their number, mean promise, and share of positives.

    `low` and `high` bound the share that many more such rows would have.
    """

    rows: int
    mean: float
    share: float
    low: float
    high: float


def reliability(p: Floats, y: Codes) -> list[Bin]:
    """Put rows into at most `BINS` bins, the lowest promise first; none is empty.

    Below `FEW_ROWS` rows the bins have equally many, at least `LEAST_BIN_ROWS` where there are so
    many; equal promises stay together. From there on they are equally wide.
    """
    return [_bin(p[rows], y[rows]) for rows in _bins(p)]


def error_by_chance(p: Floats) -> float:
    """Return the calibration error to expect of so many rows if every promise were exact.

    Each bin's gap is then nearly normal around 0, with the variance of its verdicts.
    """
    bin_of = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    variance = np.bincount(bin_of, p * (1.0 - p), BINS)
    return float(np.sqrt(2.0 * variance / np.pi).sum() / len(p))


def wilson(positives: int, rows: int) -> tuple[float, float]:
    """Return Wilson's interval of a share: it never leaves 0 to 1, and always holds the share.

    Examples
    --------
    >>> [round(edge, 3) for edge in wilson(7, 10)]
    [0.442, 0.873]
    """
    share, spread = positives / rows, Z * Z / rows
    centre = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / rows + spread / (4 * rows)) / (1 + spread)
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def _bins(p: Floats) -> Iterator[Codes]:
    if not len(p):
        return
    if len(p) >= FEW_ROWS:
        edges = np.arange(1, BINS) / BINS
    else:
        bins = min(BINS, max(1, len(p) // LEAST_BIN_ROWS))
        edges = np.unique(np.sort(p)[np.arange(1, bins) * len(p) // bins])
    bin_of = np.searchsorted(edges, p, side="right")
    for number in np.unique(bin_of):
        yield np.flatnonzero(bin_of == number)


def _bin(p: Floats, y: Codes) -> Bin:
    positives, rows = int(y.sum()), len(y)
    return Bin(rows, float(p.mean()), positives / rows, *wilson(positives, rows))
