"""Feedback of any vocabulary as one matrix: codes of who, what and when, and what is known of each.

Encore's own columns are fixed, so that a household's model can be kept and served. A data set from
elsewhere brings its own members, titles, genres and context words: here they are data.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.errors import FeatureMismatch
from app.backend.features.encode import Codes, Floats

NUMBERS: Final = ("series", "length", "length_squared", "era", "era_squared", "rating")


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column of a table's matrix is.

    Attributes
    ----------
    member, title : int
        Columns of codes; member 0 is nobody named.
    contexts : tuple of int
        Columns of codes, one for each thing that is said of an evening; 0 is not said.
    genres : tuple of int
        Columns of 0 and 1.
    numbers : tuple of int
        Standardised columns, clipped to about -2..2; 0 where missing.
    rules : tuple of int
        The sub-scores of the rules, in the order of `rules.SUBSCORES`; 0 where they say nothing.
    names : tuple of str
        Of every column, in order.
    texts : tuple of int
        Columns of what a title's words say it is about; none where there are no words.
    """

    member: int
    title: int
    contexts: tuple[int, ...]
    genres: tuple[int, ...]
    numbers: tuple[int, ...]
    rules: tuple[int, ...]
    names: tuple[str, ...]
    texts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse columns that are not there.

        Raises
        ------
        ValueError
            Where a place is beyond the names.
        """
        places = (self.member, self.title, *self.contexts, *self.genres)
        places += (*self.numbers, *self.rules, *self.texts)
        if not all(0 <= at < len(self.names) for at in places):
            raise ValueError("a column is beyond those that have a name")

    @property
    def context_names(self) -> tuple[str, ...]:
        """The things that are said of an evening."""
        return tuple(self.names[at] for at in self.contexts)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of feedback over one vocabulary.

    Attributes
    ----------
    X : ndarray of float64, shape (n, len(columns.names))
    y : ndarray of int64, shape (n,)
        1 where the verdict was positive.
    columns : Columns
    moment : ndarray of int64, shape (n,)
        Milliseconds since 1970 (UTC), or the number of the row where no moment is known.
    has_moments : bool
        Whether moments were given.
    """

    X: Floats
    y: Codes
    columns: Columns
    moment: Codes
    has_moments: bool

    @property
    def member(self) -> Codes:
        """The member of each row, shape (n,); 0 is nobody named."""
        return self.X[:, self.columns.member].astype(np.int64)

    @property
    def title(self) -> Codes:
        """The title of each row, shape (n,)."""
        return self.X[:, self.columns.title].astype(np.int64)

    @property
    def context(self) -> Codes:
        """A number for each row's whole context, shape (n,)."""
        return numbered(self.X[:, list(self.columns.contexts)].astype(np.int64))

    @property
    def pair(self) -> Codes:
        """A number for each row's member and title, shape (n,)."""
        return numbered(np.column_stack([self.member, self.title]))

    @property
    def request(self) -> Codes:
        """A number for each row's member and context: what is ranked against each other."""
        return numbered(np.column_stack([self.member, self.context]))

    def part(self, rows: Codes) -> "Table":
        """Return some of the rows, over the same vocabulary."""
        return Table(self.X[rows], self.y[rows], self.columns, self.moment[rows], self.has_moments)


def numbered(keys: Codes) -> Codes:
    """Return a number for each distinct row of keys, shape (n,).

    Parameters
    ----------
    keys : ndarray of int64, shape (n, k)
        With no column, every row is alike.

    Examples
    --------
    >>> numbered(np.array([[1, 2], [0, 9], [1, 2]]))
    array([1, 0, 1])
    """
    number = np.zeros(len(keys), dtype=np.int64)
    for column in keys.T:
        _, word = np.unique(column, return_inverse=True)
        _, number = np.unique(number * (int(word.max(initial=0)) + 1) + word, return_inverse=True)
    return number.astype(np.int64)


def checked_matrix(columns: Columns, X: Floats) -> Floats:
    """Return X as it is, or refuse what is no matrix of the table.

    Raises
    ------
    FeatureMismatch
        Where X has other columns than the table, or holds NaN or infinities.
    """
    matrix = np.asarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(columns.names):
        raise FeatureMismatch(
            f"X has shape {matrix.shape}, but the table has {len(columns.names)} columns."
        )
    if not np.isfinite(matrix).all():
        raise FeatureMismatch("X holds NaN or infinite values; what is missing is written as 0.")
    return matrix
