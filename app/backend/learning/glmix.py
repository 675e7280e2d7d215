"""The default family: a Bayesian mixed logistic model with the rules as its prior mean.

`logit p = trust . rules(context, title) + (context x title) . w + effect(title)`, each coefficient
normal around the prior, one variance a group. Newton to the mode, Laplace around it, variances by
EM against a prior that keeps small groups where they were.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from app.backend.domain.errors import InvalidInput
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import GROUPS, TITLE_DEVIATION, design, layout
from app.backend.features.posterior import MixedPosterior
from app.backend.features.rules import SUBSCORES
from app.backend.learning.cells import aggregate


@dataclass(frozen=True, slots=True)
class GlmixConfig:
    """Hyperparameters of the mixed model.

    Attributes
    ----------
    evidence_rounds : int
        Rounds of EM on the variances; 0 keeps the prior deviations.
    evidence_strength : float
        How many imagined coefficients hold each group's variance where the prior put it.
    newton_steps : int
        The most steps to the mode.
    tolerance : float
        The largest gradient, in logits, that counts as the mode.
    """

    evidence_rounds: int = 3
    evidence_strength: float = 5.0
    newton_steps: int = 50
    tolerance: float = 1e-8

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be fitted."""
        if self.evidence_rounds < 0 or self.newton_steps < 1:
            raise InvalidInput("evidence_rounds is at least 0 and newton_steps at least 1.")
        numbers = (self.evidence_strength, self.tolerance)
        if not all(math.isfinite(number) and number > 0 for number in numbers):
            raise InvalidInput("evidence_strength and tolerance are positive numbers.")


def fit(X: Floats, y: Codes, config: GlmixConfig, weight: Floats | None = None) -> MixedPosterior:
    """Fit the mixed model; any number of rows and any balance of classes will do.

    Parameters
    ----------
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    y : ndarray of int, shape (n,)
        0 and 1.
    config : GlmixConfig
    weight : ndarray of float64, shape (n,), optional
        How often each row counts.
    """
    cells = aggregate(X, y, weight)
    media_ids = cells.X[:, schema.MEDIA_ID].astype(np.int64)
    title_ids, title_of = np.unique(media_ids, return_inverse=True)
    problem = _Problem(design(cells.X), cells.count, cells.positives, title_ids, title_of)
    variance, title_variance = layout().deviation ** 2, TITLE_DEVIATION**2
    mode = _mode(problem, variance, title_variance, config)
    for _ in range(config.evidence_rounds):
        variance, title_variance = _evidence(mode, config.evidence_strength)
        mode = _mode(problem, variance, title_variance, config)
    return _posterior(mode, title_ids, title_variance)


@dataclass(frozen=True, slots=True)
class _Problem:
    """What does not change between rounds: regressors, counts, and each cell's title."""

    design: Floats
    count: Floats
    positives: Floats
    title_ids: Codes
    title_of: Codes


@dataclass(frozen=True, slots=True)
class _Mode:
    """The mode under given variances, with the precision there in blocks A, B, diag(d)."""

    coefficients: Floats
    effects: Floats
    factor: Floats
    coupling: Floats
    title_precision: Floats


def _mode(problem: _Problem, variance: Floats, title_variance: float, config: GlmixConfig) -> _Mode:
    """Climb to the mode by Newton steps, halved where they would overshoot."""
    prior_mean, precision = layout().prior_mean, 1.0 / variance
    w, u = prior_mean.copy(), np.zeros(len(problem.title_ids))

    def height(w: Floats, u: Floats) -> float:
        logit = problem.design @ w + u[problem.title_of]
        likelihood = problem.positives @ logit - problem.count @ np.logaddexp(0.0, logit)
        prior = precision @ (w - prior_mean) ** 2 + u @ u / title_variance
        return float(likelihood - 0.5 * prior)

    best = height(w, u)
    for _ in range(config.newton_steps):
        blocks = _blocks(problem, w, u, precision, title_variance)
        slope_w = blocks.residual @ problem.design - precision * (w - prior_mean)
        slope_u = np.bincount(problem.title_of, blocks.residual, len(u)) - u / title_variance
        largest = max(np.abs(slope_w).max(), np.abs(slope_u).max(initial=0.0))
        if largest < config.tolerance:
            break
        step_w = cho_solve(
            (blocks.factor, True), slope_w - blocks.coupling.T @ (slope_u / blocks.title_precision)
        )
        step_u = (slope_u - blocks.coupling @ step_w) / blocks.title_precision
        size = 1.0
        while height(w + size * step_w, u + size * step_u) < best and size > 1e-6:
            size *= 0.5
        w, u = w + size * step_w, u + size * step_u
        best = height(w, u)
    blocks = _blocks(problem, w, u, precision, title_variance)
    return _Mode(w, u, blocks.factor, blocks.coupling, blocks.title_precision)


@dataclass(frozen=True, slots=True)
class _Blocks:
    residual: Floats
    factor: Floats
    coupling: Floats
    title_precision: Floats


def _blocks(
    problem: _Problem, w: Floats, u: Floats, precision: Floats, title_variance: float
) -> _Blocks:
    """Return residuals and the precision at a point; titles are eliminated by their diagonal."""
    logit = problem.design @ w + u[problem.title_of]
    p = 0.5 * (1.0 + np.tanh(0.5 * logit))
    curvature = problem.count * p * (1.0 - p)
    weighted = problem.design * curvature[:, None]
    seen = np.bincount(problem.title_of, curvature, len(u)).astype(np.float64)
    title_precision = seen + 1.0 / title_variance
    coupling = np.zeros((len(u), len(w)))
    np.add.at(coupling, problem.title_of, weighted)
    schur = problem.design.T @ weighted - coupling.T @ (coupling / title_precision[:, None])
    schur[np.diag_indices_from(schur)] += precision
    factor, _ = cho_factor(schur, lower=True)
    return _Blocks(
        problem.positives - problem.count * p, np.tril(factor), coupling, title_precision
    )


def _posterior(mode: _Mode, title_ids: Codes, title_variance: float) -> MixedPosterior:
    identity = np.eye(len(mode.coefficients))
    return MixedPosterior(
        coefficients=mode.coefficients,
        root=solve_triangular(mode.factor, identity, lower=True, trans="T"),
        title_ids=title_ids,
        title_effects=mode.effects,
        title_precisions=mode.title_precision,
        title_couplings=mode.coupling / mode.title_precision[:, None],
        title_variance=title_variance,
    )


def _evidence(mode: _Mode, strength: float) -> tuple[Floats, float]:
    """One round of EM: each group's variance from its coefficients' expected squares.

    The M-step of a scaled-inverse-chi-square prior with `strength` degrees of freedom at the
    group's prior deviation (Gelman et al., Bayesian Data Analysis, section 2.6 and 15.5).
    """
    shape, trust_count = layout(), len(SUBSCORES)
    covariance = cho_solve((mode.factor, True), np.eye(len(mode.coefficients)))
    square = (mode.coefficients - shape.prior_mean) ** 2 + np.diag(covariance)
    variance = shape.deviation**2
    for number in range(len(GROUPS)):
        members = trust_count + np.flatnonzero(shape.group == number)
        variance[members] = _updated(square[members], variance[members[0]], strength)
    coupled = mode.coupling / mode.title_precision[:, None]
    spread = np.einsum("rq,qp,rp->r", coupled, covariance, coupled, optimize=True)
    title_square = mode.effects**2 + 1.0 / mode.title_precision + spread
    return variance, _updated(title_square, TITLE_DEVIATION**2, strength)


def _updated(squares: Floats, prior_variance: float, strength: float) -> float:
    return float((strength * prior_variance + squares.sum()) / (strength + len(squares)))
