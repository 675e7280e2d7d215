"""The metrics of a report agree with their definitions, and say nothing where they cannot."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.features.encode import Codes, Floats
from app.backend.learning.metrics import calibration_error, ordered_pairs, roc_auc
from app.backend.learning.rankings import Ranking
from app.backend.learning.scores import METRICS, Answered, report

RNG = np.random.default_rng(7)


def answered(rows: int, members: int, seed: int) -> Answered:
    """Return predictions that know something."""
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.4).astype(np.int64)
    p = np.round(rng.random(rows) * 0.7 + 0.3 * y, 2).astype(np.float64)
    member = rng.integers(1, members + 1, rows)
    return Answered(p, y, member, member * 3 + rng.integers(0, 3, rows))


def numbers(found: Any) -> Floats:  # noqa: ANN401  # a report
    """Return the values of a report in the order of the metrics."""
    return np.array([found[name] for name in METRICS], dtype=np.float64)


def brute_ndcg(p: Floats, y: Codes, depth: int) -> float:
    """Return NDCG by its definition, with the mean over many orders of what is tied."""
    found = []
    for _ in range(400):
        order = np.lexsort((RNG.random(len(p)), -p))[:depth]
        found.append((y[order] / np.log2(np.arange(len(order)) + 2)).sum())
    best = (1 / np.log2(np.arange(min(int(y.sum()), depth)) + 2)).sum()
    return float(np.mean(found) / best)


def test_one_fold_has_the_metrics_of_their_definitions() -> None:
    """Each metric is what it is elsewhere, row by row."""
    fold = answered(600, 12, 1)
    found = report([fold], 0)
    inside = np.clip(fold.p, 1e-6, 1 - 1e-6)
    losses = -(fold.y * np.log(inside) + (1 - fold.y) * np.log(1 - inside))
    aucs = [roc_auc(fold.p[fold.member == m], fold.y[fold.member == m]) for m in range(1, 13)]
    right, pairs = ordered_pairs(fold.p, fold.y, fold.request)
    assert found["log_loss"] == pytest.approx(losses.mean())
    assert found["brier"] == pytest.approx(((fold.p - fold.y) ** 2).mean())
    assert found["ece"] == pytest.approx(calibration_error(fold.p, fold.y))
    assert found["roc_auc"] == pytest.approx(roc_auc(fold.p, fold.y))
    assert found["member_auc"] == pytest.approx(np.mean([auc for auc in aucs if auc is not None]))
    assert found["pair_accuracy"] == pytest.approx(right / pairs)


def test_ndcg_is_its_definition_and_ties_count_as_their_mean() -> None:
    """Within each request, over the first five."""
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.1, 0.1, 0.7, 0.7, 0.3])
    y = np.array([0, 1, 0, 1, 1, 0, 1, 0, 0])
    group = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1])
    found = Ranking.of(p, y, group).ndcg(5)
    expected = [brute_ndcg(p[group == g], y[group == g], 5) for g in (0, 1)]
    assert found == pytest.approx(expected, abs=0.02)


def test_requests_with_nothing_to_order_do_not_count() -> None:
    """One row alone, or no positive, says nothing of an order."""
    ranking = Ranking.of(np.array([0.2, 0.3, 0.4]), np.array([1, 0, 0]), np.array([0, 1, 1]))
    assert np.isnan(ranking.ndcg(5)).all()


def test_folds_are_averaged_by_their_rows_and_never_pooled() -> None:
    """Two folds that differ in level do not mix their predictions."""
    one, other = answered(300, 9, 1), answered(100, 9, 2)
    both = numbers(report([one, other], 0))
    apart = (3 * numbers(report([one], 0)) + numbers(report([other], 0))) / 4
    assert both == pytest.approx(apart)
    shifted = Answered(other.p * 0.01, other.y, other.member, other.request)
    after = report([one, shifted], 0)
    assert after["roc_auc"] == pytest.approx(both[METRICS.index("roc_auc")])


@pytest.mark.parametrize("members", [1, 4, 5, 60])
def test_intervals_hold_their_values(members: int) -> None:
    """Whether members or rows are drawn, the value is inside, and the same seed draws the same."""
    fold = answered(800, members, 3)
    found: Any = report([fold], 5)
    for name in METRICS:
        low, high = found[f"{name}_interval"]
        assert low <= high
        assert low <= found[name] <= high
    assert report([fold], 5) == found
    assert report([fold], 6) != found


def test_more_members_say_more() -> None:
    """An interval is narrower where four times as many members were asked."""
    few: Any = report([answered(400, 20, 3)], 0)
    many: Any = report([answered(6_400, 320, 3)], 0)
    assert np.ptp(many["log_loss_interval"]) < np.ptp(few["log_loss_interval"]) / 2


def test_what_cannot_be_computed_is_none() -> None:
    """With one class there is no order; with no rows there is nothing."""
    ones = Answered(np.full(8, 0.5), np.ones(8, np.int64), np.arange(8), np.arange(8))
    found = report([ones], 0)
    assert found["log_loss"] == pytest.approx(np.log(2))
    for name in ("roc_auc", "member_auc", "pair_accuracy", "ndcg_at_5"):
        assert found[name] is None
        assert found[f"{name}_interval"] is None
    assert set(report([], 0).values()) == {None}


def test_one_request_has_no_interval_within_requests() -> None:
    """A single request cannot be resampled."""
    fold = answered(50, 1, 1)
    single = Answered(fold.p, fold.y, fold.member, np.zeros(50, np.int64))
    found = report([single], 0)
    assert found["pair_accuracy"] is not None
    assert found["pair_accuracy_interval"] is None
    assert found["log_loss_interval"] is not None


ROWS = st.lists(
    st.tuples(st.integers(0, 10), st.booleans(), st.integers(0, 3), st.integers(1, 3)),
    min_size=1,
    max_size=30,
)


@given(ROWS)
def test_weighted_pairs_are_those_of_repeated_rows(rows: list[tuple[int, bool, int, int]]) -> None:
    """A row that weighs three is three rows."""
    p = np.array([row[0] / 10 for row in rows], dtype=np.float64)
    y = np.array([row[1] for row in rows], dtype=np.int64)
    _, place = np.unique([row[2] for row in rows], return_inverse=True)
    group = place.astype(np.int64)
    weight = np.array([row[3] for row in rows], dtype=np.int64)
    right, pairs = Ranking.of(p, y, group).pairs(weight.astype(np.float64))
    expected = ordered_pairs(np.repeat(p, weight), np.repeat(y, weight), np.repeat(group, weight))
    assert (right.sum(), pairs.sum()) == pytest.approx(expected)
