"""A bootstrap over slates: how far the figures of one trial might lie elsewhere by chance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes, Floats
from app.backend.learning.metrics import BINS, log_losses

RESAMPLES: Final = 500
MOST_BLOCKS: Final = 500
LEAST_BLOCKS: Final = 5
DEPTH: Final = 5
# What orders rows is sorted into so many levels: tables of levels, not of rows, are resampled.
LEVELS: Final = 256
# An interval that holds nine in ten of the resamples.
INTERVAL: Final = (5.0, 95.0)
_DECIMALS: Final = 1e6


@dataclass(frozen=True, slots=True)
class Resamples:
    """Which slates each resample drew, the same for every model and every figure.

    Up to `MOST_BLOCKS` slates are drawn one by one, more of them in blocks of neighbours.

    Attributes
    ----------
    block : ndarray of int64, shape (n,)
        The block of each row.
    count : ndarray of float64, shape (1 + RESAMPLES, blocks)
        How often each block is drawn; the first is the sample itself.
    """

    block: Codes
    count: Floats

    @classmethod
    def of(cls, slate: Codes, seed: int) -> "Resamples":
        """Draw slates with replacement; `slate` holds that of each row."""
        known, number = np.unique(slate, return_inverse=True)
        blocks = min(len(known), MOST_BLOCKS)
        drawn = np.ones((1 + RESAMPLES, blocks))
        if blocks:
            even = np.full(blocks, 1.0 / blocks)
            drawn[1:] = generator(seed).multinomial(blocks, even, RESAMPLES)
        return cls(np.asarray(number * blocks // max(len(known), 1), dtype=np.int64), drawn)

    def part(self, rows: Codes) -> "Resamples":
        """Return the same draws of some of the rows; their blocks are numbered anew."""
        blocks, block = np.unique(self.block[rows], return_inverse=True)
        return Resamples(block, self.count[:, blocks])

    def sums(self, values: Floats) -> Floats:
        """Return the sum of some values of the rows, shape (1 + RESAMPLES,)."""
        blocks = self.count.shape[1]
        return np.asarray(self.count @ np.bincount(self.block, values, blocks))

    def means(self, values: Floats) -> Floats:
        """Return the mean of some values of the rows; NaN where no row was drawn."""
        return _ratio(self.sums(values), self.sums(np.ones(len(values))))

    def interval(
        self, value: float | None, draws: Floats, bounds: tuple[float, float] = (-np.inf, np.inf)
    ) -> list[float] | None:
        """Return where nine in ten resamples lie, the figure itself always within.

        Parameters
        ----------
        value : float or None
            What all rows give.
        draws : ndarray of float64, shape (1 + RESAMPLES,)
            NaN where a resample gives nothing.
        bounds : tuple of float
            Beyond which no figure of its kind lies.

        Returns
        -------
        list of two float, or None
            `None` where there is no figure, or so few slates that they say little of others.
        """
        told = draws[1:][np.isfinite(draws[1:])]
        if value is None or self.count.shape[1] < LEAST_BLOCKS or 2 * len(told) < RESAMPLES:
            return None
        low, high = np.clip(np.percentile(told, INTERVAL), *bounds)
        # Rounded outwards, so that no rounding leaves the figure out.
        low, high = min(low, value), max(high, value)
        return [
            float(np.floor(low * _DECIMALS) / _DECIMALS),
            float(np.ceil(high * _DECIMALS) / _DECIMALS),
        ]


def resampled(p: Floats, y: Codes, request: Codes, resamples: Resamples) -> Mapping[str, Floats]:
    """Return every figure of a model in every resample, shape (1 + RESAMPLES,) each.

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        P(positive), from 0 to 1.
    y : ndarray of int64, shape (n,)
    request : ndarray of int64, shape (n,)
        Rows of one request are ranked against each other.
    resamples : Resamples
        Of these rows.
    """
    right, pairs = _pairs(*_levels(p, y, resamples))
    return {
        "log_loss": resamples.means(log_losses(p, y)),
        "brier": resamples.means(np.square(p - y)),
        "calibration_error": _calibration(p, y, resamples),
        "roc_auc": _ratio(right, pairs),
        **_within_requests(p, y, request, resamples),
    }


def _calibration(p: Floats, y: Codes, resamples: Resamples) -> Floats:
    bin_of = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    blocks = resamples.count.shape[1]
    gap = np.bincount(resamples.block * BINS + bin_of, p - y, blocks * BINS)
    total = np.abs(resamples.count @ gap.reshape(blocks, BINS)).sum(axis=1)
    return _ratio(total, resamples.sums(np.ones(len(y))))


def _within_requests(
    p: Floats, y: Codes, request: Codes, resamples: Resamples
) -> Mapping[str, Floats]:
    """Return the share of pairs in the right order, and the mean NDCG over requests."""
    size = len(resamples.count)
    right, pairs, ndcg, asked = (np.zeros(size) for _ in range(4))
    for rows in _requests(request):
        positive, negative = _levels(p[rows], y[rows], resamples.part(rows))
        ordered, all_of_them = _pairs(positive, negative)
        right += ordered
        pairs += all_of_them
        reached = _ndcg(positive, negative)
        asked += np.isfinite(reached)
        ndcg += np.nan_to_num(reached)
    return {"pair_accuracy": _ratio(right, pairs), "ndcg_at_5": _ratio(ndcg, asked)}


def _requests(request: Codes) -> Iterator[Codes]:
    """Yield the rows of each request of more than one row."""
    order = np.argsort(request, kind="stable")
    starts = np.flatnonzero(np.diff(request[order])) + 1
    return (rows for rows in np.split(order, starts) if len(rows) > 1)


def _levels(p: Floats, y: Codes, resamples: Resamples) -> tuple[Floats, Floats]:
    """Count positives and negatives by level of prediction, the lowest first: (draws, levels)."""
    distinct, level = np.unique(p, return_inverse=True)
    levels = min(len(distinct), LEVELS)
    level = level * levels // max(len(distinct), 1)
    blocks = resamples.count.shape[1]
    at = resamples.block * levels + level
    positive, negative = (
        resamples.count @ np.bincount(at[y == sign], minlength=blocks * levels).reshape(blocks, -1)
        for sign in (1, 0)
    )
    return np.asarray(positive), np.asarray(negative)


def _pairs(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    """Return how many pairs stand in the right order, ties counting half, and how many are."""
    below = np.cumsum(negative, axis=1) - negative / 2
    return (positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1)


def _ndcg(positive: Floats, negative: Floats) -> Floats:
    """Return the NDCG over the first rows; NaN where there is nothing to order."""
    both = positive + negative
    reached = np.concatenate([[0.0], np.cumsum(1.0 / np.log2(np.arange(DEPTH) + 2.0))])
    until = np.minimum(np.cumsum(both[:, ::-1], axis=1), DEPTH).astype(np.int64)
    discount = np.diff(reached[until], axis=1, prepend=0.0)[:, ::-1]
    found = (positive / np.where(both > 0, both, 1.0) * discount).sum(axis=1)
    positives, rows = positive.sum(axis=1), both.sum(axis=1)
    best = reached[np.minimum(positives, DEPTH).astype(np.int64)]
    return _ratio(np.where(rows > 1, found, np.nan), best)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
