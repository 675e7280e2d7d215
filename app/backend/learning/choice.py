"""How much a household's picks from slates say about its taste: estimated, never assumed.

Someone who picks at random tells nothing, and taking such picks at their word does harm. So the
picks are asked how well the logits learnt from verdicts alone explain them.
"""

from typing import Final

from scipy.optimize import minimize_scalar

from app.backend.features.encode import Floats
from app.backend.learning.curvature import Problem, picked

PRIOR_STRENGTH: Final = 0.35
PRIOR_DEVIATION: Final = 0.25


def strength_of_choices(problem: Problem, logit: Floats, most: float) -> float:
    """Return the strength gamma at which logits explain the picks best, between 0 and `most`.

    A penalised likelihood of `P(pick) = softmax(gamma * logit)` over each slate, normal around
    `PRIOR_STRENGTH`. The logits are from verdicts alone and err, which makes it cautious.

    Parameters
    ----------
    problem : Problem
    logit : ndarray of float64, shape (contexts, titles)
    most : float
    """
    shown = problem.shown
    if most == 0.0 or not len(shown.title):
        return 0.0
    utility = logit[shown.context, shown.title]

    def depth(gamma: float) -> float:
        away = (gamma - PRIOR_STRENGTH) / PRIOR_DEVIATION
        return 0.5 * away**2 - picked(shown, utility, gamma)

    found = minimize_scalar(depth, bounds=(0.0, most), method="bounded", options={"xatol": 1e-4})
    return float(found.x)
