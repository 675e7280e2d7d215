"""Combinations of codes that training saw, numbered, so that new rows find their own."""

from dataclasses import dataclass

import numpy as np

from app.backend.features.encode import Codes, Floats


@dataclass(frozen=True, slots=True)
class Numbering:
    """Distinct combinations of codes that training saw, numbered from 0.

    `levels` holds for each column, in order, the sorted combinations of the number so far and the
    column's code; `radix` what the number so far is multiplied by.
    """

    levels: tuple[Codes, ...]
    radix: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot number anything.

        Raises
        ------
        ValueError
            Where levels are not in ascending order, or not one for each column.
        """
        if len(self.levels) != len(self.radix) or not all(1 <= one < 2**62 for one in self.radix):
            raise ValueError("its codes cannot be numbered")
        count = 1
        for level, radix in zip(self.levels, self.radix, strict=True):
            # Without rows there is no combination of any length.
            is_none = not len(level) and count <= 1
            follows = np.array_equal(np.unique(level // radix), np.arange(count))
            if (np.diff(level) <= 0).any() or not (follows or is_none):
                raise ValueError("its codes are not in order")
            count = len(level)

    @property
    def count(self) -> int:
        """How many combinations there are."""
        return len(self.levels[-1]) if self.levels else 1

    @classmethod
    def learn(cls, codes: Codes) -> "Numbering":
        """Number the distinct rows of codes, int64 of shape (n, k)."""
        levels, radix = [], []
        number = np.zeros(len(codes), dtype=np.int64)
        for column in codes.T:
            radix.append(int(column.max(initial=0)) + 1)
            level, number = np.unique(number * radix[-1] + column, return_inverse=True)
            levels.append(level.astype(np.int64))
        return cls(tuple(levels), tuple(radix))

    def of(self, codes: Codes) -> Codes:
        """Return each row's number, shape (n,); -1 where training never saw it."""
        number = np.zeros(len(codes), dtype=np.int64)
        for column, level, radix in zip(codes.T, self.levels, self.radix, strict=True):
            wanted = number * radix + column
            at = np.minimum(np.searchsorted(level, wanted), max(len(level) - 1, 0))
            found = (number >= 0) & (column < radix)
            found &= level[at] == wanted if len(level) else False
            number = np.where(found, at, -1)
        return number


def codes_of(X: Floats, key: tuple[int, ...]) -> Codes:
    """Return the codes of some columns, int64 of shape (n, len(key))."""
    return X[:, list(key)].astype(np.int64)
