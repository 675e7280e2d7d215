"""How pleased whoever rated elsewhere is at all: what their ratings say beside taste.

People rate what they chose to watch, each in their own way: ratings from elsewhere are higher than
verdicts here, and would teach that everything is good. So each group of them has an intercept of
its own, which is estimated and thrown away; what is left is which titles were preferred. Nor is it
known afterwards: who took it at its estimate would believe to know how pleased a household is.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.linalg import cho_factor

from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import unfolded
from app.backend.learning.coupling import without
from app.backend.learning.curvature import Problem, logistic
from app.backend.learning.newton import Mode

# So wide that it only keeps ratings that are all alike from an intercept without end.
DEVIATION: Final = 10.0
STEPS: Final = 50
TOLERANCE: Final = 1e-9
LONGEST_STEP: Final = 1.0


def offsets(problem: Problem, logit: Floats, group: Codes) -> Floats:
    """Return what to add to the logits of ratings from elsewhere, 0 for all other cells.

    Parameters
    ----------
    problem : Problem
    logit : ndarray of float64, shape (contexts, titles)
        What taste alone says.
    group : ndarray of int64, shape (contexts,)
        As in `Cells`.

    Returns
    -------
    ndarray of float64, shape (contexts, titles)
    """
    found = np.zeros(problem.count.shape)
    for row in np.flatnonzero(group >= 0):
        rated = problem.count[row] > 0
        count, positives = problem.count[row, rated], problem.positives[row, rated]
        found[row] = _intercept(logit[row, rated], count, positives)
    return found


def marginal(problem: Problem, mode: Mode, group: Codes) -> Mode:
    """Return a mode whose coefficients are no surer than they are while intercepts are unknown.

    The intercepts stand in the precision beside coefficients and titles' effects, and are
    eliminated. The precision of the effects for given coefficients stays as it is.

    Parameters
    ----------
    problem : Problem
        With the intercepts that the mode was found with.
    mode : Mode
    group : ndarray of int64, shape (contexts,)
        As in `Cells`; some stand for ratings from elsewhere.
    """
    rows, solver = np.flatnonzero(group >= 0), mode.solver
    p = logistic(problem.logit(mode.w, mode.u)[rows] + problem.selection[rows])
    weight = problem.count[rows] * p * (1.0 - p)
    effects: Floats = np.stack(
        [np.bincount(problem.effect_of, w, len(mode.u)) for w in weight], axis=1
    )
    bare = without(solver.titles, effects)
    along = [
        unfolded(np.outer(problem.context[row], w @ problem.title), *problem.extras)
        - solver.coupling.back(column)
        for row, w, column in zip(rows, weight, bare.T, strict=True)
    ]
    intercepts = np.diag(weight.sum(axis=1) + 1.0 / DEVIATION**2) - effects.T @ bare
    explained = np.transpose(along) @ np.linalg.solve(intercepts, along)
    factor, _ = cho_factor(solver.factor @ solver.factor.T - explained, lower=True)
    return replace(mode, solver=replace(solver, factor=np.tril(factor)))


def _intercept(logit: Floats, count: Floats, positives: Floats) -> float:
    """Return the intercept at which as many are positive as were: Newton's steps, none too long."""
    intercept = 0.0
    for _ in range(STEPS):
        p = logistic(logit + intercept)
        along = float((positives - count * p).sum()) - intercept / DEVIATION**2
        bend = float((count * p * (1.0 - p)).sum()) + 1.0 / DEVIATION**2
        intercept += float(np.clip(along / bend, -LONGEST_STEP, LONGEST_STEP))
        if abs(along) < TOLERANCE:
            break
    return intercept
