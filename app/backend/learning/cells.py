"""Rows that are equal in every column become one cell with counts: cost follows cells, not rows."""

from dataclasses import dataclass

import numpy as np

from app.backend.features.encode import Codes, Floats


@dataclass(frozen=True, slots=True)
class Cells:
    """Distinct rows of X with what was seen of each.

    Attributes
    ----------
    X : ndarray of float64, shape (cells, FEATURE_COUNT)
    count, positives : ndarray of float64, shape (cells,)
        Weighted numbers of rows and of positive rows.
    """

    X: Floats
    count: Floats
    positives: Floats


def aggregate(X: Floats, y: Codes, sample_weight: Floats | None = None) -> Cells:
    """Aggregate rows to cells, in an order that does not depend on the order of the rows.

    Rows without weight are left out: a title that nothing was seen of was never rated.
    """
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    rows = np.ascontiguousarray(X + 0.0)  # -0.0 and 0.0 are one value but two byte strings
    as_bytes = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, cell = np.unique(as_bytes, return_index=True, return_inverse=True)
    count = np.bincount(cell, weight, len(first)).astype(np.float64)
    positives = np.bincount(cell, weight * y, len(first)).astype(np.float64)
    seen = count > 0
    return Cells(X=rows[first[seen]], count=count[seen], positives=positives[seen])
