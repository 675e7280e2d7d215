"""How good probabilities are: their score, their order, their calibration."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import rankdata

from app.backend.features.encode import Codes, Floats

CLIP: Final = 1e-6
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is reported of predictions.

    Attributes
    ----------
    rows : int
    log_loss : float
        Mean negative log-likelihood, in nats.
    brier : float
    calibration_error : float
        Expected calibration error over `BINS` bins of equal width.
    roc_auc : float or None
        Reported, never selected on; `None` where there is one class.
    pair_accuracy : float or None
        Chance of ordering a positive above a negative of the same context; `None` where no
        context has both.
    pairs : int
        How many such pairs there are.
    """

    rows: int
    log_loss: float
    brier: float
    calibration_error: float
    roc_auc: float | None
    pair_accuracy: float | None
    pairs: int


def measure(p: Floats, y: Codes, request: Codes) -> Metrics:
    """Measure predictions.

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        P(positive).
    y : ndarray of int, shape (n,)
    request : ndarray of int, shape (n,)
        Rows of one request are ranked against each other.
    """
    return Metrics(
        rows=len(y),
        log_loss=float(log_losses(p, y).mean()),
        brier=float(np.mean((p - y) ** 2)),
        calibration_error=calibration_error(p, y),
        roc_auc=roc_auc(p, y),
        pair_accuracy=pair_accuracy(p, y, request),
        pairs=ordered_pairs(p, y, request)[1],
    )


def log_losses(p: Floats, y: Codes) -> Floats:
    """Return each row's negative log-likelihood, shape (n,), in nats."""
    inside = np.clip(p, CLIP, 1.0 - CLIP)
    return np.asarray(-np.where(y == 1, np.log(inside), np.log1p(-inside)))


def calibration_error(p: Floats, y: Codes) -> float:
    """Return the mean distance of promised and kept, over bins of the promise.

    Examples
    --------
    >>> calibration_error(np.array([0.5, 0.5]), np.array([1, 0]))
    0.0
    """
    bin_of = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    promised = np.bincount(bin_of, p, BINS)
    kept = np.bincount(bin_of, y, BINS)
    return float(np.abs(promised - kept).sum() / len(y))


def roc_auc(p: Floats, y: Codes) -> float | None:
    """Return the chance that a positive is above a negative, ties counting half.

    Examples
    --------
    >>> roc_auc(np.array([0.9, 0.4, 0.6]), np.array([1, 0, 0]))
    1.0
    """
    positives = int(y.sum())
    negatives = len(y) - positives
    if not positives or not negatives:
        return None
    ranks = rankdata(p)
    return float((ranks[y == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def pair_accuracy(p: Floats, y: Codes, request: Codes) -> float | None:
    """Return `roc_auc` over the pairs within one request, each pair weighing the same."""
    right, pairs = ordered_pairs(p, y, request)
    return right / pairs if pairs else None


def ordered_pairs(p: Floats, y: Codes, request: Codes) -> tuple[float, int]:
    """Return how many pairs of a positive and a negative of one request stand in the right order.

    Ties count half. The second number is that of all such pairs.
    """
    right, pairs = 0.0, 0
    for one in np.unique(request):
        rows = request == one
        positives = int(y[rows].sum())
        weight = positives * (int(rows.sum()) - positives)
        auc = roc_auc(p[rows], y[rows])
        if auc is not None:
            right += weight * auc
            pairs += weight
    return right, pairs
