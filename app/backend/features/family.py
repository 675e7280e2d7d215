"""What every family over a table is once it is learnt: plain arrays that answer, without a trainer.

The estimators of the learning room fit these, and answer by them; files keep them.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from scipy.special import expit

from app.backend.features.encode import Floats
from app.backend.features.table import Columns, checked_matrix

# Log odds are taken of probabilities this far from certainty.
NEAREST_TO_CERTAIN: Final = 1e-6
MOST_LEARNERS: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """Answers the same for every row, because there was nothing else to learn."""

    columns: Columns
    logit: float

    def probability(self, X: Floats) -> Floats:
        """Return P(positive) of each row, shape (n,)."""
        return np.full(len(checked_matrix(self.columns, X)), expit(self.logit))


class Learner(Protocol):
    """One of several that learnt the same from different seeds."""

    def logit(self, X: Floats) -> Floats:
        """Return the logit of each row, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How the mean logit of learners is drawn to the base rate.

    Attributes
    ----------
    level : float
        The logit of the smoothed base rate.
    temperature : float
        What the distance from the level is multiplied by.
    """

    level: float
    temperature: float

    def probability(self, learners: tuple[Learner, ...], X: Floats) -> Floats:
        """Return P(positive) of each row, shape (n,)."""
        distance = mean_logit(learners, X) - self.level
        return np.asarray(expit(self.level + self.temperature * distance))


def mean_logit(learners: tuple[Learner, ...], X: Floats) -> Floats:
    """Return the mean of the learners' logits, shape (n,)."""
    return np.asarray(np.mean([learner.logit(X) for learner in learners], axis=0))


def log_odds(probability: Floats) -> Floats:
    """Return log odds, away from certainty by a millionth, of the same shape."""
    p = np.clip(probability, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return np.asarray(np.log(p) - np.log1p(-p))
