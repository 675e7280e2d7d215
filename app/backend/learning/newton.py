"""Newton's steps to the mode of the mixed model, with the titles' effects eliminated."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from app.backend.features.encode import Floats
from app.backend.learning.coupling import Coupling, without
from app.backend.learning.curvature import Curvature, Problem, Slope, curvature, likelihood, slope

# In a large problem a step costs far more than a slope: the last curvature serves again for as
# long as it makes good progress.
GOOD_PROGRESS: Final = 0.3
ROUNDING: Final = 1e-11
# In a large problem: the slope, for each row, that counts as none.
PRECISE_ENOUGH: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: the most steps, and the largest slope that counts as the mode, in logits."""

    steps: int
    tolerance: float


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior: mean and precision of each coefficient, shape (q,), and of a title's effect."""

    mean: Floats
    precision: Floats
    title_precision: float


@dataclass(frozen=True, slots=True)
class Mode:
    """The mode, with the precision there in blocks.

    Attributes
    ----------
    w, u : ndarray of float64, shape (q,) and (r,)
    logit : ndarray of float64, shape (contexts, titles)
    solver : Solver
        The precision, factored.
    curvature : Curvature
        Of the likelihood.
    """

    w: Floats
    u: Floats
    logit: Floats
    solver: "Solver"
    curvature: Curvature


@dataclass(frozen=True, slots=True)
class Solver:
    """The precision at some point, factored.

    Attributes
    ----------
    factor : ndarray of float64, shape (q, q)
        Lower Cholesky factor of the coefficients' precision, titles eliminated.
    titles : ndarray of float64
        The titles' block: its lower Cholesky factor, shape (r, r), or its diagonal, shape (r,).
    coupling : Coupling
    """

    factor: Floats
    titles: Floats
    coupling: Coupling

    @classmethod
    def at(cls, found: Curvature, prior: Prior) -> "Solver":
        """Factor a curvature together with a prior."""
        titles = found.titles.copy()
        if titles.ndim == 2:
            titles[np.diag_indices_from(titles)] += prior.title_precision
            titles = np.tril(cho_factor(titles, lower=True)[0])
        else:
            titles += prior.title_precision
        schur = found.coefficients - found.coupling.explained(titles)
        schur[np.diag_indices_from(schur)] += prior.precision
        factor, _ = cho_factor(schur, lower=True)
        return cls(np.tril(factor), titles, found.coupling)

    def step(self, along: Slope) -> Slope:
        """Return Newton's step for a slope."""
        bare = without(self.titles, along.u)
        w = cho_solve((self.factor, True), along.w - self.coupling.back(bare))
        return Slope(w, without(self.titles, along.u - self.coupling.times(w)))

    def spread(self) -> Floats:
        """Return the sum over titles of the outer products of D^-1 B, shape (q, q)."""
        if self.titles.ndim == 1:
            return self.coupling.explained(self.titles**2)
        divided = self.coupling.divided(self.titles)
        return np.asarray(divided.T @ divided)

    @property
    def title_precision(self) -> Floats:
        """The precision of each title's effect, were the coefficients known: shape (r,)."""
        if self.titles.ndim == 1:
            return self.titles
        inverse = cho_solve((self.titles, True), np.eye(len(self.titles)))
        return np.asarray(1.0 / np.diag(inverse))


def climb(
    problem: Problem, prior: Prior, gamma: float, limits: Limits, start: Mode | None = None
) -> Mode:
    """Climb to the mode by Newton's steps, halved where they would overshoot.

    Parameters
    ----------
    problem : Problem
    prior : Prior
    gamma : float
        Strength of the choices.
    limits : Limits
    start : Mode, optional
        Where to begin; at the prior's mean otherwise.
    """
    w = prior.mean.copy() if start is None else start.w
    u = np.zeros(len(problem.title_ids)) if start is None else start.u
    logit = problem.logit(w, u)
    height = _height(problem, prior, gamma, logit, w, u)
    few, rows = not problem.is_large, float(problem.count.sum())
    enough = max(limits.tolerance, ROUNDING * rows, 0.0 if few else PRECISE_ENOUGH * rows)
    found = None if few or start is None else start.curvature
    solver = None if found is None else Solver.at(found, prior)
    before = np.inf
    for _ in range(limits.steps):
        along = _slope(problem, prior, gamma, logit, w, u)
        largest = max(np.abs(along.w).max(), np.abs(along.u).max(initial=0.0))
        if largest < enough:
            break
        if solver is None or few or largest > GOOD_PROGRESS * before:
            found = curvature(problem, logit, gamma)
            solver = Solver.at(found, prior)
        before = largest
        step, size = solver.step(along), 1.0
        while True:
            new_w, new_u = w + size * step.w, u + size * step.u
            new_logit = problem.logit(new_w, new_u)
            new_height = _height(problem, prior, gamma, new_logit, new_w, new_u)
            if new_height >= height or size < 1e-6:
                break
            size *= 0.5
        w, u, logit, height = new_w, new_u, new_logit, new_height
    if few or found is None or solver is None:
        found = curvature(problem, logit, gamma)
        solver = Solver.at(found, prior)
    return Mode(w, u, logit, solver, found)


def settled(problem: Problem, prior: Prior, gamma: float, mode: Mode) -> Mode:
    """Return a mode with the precision right there, and not near it.

    Where the titles' block is only bounded, choices would feign too much certainty: they are left
    out of it.
    """
    if not problem.is_large and (problem.is_coupled or not len(problem.shown.title)):
        return mode
    found = curvature(problem, mode.logit, gamma if problem.is_coupled else 0.0)
    nothing = np.zeros((0, 0))
    return replace(mode, logit=nothing, solver=Solver.at(found, prior), curvature=found)


def _height(
    problem: Problem, prior: Prior, gamma: float, logit: Floats, w: Floats, u: Floats
) -> float:
    away = prior.precision @ (w - prior.mean) ** 2 + prior.title_precision * (u @ u)
    return likelihood(problem, logit, gamma) - 0.5 * float(away)


def _slope(
    problem: Problem, prior: Prior, gamma: float, logit: Floats, w: Floats, u: Floats
) -> Slope:
    found = slope(problem, logit, gamma)
    return Slope(found.w - prior.precision * (w - prior.mean), found.u - prior.title_precision * u)
