"""Metrics agree with scikit-learn where it has them, and with counting by hand where not."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from app.backend.features.encode import Codes, Floats
from app.backend.learning.metrics import (
    BINS,
    CLIP,
    calibration_error,
    log_losses,
    measure,
    ordered_pairs,
    pair_accuracy,
    roc_auc,
)

# Repeated values make ties likely.
PROMISES = st.floats(CLIP, 1.0 - CLIP) | st.sampled_from([0.1, 0.5, 0.9])
ROWS = st.lists(st.tuples(PROMISES, st.integers(0, 1), st.integers(-2, 3)), min_size=1, max_size=40)
Row = tuple[float, int, int]


def columns(rows: list[Row]) -> tuple[Floats, Codes, Codes]:
    """Return promises, labels and requests of generated rows."""
    p, y, request = zip(*rows, strict=True)
    return np.array(p), np.array(y, dtype=np.int64), np.array(request, dtype=np.int64)


@settings(deadline=None)
@given(ROWS)
def test_scores_are_those_of_scikit_learn(rows: list[Row]) -> None:
    """Log loss and Brier score agree, whatever the labels."""
    p, y, request = columns(rows)
    found = measure(p, y, request)
    assert found.rows == len(rows)
    assert found.log_loss == pytest.approx(reference.log_loss(y, p, labels=[0, 1]), abs=1e-9)
    assert found.brier == pytest.approx(np.mean((p - y) ** 2), abs=1e-12)
    if len(set(y)) == 2:
        assert found.brier == pytest.approx(reference.brier_score_loss(y, p), abs=1e-12)


@settings(deadline=None)
@given(ROWS)
def test_roc_auc_is_that_of_scikit_learn(rows: list[Row]) -> None:
    """The area under the curve agrees, ties included; with one class there is none."""
    p, y, _ = columns(rows)
    if len(set(y)) < 2:
        assert roc_auc(p, y) is None
    else:
        assert roc_auc(p, y) == pytest.approx(reference.roc_auc_score(y, p), abs=1e-12)


@settings(deadline=None)
@given(ROWS)
def test_pairs_are_those_that_counting_finds(rows: list[Row]) -> None:
    """Every pair of a positive and a negative of one request counts once, a tie half."""
    right, pairs = 0.0, 0
    for (p, y, request), (other, label, elsewhere) in product(rows, rows):
        if (y, label) == (1, 0) and request == elsewhere:
            right += 1.0 if p > other else 0.5 if p == other else 0.0
            pairs += 1
    found, counted = ordered_pairs(*columns(rows))
    assert found == pytest.approx(right, abs=1e-9)
    assert counted == pairs
    accuracy = pair_accuracy(*columns(rows))
    assert accuracy == (pytest.approx(right / pairs) if pairs else None)
    assert measure(*columns(rows)).pairs == pairs


@settings(deadline=None)
@given(ROWS)
def test_calibration_error_is_summed_over_bins(rows: list[Row]) -> None:
    """Each bin adds the distance of its mean promise and mean outcome, by its share of rows."""
    p, y, _ = columns(rows)
    total = 0.0
    for low in range(BINS):
        inside = np.floor(p * BINS) == low
        if inside.any():
            total += inside.mean() * abs(p[inside].mean() - y[inside].mean())
    found = calibration_error(p, y)
    assert found == pytest.approx(total, abs=1e-9)
    assert 0.0 <= found <= 1.0


def test_a_certain_promise_belongs_to_the_last_bin() -> None:
    """A promise of exactly 1 is averaged with the others above nine in ten."""
    found = calibration_error(np.array([1.0, 0.95]), np.array([0, 1]))
    assert found == pytest.approx((1.95 - 1.0) / 2)


def test_a_broken_certainty_costs_much_but_not_everything() -> None:
    """Promises of 0 and 1 have a finite loss, alike on both sides."""
    losses = log_losses(np.array([0.0, 1.0]), np.array([1, 0]))
    np.testing.assert_allclose(losses, -np.log(CLIP), rtol=1e-9)


def test_main_effects_of_requests_do_not_help_pairs() -> None:
    """Knowing which request goes well raises the pooled area under the curve, not the pairs."""
    request = np.repeat([0, 1], 10)
    y = np.array([1] * 8 + [0] * 2 + [1] * 2 + [0] * 8)
    found = measure(np.where(request == 0, 0.8, 0.2), y, request)
    assert found.roc_auc is not None
    assert found.roc_auc > 0.75
    assert found.pair_accuracy == 0.5
