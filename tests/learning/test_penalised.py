"""The sparse regression finds the mode and the doubt that a dense computation finds."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import expit

from app.backend.features.encode import Floats
from app.backend.features.table_mixed import diagonal_variance, exact_variance
from app.backend.learning.penalised import Mode, Regression


@dataclass(frozen=True)
class Dense:
    """The textbook form of the same problem."""

    Z: Floats
    y: Floats
    weight: Floats
    offset: Floats
    precision: Floats

    def depth(self, w: Floats) -> float:
        """Return what the mode makes least."""
        logit = self.offset + self.Z @ w
        loss = self.weight @ (np.logaddexp(0.0, logit) - self.y * logit)
        return float(loss + 0.5 * self.precision @ w**2)

    def slope(self, w: Floats) -> Floats:
        """Return the gradient of that."""
        p = expit(self.offset + self.Z @ w)
        return np.asarray(self.Z.T @ (self.weight * (p - self.y)) + self.precision * w)

    def hessian(self, w: Floats) -> Floats:
        """Return the second derivatives."""
        p = expit(self.offset + self.Z @ w)
        curvature = self.weight * p * (1.0 - p)
        return np.asarray((self.Z.T * curvature) @ self.Z + np.diag(self.precision))

    def sparse(self) -> Regression:
        """Return the problem as the product has it."""
        return Regression.of(sp.csr_matrix(self.Z), self.y, self.weight, self.offset)


@cache
def problem(rows: int = 60, seed: int = 0) -> Dense:
    """Return a small problem with weights, offsets and unequal penalties."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(rows, 8)) * (rng.random((rows, 8)) < 0.5)
    offset = rng.normal(0, 0.5, rows)
    y = (rng.random(rows) < expit(offset + Z @ rng.normal(0, 1.5, 8))).astype(np.float64)
    precision = np.array([0.1, 0.5, 1, 1, 2, 4, 8, 20.0])
    return Dense(Z, y, rng.uniform(0.2, 3.0, rows), offset, precision)


@cache
def mode(rows: int = 60) -> Mode:
    """Return its mode."""
    return problem(rows).sparse().mode(problem(rows).precision)


@pytest.mark.parametrize("rows", [1, 7, 60, 400])
def test_the_mode_is_that_of_a_dense_optimiser(rows: int) -> None:
    """Where SciPy comes to rest the product does too, and there is no slope left to speak of."""
    dense, found = problem(rows), mode(rows)
    start = np.zeros(8)
    best = minimize(dense.depth, start, jac=dense.slope, hess=dense.hessian, method="trust-exact")
    doubt = np.sqrt(np.diag(np.linalg.inv(dense.hessian(best.x))))
    assert (np.abs(found.coefficients - best.x) < 0.02 * doubt).all()
    slope = dense.slope(found.coefficients)
    assert slope @ np.linalg.solve(dense.hessian(best.x), slope) < 2e-4
    assert dense.depth(found.coefficients) <= best.fun + 1e-4


def test_curvature_and_precision_are_those_at_the_mode() -> None:
    """Curvature is weight times p (1 - p); precision is the diagonal of the second derivatives."""
    dense, found = problem(), mode()
    p = expit(dense.offset + dense.Z @ found.coefficients)
    np.testing.assert_allclose(found.curvature, dense.weight * p * (1 - p), rtol=1e-10)
    np.testing.assert_allclose(found.precision, np.diag(dense.hessian(found.coefficients)))


@pytest.mark.parametrize("spread", [0.0, 0.3, 3.0])
def test_where_the_climb_starts_does_not_matter(spread: float) -> None:
    """From near and from far the same mode is found; the start itself is left as it was."""
    dense = problem()
    start = mode().coefficients + np.random.default_rng(1).normal(0, spread, 8)
    before = start.copy()
    again = dense.sparse().mode(dense.precision, start)
    np.testing.assert_allclose(again.coefficients, mode().coefficients, atol=0.01)
    np.testing.assert_array_equal(start, before)


def test_firm_priors_hold_coefficients_at_nothing() -> None:
    """Under a precision of 1e8 nothing is learnt; under next to none separable rows stay finite."""
    dense = problem()
    held = dense.sparse().mode(np.full(8, 1e8))
    assert np.abs(held.coefficients).max() < 1e-4
    separable = Regression.of(
        sp.csr_matrix(np.array([[1.0], [-1.0]])), np.array([1.0, 0.0]), np.ones(2), np.zeros(2)
    )
    assert 3 < separable.mode(np.array([1e-4])).coefficients[0] < 20


@pytest.mark.parametrize("rows", [1, 7, 60])
def test_the_exact_variance_is_the_laplace_posterior(rows: int) -> None:
    """In the dual it is what inverting the second derivatives gives, for seen rows and others."""
    dense, found = problem(rows), mode(rows)
    asked = np.vstack([dense.Z, np.random.default_rng(2).normal(size=(5, 8)), np.zeros((1, 8))])
    covariance = np.linalg.inv(dense.hessian(found.coefficients))
    expected = np.einsum("ni,ij,nj->n", asked, covariance, asked)
    prior = 1.0 / dense.precision
    variance = exact_variance(dense.sparse().design, found.curvature, prior, sp.csr_matrix(asked))
    np.testing.assert_allclose(variance, expected, rtol=1e-7, atol=1e-10)


def test_without_rows_the_variance_is_the_prior() -> None:
    """Nothing learnt from: both variances are the squares times the prior's."""
    asked = np.random.default_rng(3).normal(size=(4, 8))
    precision, none = problem().precision, np.zeros(0)
    nothing = Regression.of(sp.csr_matrix((0, 8)), none, none, none)
    at = nothing.mode(precision)
    assert not at.coefficients.any()
    expected = asked**2 @ (1.0 / precision)
    rows = sp.csr_matrix(asked)
    np.testing.assert_allclose(
        exact_variance(nothing.design, at.curvature, 1.0 / precision, rows), expected
    )
    np.testing.assert_allclose(diagonal_variance(at.precision, rows), expected)


def test_a_row_without_weight_leaves_no_trace_in_the_variance() -> None:
    """Its curvature is nothing, and the variance is that of the other rows, up to rounding."""
    dense = problem()
    weight = dense.weight.copy()
    weight[::2] = 0.0
    some = Dense(dense.Z, dense.y, weight, dense.offset, dense.precision)
    found = some.sparse().mode(some.precision)
    covariance = np.linalg.inv(some.hessian(found.coefficients))
    expected = np.einsum("ni,ij,nj->n", dense.Z, covariance, dense.Z)
    prior, rows = 1.0 / dense.precision, sp.csr_matrix(dense.Z)
    np.testing.assert_allclose(
        exact_variance(some.sparse().design, found.curvature, prior, rows), expected, rtol=1e-5
    )


def test_the_diagonal_variance_takes_coefficients_for_independent() -> None:
    """It is the squares divided by the diagonal: exact where no row has two values."""
    dense, found = problem(), mode()
    rows = sp.csr_matrix(dense.Z)
    expected = dense.Z**2 @ (1.0 / np.diag(dense.hessian(found.coefficients)))
    np.testing.assert_allclose(diagonal_variance(found.precision, rows), expected)
    single = np.eye(8)[np.arange(40) % 8]
    apart = Dense(single, dense.y[:40], dense.weight[:40], dense.offset[:40], dense.precision)
    at = apart.sparse().mode(apart.precision)
    exact = exact_variance(
        apart.sparse().design, at.curvature, 1.0 / apart.precision, sp.csr_matrix(single)
    )
    np.testing.assert_allclose(
        diagonal_variance(at.precision, sp.csr_matrix(single)), exact, rtol=1e-9
    )
