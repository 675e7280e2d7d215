"""Utilities and chance become a slate, with the exact chance that each title had in its place."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.model import Moments
from app.backend.features.basis import GENRES, title_basis
from app.backend.features.encode import Codes, Floats

SMALLEST: Final = 3
LARGEST: Final = 5


@dataclass(frozen=True, slots=True)
class Policy:
    """How a slate is drawn, place by place.

    Attributes
    ----------
    exploration : float
        The chance that a place is drawn at random rather than given to the best title.
    pool : int
        How many of the best titles a random draw may choose from.
    temperature : float
        Of the softmax over their utilities, in logits.
    diversity : float
        What a title loses, in logits, for being just like one that is already on the slate.
    """

    exploration: float = 0.1
    pool: int = 20
    temperature: float = 0.4
    diversity: float = 0.6

    @property
    def name(self) -> str:
        """The policy and its numbers, as impressions keep it."""
        return (
            f"greedy-diverse exploration={self.exploration} pool={self.pool} "
            f"temperature={self.temperature} diversity={self.diversity}"
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """Positions of the titles on the slate, and each one's chance given those before it."""

    rows: tuple[int, ...]
    propensities: tuple[float, ...]


def utilities(moments: Moments) -> Floats:
    """Return the logit of each title's averaged probability, shape (n,)."""
    return np.asarray(moments.mean / np.sqrt(1.0 + np.pi * moments.variance / 8.0))


def draw(utility: Floats, X: Floats, size: int, policy: Policy, rng: np.random.Generator) -> Drawn:
    """Draw a slate.

    Each place goes, with chance 1 - exploration, to the title of the greatest utility less what
    it shares with the titles before it (maximal marginal relevance: Carbonell and Goldstein,
    SIGIR 1998), else to one drawn by softmax from the best of the pool. The propensity is exact:
    `(1 - e) [is best] + e softmax`.

    Parameters
    ----------
    utility : ndarray of float64, shape (n,)
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    size : int
        How many titles; fewer where there are fewer.
    policy : Policy
    rng : Generator
    """
    likeness = _likeness(X)
    penalty = np.zeros(len(utility))
    free = np.ones(len(utility), dtype=bool)
    rows: list[int] = []
    propensities: list[float] = []
    for _ in range(min(size, len(utility))):
        chance = _place(np.where(free, utility - policy.diversity * penalty, -np.inf), policy)
        row = int(rng.choice(len(chance), p=chance))
        rows.append(row)
        propensities.append(float(chance[row]))
        free[row] = False
        penalty = np.maximum(penalty, likeness @ likeness[row])
    return Drawn(tuple(rows), tuple(propensities))


def _place(value: Floats, policy: Policy) -> Floats:
    """Return each title's chance of the next place, shape (n,), summing to 1."""
    pool = _best(value, policy.pool)
    weights = np.exp((value[pool] - value[pool[0]]) / policy.temperature)
    chance = np.zeros(len(value))
    chance[pool] = policy.exploration * weights / weights.sum()
    chance[pool[0]] += 1.0 - policy.exploration
    return np.asarray(chance / chance.sum())


def _best(value: Floats, most: int) -> Codes:
    """Return the positions of the greatest values, best first; equals in order of position."""
    order = np.argsort(-value, kind="stable")[:most]
    return order[np.isfinite(value[order])]


def _likeness(X: Floats) -> Floats:
    """Return unit vectors of genre and kind, so that a product of two is how alike they are."""
    basis = title_basis(X)
    traits = np.column_stack([basis[:, GENRES], 0.5 * basis[:, GENRES.stop]])
    length = np.linalg.norm(traits, axis=1, keepdims=True)
    return np.asarray(traits / np.where(length > 0, length, 1.0))
