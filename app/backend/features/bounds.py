"""Bounds that a model learns from its training rows, and clips every later value to.

A duration of 900 minutes tells nothing that one of 300 does not, but would pull a line with it.
"""

from typing import Final

import numpy as np

from app.backend.features import schema
from app.backend.features.encode import Floats

BOUNDED: Final = (schema.DURATION, schema.YEAR, schema.COMMUNITY_RATING)
NO_BOUND: Final = 1e18
FENCE: Final = 3.0
FEWEST: Final = 20


def unbounded() -> Floats:
    """Return bounds that change nothing, shape (len(BOUNDED), 2)."""
    return np.tile([0.0, NO_BOUND], (len(BOUNDED), 1))


def learn(X: Floats, weight: Floats | None = None) -> Floats:
    """Learn bounds from training rows: Tukey's outer fences (Exploratory Data Analysis, 1977).

    They lie three interquartile ranges beyond the quartiles of the values that are known. Below
    `FEWEST` known values, or where half of them are equal, a column has no bounds.

    Parameters
    ----------
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    weight : ndarray of float64, shape (n,), optional
        How often each row counts.

    Returns
    -------
    ndarray of float64, shape (len(BOUNDED), 2)
        Lowest and highest value of each bounded column.
    """
    counts = np.ones(len(X)) if weight is None else weight
    bounds = unbounded()
    for number, column in enumerate(BOUNDED):
        known = (X[:, column] > 0) & (counts > 0)
        if counts[known].sum() < FEWEST:
            continue
        low, high = _quartiles(X[known, column], counts[known])
        if high > low:
            reach = FENCE * (high - low)
            bounds[number] = max(0.0, low - reach), high + reach
    return bounds


def clip(X: Floats, bounds: Floats) -> Floats:
    """Return X with what is known clipped to bounds; what is missing (0) stays missing."""
    if not outliers(X, bounds).any():
        return X
    clipped = X.copy()
    values = X[:, BOUNDED]
    clipped[:, BOUNDED] = np.where(values > 0, np.clip(values, *bounds.T), values)
    return clipped


def outliers(X: Floats, bounds: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Mark the known values that lie outside bounds, shape (n, len(BOUNDED))."""
    values = X[:, BOUNDED]
    return np.asarray((values > 0) & ((values < bounds[:, 0]) | (values > bounds[:, 1])))


def _quartiles(values: Floats, counts: Floats) -> tuple[float, float]:
    """Return the smallest values that a quarter, and three quarters, do not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(counts[order])
    at = np.searchsorted(reached, np.array([0.25, 0.75]) * reached[-1])
    low, high = values[order][at]
    return float(low), float(high)
