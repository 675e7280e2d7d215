"""A mixed logistic model over a table as it was learnt: arrays that answer and doubt."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from app.backend.domain.model import Moments
from app.backend.features.effects import Design, Layout
from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Columns, checked_matrix

# Beyond this, the exact posterior variance (a cube of the rows) gives way to its diagonal.
MOST_ROWS_EXACT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Taught:
    """The rows that a model learnt from, as sparse rows of its design.

    Attributes
    ----------
    values : ndarray of float64, shape (entries,)
    column : ndarray of int64, shape (entries,)
        The coefficient of each value.
    start : ndarray of int64, shape (rows + 1,)
        Where each row's values begin.
    curvature : ndarray of float64, shape (rows,)
        p (1 - p) of each row, times its weight.
    """

    values: Floats
    column: Codes
    start: Codes
    curvature: Floats

    def __post_init__(self) -> None:
        """Refuse what are no rows.

        Raises
        ------
        ValueError
            Where rows have no beginning, or there are more of them than the exact variance is for.
        """
        rows = len(self.curvature)
        if rows > MOST_ROWS_EXACT or self.start.shape != (rows + 1,):
            raise ValueError("it has other rows than it says")
        ends = (int(self.start[0]), int(self.start[-1]))
        if ends != (0, len(self.values)) or (np.diff(self.start) < 0).any():
            raise ValueError("its rows do not begin where they say")
        if self.column.shape != self.values.shape or (self.curvature < 0).any():
            raise ValueError("its rows mean nothing")

    @classmethod
    def of(cls, design: sp.csr_matrix, curvature: Floats) -> "Taught":
        """Keep the rows of a design."""
        return cls(
            design.data.astype(np.float64),
            design.indices.astype(np.int64),
            design.indptr.astype(np.int64),
            curvature,
        )

    def design(self, width: int) -> sp.csr_matrix:
        """Return the rows as a sparse design of so many coefficients."""
        return sp.csr_matrix(
            (self.values, self.column, self.start), shape=(len(self.curvature), width)
        )


@dataclass(frozen=True, slots=True)
class Precise:
    """Coefficients as if each were known by itself: the diagonal of the posterior precision."""

    precision: Floats

    def __post_init__(self) -> None:
        """Refuse what is no precision.

        Raises
        ------
        ValueError
            Where one is not positive.
        """
        if not (self.precision > 0).all():
            raise ValueError("a precision is not positive")


@dataclass(frozen=True, slots=True, eq=False)
class TableMixed:
    """What a mixed model answers by.

    Attributes
    ----------
    layout : Layout
        Which coefficients a row has.
    trust : ndarray of float64, shape (rules,)
        How the rules' score counts before anything is learnt.
    coefficients : ndarray of float64, shape (q,)
    variance : ndarray of float64, shape (groups,)
        Of the prior of each group.
    belief : Taught or Precise
        What the doubt is computed from.
    temperature : float or None
        What logits are multiplied by; None where probabilities are averaged over the belief.
    """

    layout: Layout
    trust: Floats
    coefficients: Floats
    variance: Floats
    belief: Taught | Precise
    temperature: float | None

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together.

        Raises
        ------
        ValueError
            Where there is a coefficient, a variance or a trust too many or too few.
        """
        width = len(self.layout.group_of)
        if self.coefficients.shape != (width,) or self.trust.shape != (len(self.columns.rules),):
            raise ValueError("it has other coefficients than its groups")
        if self.variance.shape != (len(self.layout.groups),) or not (self.variance > 0).all():
            raise ValueError("a group has no variance")
        if isinstance(self.belief, Precise) and self.belief.precision.shape != (width,):
            raise ValueError("a coefficient has no precision")
        if isinstance(self.belief, Taught) and len(self.belief.column):
            column = self.belief.column
            if int(column.min()) < 0 or int(column.max()) >= width:
                raise ValueError("a row has a coefficient that is not there")

    @property
    def columns(self) -> Columns:
        """What each column of the matrix is."""
        return self.layout.columns

    def probability(self, X: Floats) -> Floats:
        """Return P(positive) of each row, shape (n,).

        Raises
        ------
        FeatureMismatch
            Where X is no matrix of the table.
        """
        if self.temperature is None:
            return self.moments(X).probability
        matrix = checked_matrix(self.columns, X)
        mean = self._mean(matrix, self.layout.design(matrix))
        return np.asarray(expit(self.temperature * mean))

    def moments(self, X: Floats) -> Moments:
        """Return the belief about each row's logit, before any temperature.

        Raises
        ------
        FeatureMismatch
            Where X is no matrix of the table.
        """
        matrix = checked_matrix(self.columns, X)
        design = self.layout.design(matrix)
        return Moments(self._mean(matrix, design), self._variance(design))

    def _mean(self, X: Floats, design: Design) -> Floats:
        offset = X[:, list(self.columns.rules)] @ self.trust
        return np.asarray(offset + design.matrix @ self.coefficients)

    def _variance(self, design: Design) -> Floats:
        rows = design.matrix
        if isinstance(self.belief, Precise):
            seen = diagonal_variance(self.belief.precision, rows)
        else:
            prior = self.variance[self.layout.group_of]
            taught = self.belief.design(len(self.coefficients))
            seen = exact_variance(taught, self.belief.curvature, prior, rows)
        return np.asarray(seen + self.variance @ design.unseen)


def exact_variance(
    taught: sp.csr_matrix, curvature: Floats, prior: Floats, rows: sp.csr_matrix
) -> Floats:
    """Return the posterior variance of the logit of some rows, shape (rows,).

    `taught` holds the rows that were learnt from, `curvature` p (1 - p) of each, times its weight,
    and `prior` each coefficient's prior variance. In the dual, `k - K (1/c + K_tr)^-1 K'` with c
    the curvature (Rasmussen and Williams, Gaussian Processes for Machine Learning, section 3.4.2):
    its cost is the cube of the training rows, whatever the number of coefficients.
    """
    scaled = taught.multiply(prior[None, :]).tocsr()
    inner = np.asarray((scaled @ taught.T.tocsr()).todense())
    inner[np.diag_indices_from(inner)] += 1.0 / np.maximum(curvature, 1e-12)
    across = np.asarray((scaled @ rows.T).todense())
    own = np.asarray(rows.power(2) @ prior)
    if not len(inner):
        return own
    reduced = np.einsum("ij,ij->j", across, cho_solve(cho_factor(inner), across))
    return np.asarray(np.maximum(own - reduced, 0.0))


def diagonal_variance(precision: Floats, rows: sp.csr_matrix) -> Floats:
    """Return the variance of the logit of some rows as if coefficients were independent."""
    return np.asarray(rows.power(2) @ (1.0 / precision))
