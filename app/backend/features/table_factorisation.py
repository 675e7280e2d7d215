"""Factorisation machines over a table as they were learnt.

`logit p = b + x . w + 1/2 sum over f of ((x . V_f)^2 - x^2 . V_f^2)` (Rendle, Factorization
Machines, ICDM 2010, equations 1 and 5).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from app.backend.features.encode import Floats, Matrix
from app.backend.features.one_hot import OneHot


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
