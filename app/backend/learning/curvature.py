"""Slope and curvature of the mixed model's likelihood, from cells and from the choice in slates.

A regressor is a product of context and title, so sums over cells are taken context by context over
the titles' basis, and never over rows.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import scipy.sparse as sp

from app.backend.features.basis import CONTEXT_BASIS, TITLE_BASIS, rule_matrices
from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import folded, layout, product, unfolded
from app.backend.features.rules import SUBSCORES
from app.backend.learning.cells import Shown
from app.backend.learning.coupling import TITLES_AT_ONCE, Coupling, Made, Written

# Up to here the titles' block of the curvature is kept whole where slates couple titles; beyond,
# its diagonal bounds it, and the climb takes more steps to the same mode.
MOST_TITLES_COUPLED: Final = 1_500
MANY_CELLS: Final = 100_000


@dataclass(frozen=True)
class Problem:
    """What does not change while the model is fitted.

    Attributes
    ----------
    context : ndarray of float64, shape (contexts, c)
    title : ndarray of float64, shape (titles, t)
    count, positives : ndarray of float64, shape (contexts, titles)
    title_ids : ndarray of int64, shape (r,), ascending
    effect_of : ndarray of int64, shape (titles,)
        Position of each title's id among them.
    shown : Shown
    selection : ndarray of float64, shape (contexts, titles)
        What being picked adds to the logit of a verdict, and to no other.
    """

    context: Floats
    title: Floats
    count: Floats
    positives: Floats
    title_ids: Codes
    effect_of: Codes
    shown: Shown
    selection: Floats

    @property
    def extras(self) -> tuple[int, int]:
        """How many text columns and members the two bases have."""
        return self.title.shape[1] - len(TITLE_BASIS), self.context.shape[1] - len(CONTEXT_BASIS)

    @property
    def is_coupled(self) -> bool:
        """Whether the titles' block of the curvature is kept whole."""
        return len(self.shown.title) > 0 and len(self.title_ids) <= MOST_TITLES_COUPLED

    @property
    def is_large(self) -> bool:
        """Whether a sum over all cells costs more than the rest of a step."""
        return self.count.size >= MANY_CELLS

    @cached_property
    def projection(self) -> sp.csr_matrix:
        """What each coefficient is on the folded matrix: sparse, shape (q, c * t)."""
        shape, trust = layout(*self.extras), len(SUBSCORES)
        width = self.title.shape[1]
        score, i, j = np.nonzero(rule_matrices())
        row = np.concatenate([score, trust + np.arange(len(shape.context_at))])
        column = np.concatenate([i * width + j, shape.context_at * width + shape.title_at])
        value = np.concatenate([rule_matrices()[score, i, j], np.ones(len(shape.context_at))])
        size = (len(shape.names), self.context.shape[1] * width)
        return sp.csr_matrix((value, (row, column)), shape=size)

    def logit(self, w: Floats, u: Floats) -> Floats:
        """Return the logit of every cell, shape (contexts, titles)."""
        return self.context @ folded(w, *self.extras) @ self.title.T + u[self.effect_of]


@dataclass(frozen=True, slots=True)
class Slope:
    """The likelihood's slope along coefficients and title effects."""

    w: Floats
    u: Floats


@dataclass(frozen=True, slots=True)
class Curvature:
    """The likelihood's negative Hessian: `coefficients` (q, q), `coupling`, `titles`.

    `titles` has shape (r, r) where titles are coupled, else it is their diagonal, shape (r,).
    """

    coefficients: Floats
    coupling: Coupling
    titles: Floats


def likelihood(problem: Problem, logit: Floats, gamma: float) -> float:
    """Return the log-likelihood of verdicts, and of choices at strength gamma."""
    judged = logit + problem.selection
    total = np.vdot(problem.positives, judged)
    total -= np.vdot(problem.count, _softplus(judged))
    return float(total) + picked(problem.shown, _at_shown(problem, logit), gamma)


def picked(shown: Shown, utility: Floats, gamma: float) -> float:
    """Return the log-likelihood of what was picked from slates, at strength gamma."""
    if gamma == 0.0 or not len(utility):
        return 0.0
    log_share, _ = _shares(shown, gamma * utility)
    return float(shown.is_chosen @ log_share)


def slope(problem: Problem, logit: Floats, gamma: float) -> Slope:
    """Return the likelihood's slope where cells have these logits."""
    judged = logit + problem.selection
    residual = problem.positives - problem.count * logistic(judged)
    if gamma > 0.0 and len(problem.shown.title):
        shown = problem.shown
        log_share, taken = _shares(shown, gamma * _at_shown(problem, logit))
        excess = gamma * (shown.is_chosen - taken * np.exp(log_share))
        residual += _scattered(problem, excess)
    gradient = problem.context.T @ residual @ problem.title
    along = np.bincount(problem.effect_of, residual.sum(axis=0), len(problem.title_ids))
    return Slope(unfolded(gradient, *problem.extras), along.astype(np.float64))


def curvature(problem: Problem, logit: Floats, gamma: float) -> Curvature:
    """Return the likelihood's curvature where cells have these logits."""
    p = logistic(logit + problem.selection)
    weight = problem.count * p * (1.0 - p)
    chosen = gamma > 0.0 and len(problem.shown.title) > 0
    share = taken = np.zeros(0)
    if chosen:
        log_share, taken = _shares(problem.shown, gamma * _at_shown(problem, logit))
        share = np.exp(log_share)
        weight = weight + _scattered(problem, gamma**2 * taken * share)
    found = _of_cells(problem, weight)
    if chosen and problem.is_coupled:
        return _less_slate_means(problem, found, gamma, share)
    return found


def _of_cells(problem: Problem, weight: Floats) -> Curvature:
    """Sum over cells: for each context the weighted squares of the titles' basis."""
    context = problem.context
    coefficients = problem.projection @ (problem.projection @ _folded_square(problem, weight)).T
    return Curvature(
        np.asarray(coefficients),
        _coupling(problem, weight.T @ context),
        np.bincount(problem.effect_of, weight.sum(axis=0), len(problem.title_ids)).astype(float),
    )


def _coupling(problem: Problem, by_context: Floats) -> Coupling:
    """Return how titles and coefficients hang together, written down where that is little."""
    ids, is_own = len(problem.title_ids), len(problem.title_ids) == len(problem.title)
    is_own = is_own and bool((problem.effect_of == np.arange(ids)).all())
    if is_own and ids > MOST_TITLES_COUPLED:
        return Made(by_context, problem.title)
    regressors = product(by_context, problem.title)
    if is_own:
        return Written(regressors)
    matrix = np.zeros((ids, regressors.shape[1]))
    np.add.at(matrix, problem.effect_of, regressors)
    return Written(matrix)


def _folded_square(problem: Problem, weight: Floats) -> Floats:
    """Return the curvature along the whole folded matrix, shape (c * t, c * t)."""
    context, title = problem.context, problem.title
    size, width = context.shape[1], title.shape[1]
    upper = np.triu_indices(width)
    sums = np.zeros((len(context), len(upper[0])))
    # Products of traits are made for some titles at a time: for all at once they fill the memory.
    for start in range(0, len(title), TITLES_AT_ONCE):
        some = np.ascontiguousarray(title[start : start + TITLES_AT_ONCE].T)
        products = some[upper[0]] * some[upper[1]]
        sums += weight[:, start : start + TITLES_AT_ONCE] @ products.T
    squares = np.empty((len(context), width, width))
    squares[:, upper[0], upper[1]] = sums
    squares[:, upper[1], upper[0]] = sums
    outer = (context[:, :, None] * context[:, None, :]).reshape(len(context), size * size)
    blocks = (outer.T @ squares.reshape(len(context), width * width)).reshape(
        size, size, width, width
    )
    return blocks.transpose(0, 2, 1, 3).reshape(size * width, size * width)


def _less_slate_means(problem: Problem, found: Curvature, gamma: float, share: Floats) -> Curvature:
    """Take from the curvature what a slate's mean has of it: a choice knows differences only."""
    shown = problem.shown
    slates = int(shown.slate[-1]) + 1
    rows = np.arange(len(share))
    of_slate = sp.csr_matrix((share, (shown.slate, rows)), shape=(slates, len(share)))
    first = np.searchsorted(shown.slate, np.arange(slates))
    mean = product(problem.context[shown.context[first]], of_slate @ problem.title[shown.title])
    taken = np.bincount(shown.slate, shown.is_chosen, slates)
    scaled = gamma**2 * taken[:, None] * mean
    at = problem.effect_of[shown.title]
    effects = sp.csr_matrix((share, (shown.slate, at)), shape=(slates, len(problem.title_ids)))
    weighted = sp.diags(gamma**2 * taken) @ effects
    return Curvature(
        found.coefficients - mean.T @ scaled,
        Written(found.coupling.divided(np.ones(len(problem.title_ids))) - effects.T @ scaled),
        np.diag(found.titles) - (effects.T @ weighted).toarray(),
    )


def _shares(shown: Shown, utility: Floats) -> tuple[Floats, Floats]:
    """Return each impression's log share of its slate, and how many were taken from the slate."""
    starts = np.flatnonzero(np.diff(shown.slate, prepend=-1))
    total = np.logaddexp.reduceat(utility, starts)
    taken = np.add.reduceat(shown.is_chosen, starts)
    return utility - total[shown.slate], taken[shown.slate]


def surprise(problem: Problem, logit: Floats, gamma: float) -> Floats:
    """Return how surprising each cell's picks were: mean of -log P(pick), 0 without any.

    Shape (contexts, titles).
    """
    shown = problem.shown
    if not len(shown.title):
        return np.zeros_like(problem.count)
    log_share, _ = _shares(shown, gamma * _at_shown(problem, logit))
    picks = _scattered(problem, shown.is_chosen)
    return -_scattered(problem, shown.is_chosen * log_share) / np.maximum(picks, 1.0)


def _at_shown(problem: Problem, logit: Floats) -> Floats:
    return logit[problem.shown.context, problem.shown.title]


def _scattered(problem: Problem, values: Floats) -> Floats:
    """Sum values of impressions into their cells, shape (contexts, titles)."""
    cell = problem.shown.context * len(problem.title) + problem.shown.title
    size = problem.count.size
    total = np.bincount(cell, values, size).astype(np.float64)
    return total.reshape(problem.count.shape)


def _softplus(logit: Floats) -> Floats:
    """Return log(1 + exp(x)); several times faster than `logaddexp`, and as good within 1e-15."""
    return np.asarray(np.maximum(logit, 0.0) + np.log(1.0 + np.exp(-np.abs(logit))))


def logistic(logit: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logit)))
