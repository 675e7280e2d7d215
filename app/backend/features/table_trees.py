"""Boosted trees over a table as they were learnt: what they see of a row, and the trees."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from app.backend.features.encode import Codes, Floats
from app.backend.features.forest import Forest
from app.backend.features.table import Columns, checked_matrix
from app.backend.features.tallies import TargetStatistics


@dataclass(frozen=True, slots=True)
class Sight:
    """What trees see of a row: statistics, known context codes, genres, numbers and rules.

    Attributes
    ----------
    columns : Columns
    words : tuple of ndarray of int64
        The codes of each context column that training saw, in ascending order.
    trust : ndarray of float64, shape (rules,)
        How the rules' sub-scores add up to their score.
    """

    columns: Columns
    words: tuple[Codes, ...]
    trust: Floats

    def __post_init__(self) -> None:
        """Refuse words and trust that are not the table's.

        Raises
        ------
        ValueError
            Where a context column has no words, or a sub-score no trust.
        """
        if len(self.words) != len(self.columns.contexts):
            raise ValueError("a context column has no words")
        if not all(len(words) and (np.diff(words) > 0).all() for words in self.words):
            raise ValueError("words are not in order")
        if self.trust.shape != (len(self.columns.rules),):
            raise ValueError("a sub-score of the rules has no trust")

    @property
    def rest(self) -> tuple[int, ...]:
        """The columns that are seen as they are."""
        return (*self.columns.genres, *self.columns.numbers, *self.columns.rules)

    def matrix(self, X: Floats, statistics: Floats) -> Floats:
        """Return what trees see: float64, shape (n, statistics + contexts + rest)."""
        said = X[:, list(self.columns.contexts)]
        known = [np.isin(said[:, at], words) for at, words in enumerate(self.words)]
        said = np.where(np.column_stack([*known]) if known else False, said, 0.0)
        return np.hstack([statistics, said, X[:, list(self.rest)]])

    def rules_score(self, X: Floats) -> Floats:
        """Return what the rules say of each row, shape (n,)."""
        return np.asarray(X[:, list(self.columns.rules)] @ self.trust)


@dataclass(frozen=True, slots=True, eq=False)
class TableTrees:
    """What boosted trees answer by.

    Attributes
    ----------
    sight : Sight
    statistics : TargetStatistics
    level : float
        The intercept beside the rules' score.
    forest : Forest
    temperature : float
        What the trees' sum is multiplied by.
    """

    sight: Sight
    statistics: TargetStatistics
    level: float
    forest: Forest
    temperature: float

    def __post_init__(self) -> None:
        """Refuse trees that ask for what they cannot see.

        Raises
        ------
        ValueError
            Where a tree or a key asks for a column that is not there.
        """
        keys = [at for key in self.statistics.keys for at in key]
        if not all(0 <= at < len(self.columns.names) for at in keys):
            raise ValueError("a key has a column that the table has not")
        seen = 2 * len(self.statistics.keys) + len(self.sight.words) + len(self.sight.rest)
        if self.forest.width > seen:
            raise ValueError("a tree asks for a column that it cannot see")

    @property
    def columns(self) -> Columns:
        """What each column of the matrix is."""
        return self.sight.columns

    def probability(self, X: Floats) -> Floats:
        """Return P(positive) of each row, shape (n,).

        Raises
        ------
        FeatureMismatch
            Where X is no matrix of the table.
        """
        matrix = checked_matrix(self.columns, X)
        seen = self.sight.matrix(matrix, self.statistics.of(matrix))
        start = self.level + self.sight.rules_score(matrix)
        return np.asarray(expit(start + self.temperature * self.forest.score(seen)))
