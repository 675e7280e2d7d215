"""Several families' log odds as one: weights that are not negative, from rows held out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from app.backend.features.encode import Codes, Floats

# Holds the weights near an equal share of the first and the best, where rows say little.
PENALTY_ROWS: Final = 5.0
MOST_WEIGHT: Final = 1.5


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of families, by name."""

    weights: dict[str, float]

    def logit(self, logits: dict[str, Floats]) -> Floats:
        """Return the blended log odds, shape (n,)."""
        parts = [weight * logits[name] for name, weight in self.weights.items()]
        return np.asarray(np.sum(parts, axis=0))


def fit_blend(logits: dict[str, Floats], y: Codes) -> Blend:
    """Choose the weights with the least log loss on rows held out.

    A ridge holds them at equal shares that sum to one: with few rows the blend is a plain mean.

    Parameters
    ----------
    logits : dict of str to ndarray of float64, shape (n,)
        Of rows that none of the families was fitted to.
    y : ndarray of int64, shape (n,)
    """
    names = list(logits)
    Z = np.column_stack([logits[name] for name in names])
    equal = np.full(len(names), 1.0 / len(names))

    def depth(weights: Floats) -> tuple[float, Floats]:
        eta = Z @ weights
        loss = np.logaddexp(0.0, eta).sum() - y @ eta
        p = 0.5 * (1.0 + np.tanh(0.5 * eta))
        away = weights - equal
        total = loss + 0.5 * PENALTY_ROWS * away @ away
        return float(total), Z.T @ (p - y) + PENALTY_ROWS * away

    limits = [(0.0, MOST_WEIGHT)] * len(names)
    found = minimize(depth, equal, jac=True, method="L-BFGS-B", bounds=limits)
    return Blend({name: float(weight) for name, weight in zip(names, found.x, strict=True)})
