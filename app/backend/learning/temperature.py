"""One number that logits are multiplied by, so that they promise what they keep."""

from typing import Final

import numpy as np
from scipy.optimize import minimize_scalar

from app.backend.features.encode import Floats

LOWEST: Final = 0.3
HIGHEST: Final = 1.5


def fit_temperature(
    logit: Floats, y: Floats, weight: Floats | None = None, level: Floats | float = 0.0
) -> float:
    """Return the factor under which logits have the least log loss, between the two limits.

    Without rows it is 1: nothing speaks against the logits as they are.

    Parameters
    ----------
    logit : ndarray of float64, shape (n,)
        Of rows that were not learnt from.
    y : ndarray, shape (n,)
        0 and 1.
    weight : ndarray of float64, shape (n,), optional
    level : ndarray of float64, shape (n,), or float
        What is added to a logit after it is multiplied: small factors lead here.
    """
    rows = np.ones(len(y)) if weight is None else weight
    if not (rows > 0).any():
        return 1.0

    def loss(factor: float) -> float:
        scaled = level + factor * logit
        return float(rows @ (np.logaddexp(0.0, scaled) - y * scaled))

    options = {"xatol": 1e-3}
    found = minimize_scalar(loss, bounds=(LOWEST, HIGHEST), method="bounded", options=options)
    return float(found.x)
