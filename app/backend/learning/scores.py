"""What a report says of predictions: metrics of each fold, their means, and how sure they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes, Floats
from app.backend.learning.metrics import BINS, log_losses
from app.backend.learning.rankings import Ranking

METRICS: Final = (
    "log_loss",
    "brier",
    "ece",
    "roc_auc",
    "member_auc",
    "pair_accuracy",
    "ndcg_at_5",
    "ndcg_at_10",
)
RESAMPLES: Final = 200
LEAST_MEMBERS: Final = 5
# An interval that holds nine in ten of the resamples.
INTERVAL: Final = (5.0, 95.0)
_LEAST_TOLD: Final = RESAMPLES // 2

Report: TypeAlias = dict[str, float | list[float] | None]


@dataclass(frozen=True, slots=True)
class Answered:
    """The tested rows of one fold, with the predictions of one model; arrays of shape (n,).

    Attributes
    ----------
    p : ndarray of float64
        P(positive).
    y : ndarray of int64
    member : ndarray of int64
        The same numbers in every fold.
    request : ndarray of int64
        Rows of one request are ranked against each other.
    """

    p: Floats
    y: Codes
    member: Codes
    request: Codes


def report(folds: Sequence[Answered], seed: int) -> Report:
    """Measure one model, each metric with the interval of a bootstrap.

    Every metric is computed inside a fold, by what one model said, and averaged over the folds by
    their rows. What cannot be computed is `None`. Members are drawn with replacement, the same
    ones in every fold; with fewer than `LEAST_MEMBERS`, rows are drawn (whole requests for what is
    computed within requests), since so few members say little of others.

    Returns
    -------
    dict
        By the name of the metric its value, and by `<name>_interval` a list of two.
    """
    measured = [_Fold.of(fold) for fold in folds if len(fold.y)]
    once = _mean([fold.metrics(fold.even()) for fold in measured])
    rng = generator(seed)
    draw = _draw(measured, rng)
    drawn = np.array([_mean(draw()) for _ in range(RESAMPLES)]).reshape(RESAMPLES, len(METRICS))
    found: Report = {}
    for name, value, resampled in zip(METRICS, once, drawn.T, strict=True):
        told = resampled[np.isfinite(resampled)]
        if name == "ece" and len(told):
            # Noise only ever adds to it, and a resample has more: its draws are moved back.
            told = np.maximum(told + value - np.median(told), 0.0)
        is_told = bool(np.isfinite(value)) and len(told) >= _LEAST_TOLD
        found[name] = float(value) if np.isfinite(value) else None
        found[f"{name}_interval"] = (
            [float(edge) for edge in np.percentile(told, INTERVAL)] if is_told else None
        )
    return found


@dataclass(frozen=True, slots=True)
class _Weights:
    """How often each row, member and request of a fold counts."""

    row: Floats
    member: Floats
    request: Floats
    by_member: bool


@dataclass(frozen=True, slots=True)
class _Fold:
    """One fold with everything that does not change from resample to resample."""

    tested: Answered
    loss: Floats
    bin_of: Codes
    everyone: Ranking
    members: Codes
    of_member: Ranking
    member_auc: Floats
    member_of_request: Codes
    row_of_request: Codes
    right: Floats
    pairs: Floats
    ndcg: tuple[Floats, Floats]

    @classmethod
    def of(cls, tested: Answered) -> "_Fold":
        members, member = np.unique(tested.member, return_inverse=True)
        _, first, request = np.unique(tested.request, return_index=True, return_inverse=True)
        of_member = Ranking.of(tested.p, tested.y, member)
        within = Ranking.of(tested.p, tested.y, request)
        even = np.ones(len(tested.y))
        right, pairs = within.pairs(even)
        return cls(
            tested=tested,
            loss=log_losses(tested.p, tested.y),
            bin_of=np.minimum((tested.p * BINS).astype(np.int64), BINS - 1),
            everyone=Ranking.of(tested.p, tested.y, np.zeros(len(tested.y), dtype=np.int64)),
            members=members,
            of_member=of_member,
            member_auc=_ratio(*of_member.pairs(even)),
            member_of_request=tested.member[first],
            row_of_request=request,
            right=right,
            pairs=pairs,
            ndcg=(within.ndcg(5), within.ndcg(10)),
        )

    def even(self) -> _Weights:
        """Return weights under which everything counts once."""
        sizes = (len(self.tested.y), len(self.members), len(self.pairs))
        row, member, request = map(np.ones, sizes)
        return _Weights(row, member, request, by_member=True)

    def metrics(self, weights: _Weights) -> tuple[float, Floats]:
        """Return how many rows count, and every metric; NaN where it cannot be computed."""
        row, tested = weights.row, self.tested
        rows = float(row.sum())
        if not rows:
            return 0.0, np.full(len(METRICS), np.nan)
        gap = np.bincount(self.bin_of, row * (tested.p - tested.y), BINS)
        right, pairs = self.everyone.pairs(row)
        aucs = self.member_auc if weights.by_member else _ratio(*self.of_member.pairs(row))
        all_pairs = float(weights.request @ self.pairs)
        return rows, np.array(
            [
                row @ self.loss / rows,
                row @ np.square(tested.p - tested.y) / rows,
                np.abs(gap).sum() / rows,
                right[0] / pairs[0] if pairs[0] else np.nan,
                _weighed(aucs, weights.member),
                weights.request @ self.right / all_pairs if all_pairs else np.nan,
                *(_weighed(ndcg, weights.request) for ndcg in self.ndcg),
            ]
        )


def _draw(
    folds: Sequence[_Fold], rng: np.random.Generator
) -> Callable[[], list[tuple[float, Floats]]]:
    """Return what measures all folds over one resample."""
    everyone = np.unique(np.concatenate([np.zeros(0, np.int64), *(fold.members for fold in folds)]))
    if len(everyone) < LEAST_MEMBERS:
        return lambda: [fold.metrics(_drawn_rows(fold, rng)) for fold in folds]
    places = [
        tuple(
            np.searchsorted(everyone, of)
            for of in (fold.tested.member, fold.members, fold.member_of_request)
        )
        for fold in folds
    ]

    def by_members() -> list[tuple[float, Floats]]:
        count = _times(len(everyone), rng)
        return [
            fold.metrics(_Weights(count[row], count[member], count[request], by_member=True))
            for fold, (row, member, request) in zip(folds, places, strict=True)
        ]

    return by_members


def _drawn_rows(fold: _Fold, rng: np.random.Generator) -> _Weights:
    row = _times(len(fold.tested.y), rng)
    # A single request cannot be resampled; it would only pretend to be sure.
    requests = len(fold.pairs)
    request = _times(requests, rng) if requests > 1 else np.full(requests, np.nan)
    return _Weights(row, np.ones(len(fold.members)), request, by_member=False)


def _times(count: int, rng: np.random.Generator) -> Floats:
    """Return how often each of some things is drawn, in as many draws with replacement."""
    drawn = np.bincount(rng.integers(0, count, count), minlength=count)
    return np.asarray(drawn, dtype=np.float64)


def _ratio(right: Floats, pairs: Floats) -> Floats:
    return np.where(pairs > 0, right / np.where(pairs > 0, pairs, 1.0), np.nan)


def _weighed(values: Floats, weight: Floats) -> float:
    """Return the mean of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = float(weight[known].sum())
    return float(weight[known] @ values[known] / total) if total else float("nan")


def _mean(measured: Sequence[tuple[float, Floats]]) -> Floats:
    """Return the mean over folds by their rows, each metric over the folds that know it."""
    total, weight = np.zeros(len(METRICS)), np.zeros(len(METRICS))
    for rows, metrics in measured:
        known = np.isfinite(metrics)
        total[known] += rows * metrics[known]
        weight[known] += rows
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)
