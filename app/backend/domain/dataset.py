"""A data set from elsewhere as it was read: columns of words and numbers, nothing learnt of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.title import TitleRecord

LOWEST_RATING: Final = 0.5
HIGHEST_RATING: Final = 5.0
POSITIVE_RATING: Final = 4.0


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of words, each written down once.

    Attributes
    ----------
    words : tuple of str
        Distinct; some may not occur.
    code : ndarray of int64, shape (n,)
        The place of each row's word in `words`.
    """

    words: tuple[str, ...]
    code: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.code)

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Coded":
        """Return some of the rows, over the same words."""
        return Coded(self.words, self.code[rows])

    def spelt(self, spelling: Callable[[str], str]) -> "Coded":
        """Return the column with each word spelt anew; words that become the same are one."""
        number: dict[str, int] = {}
        place = [number.setdefault(spelling(word), len(number)) for word in self.words]
        return Coded(tuple(number), np.array(place, dtype=np.int64)[self.code])

    def in_order(self) -> "Coded":
        """Return the column over the words that occur, in their order.

        Examples
        --------
        >>> column = Coded(("b", "unused", "a"), np.array([2, 0, 2])).in_order()
        >>> column.words, column.code
        (('a', 'b'), array([0, 1, 0]))
        """
        occurs = np.zeros(len(self.words), dtype=bool)
        occurs[self.code] = True
        kept = sorted(np.flatnonzero(occurs).tolist(), key=lambda at: self.words[at])
        place = np.zeros(len(self.words), dtype=np.int64)
        place[kept] = np.arange(len(kept))
        return Coded(tuple(self.words[at] for at in kept), place[self.code])

    def texts(self) -> list[str]:
        """Return the word of each row."""
        return [self.words[code] for code in self.code.tolist()]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows something is the matter with, and the line of the first; 0 is none known."""

    rows: int
    line: int


@dataclass(frozen=True, slots=True)
class Interactions:
    """Who judged what, when and in which context; every column has n rows.

    Attributes
    ----------
    member, title : Coded
    rating : ndarray of float64
        From `LOWEST_RATING` to `HIGHEST_RATING`.
    again : ndarray of int8
        Whether it would be watched again: 1, 0, or -1 where that is not said.
    moment : ndarray of int64
        Milliseconds since 1970 (UTC), or `evidence.NO_MOMENT`.
    contexts : mapping of str to Coded
        By the name of the column; `""` is not said.
    rows_read : int
        The kept rows and those left out.
    left_out : mapping of str to Counted
        Rows that are not used, by the reason.
    ignored_columns : tuple of str
        Columns that nothing was taken from.
    """

    member: Coded
    title: Coded
    rating: NDArray[np.float64]
    again: NDArray[np.int8]
    moment: NDArray[np.int64]
    contexts: Mapping[str, Coded]
    rows_read: int
    left_out: Mapping[str, Counted]
    ignored_columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rating)


@dataclass(frozen=True, slots=True)
class RawTitleTable:
    """What is known of titles, by their id, and how often something could not be used of them."""

    titles: Mapping[str, TitleRecord]
    problems: Mapping[str, Counted]
    ignored_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawDataset:
    """A whole data set as it was read."""

    interactions: Interactions
    known: RawTitleTable
