"""Factorisation machines over a table as they were learnt.

`logit p = b + x . w + 1/2 sum over f of ((x . V_f)^2 - x^2 . V_f^2)` (Rendle, Factorization
Machines, ICDM 2010, equations 1 and 5).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from app.backend.features.encode import Floats, Matrix
from app.backend.features.family import Drawn, insist_on_learners
from app.backend.features.one_hot import OneHot
from app.backend.features.table import Columns, checked_matrix


@dataclass(frozen=True, slots=True)
class Factors:
    """One machine.

    Attributes
    ----------
    encoding : OneHot
    intercept : float
    values : ndarray of float64, shape (columns, 1 + factors)
        The weight of each column, and its factors.
    """

    encoding: OneHot
    intercept: float
    values: Matrix

    def __post_init__(self) -> None:
        """Refuse factors of other columns.

        Raises
        ------
        ValueError
            Where a column has no weight.
        """
        if self.values.ndim != 2 or len(self.values) != self.encoding.width:
            raise ValueError("a column has no factors")
        if self.values.shape[1] < 1:
            raise ValueError("a column has no weight")

    def logit(self, X: Floats) -> Floats:
        """Return the logit of each row, shape (n,)."""
        inputs = self.encoding.of(X)
        squares = inputs.multiply(inputs).tocsr()
        return factor_logit(self.intercept, self.values, inputs @ self.values, squares)


def factor_logit(intercept: float, values: Floats, sums: Floats, squares: sp.csr_matrix) -> Floats:
    """Return the logit of each row, shape (n,).

    Parameters
    ----------
    intercept : float
    values : ndarray of float64, shape (columns, 1 + factors)
    sums : ndarray of float64, shape (n, 1 + factors)
        The rows times the values.
    squares : csr_matrix, shape (n, columns)
        The rows, each value squared.
    """
    own = squares @ np.square(values[:, 1:]).sum(axis=1)
    pairs = 0.5 * (np.square(sums[:, 1:]).sum(axis=1) - own)
    return np.asarray(intercept + sums[:, 0] + pairs)


@dataclass(frozen=True, slots=True, eq=False)
class TableFactorisation:
    """Machines of several seeds, and how their mean is drawn to the base rate."""

    columns: Columns
    machines: tuple[Factors, ...]
    drawn: Drawn

    def __post_init__(self) -> None:
        """Refuse machines of another table.

        Raises
        ------
        ValueError
            Where there is no machine, or its columns are others.
        """
        insist_on_learners(len(self.machines))
        if any(one.encoding.columns != self.columns for one in self.machines):
            raise ValueError("a machine has other columns")

    def probability(self, X: Floats) -> Floats:
        """Return P(positive) of each row, shape (n,).

        Raises
        ------
        FeatureMismatch
            Where X is no matrix of the table.
        """
        return self.drawn.probability(self.machines, checked_matrix(self.columns, X))
