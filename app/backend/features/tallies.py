"""How often rows alike in one respect were positive, as columns that trees see.

Each key (a member, a title in one context, ...) gives two: the smoothed share of positives, and how
many rows it is of.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from app.backend.features.encode import Floats
from app.backend.features.numbering import Numbering, codes_of

Key: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Of each combination of one key's codes: how many rows (by weight), how many positive."""

    numbering: Numbering
    positives: Floats
    rows: Floats

    def __post_init__(self) -> None:
        """Refuse numbers that are no tally.

        Raises
        ------
        ValueError
            Where a combination has no count, or an impossible one.
        """
        shape = (self.numbering.count,)
        if shape == (0,) or self.positives.shape != shape or self.rows.shape != shape:
            raise ValueError("a combination has no count")
        # Sums of weights may differ by a rounding.
        too_many = self.positives > self.rows * (1.0 + 1e-9)
        if (self.positives < 0).any() or too_many.any():
            raise ValueError("a count is below zero, or of more rows than there are")


@dataclass(frozen=True, slots=True)
class TargetStatistics:
    """Target statistics as rows taught them.

    Attributes
    ----------
    keys : tuple of tuple of int
        Columns of the matrix.
    tallies : tuple of Tally
    mean : float
        The smoothed base rate.
    prior : float
    """

    keys: tuple[Key, ...]
    tallies: tuple[Tally, ...]
    mean: float
    prior: float

    def __post_init__(self) -> None:
        """Refuse statistics that mean nothing.

        Raises
        ------
        ValueError
            Where keys and tallies do not belong together, or the prior is none.
        """
        if len(self.keys) != len(self.tallies) or not 0 < self.mean < 1 or self.prior <= 0:
            raise ValueError("its statistics mean nothing")
        for key, tally in zip(self.keys, self.tallies, strict=True):
            if len(key) != len(tally.numbering.radix):
                raise ValueError("a key has other columns than it says")

    def of(self, X: Floats) -> Floats:
        """Return the columns of new rows, shape (n, 2 * keys); what was never seen has the mean."""
        columns = [np.zeros((len(X), 0))]
        for key, tally in zip(self.keys, self.tallies, strict=True):
            number = tally.numbering.of(codes_of(X, key))
            known = number >= 0
            positives = np.where(known, tally.positives[number], 0.0)
            count = np.where(known, tally.rows[number], 0.0)
            columns.append(smoothed(positives, count, np.full(len(X), self.mean), self.prior))
        return np.hstack(columns)


def smoothed(positives: Floats, count: Floats, mean: Floats, prior: float) -> Floats:
    """Return the smoothed share and the number of rows, float64 of shape (n, 2)."""
    return np.column_stack([(positives + prior * mean) / (count + prior), count])
