"""Promises are put into bins of which none is empty, and each share has Wilson's interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.learning.metrics import BINS, calibration_error
from app.backend.learning.reliability import (
    FEW_ROWS,
    LEAST_BIN_ROWS,
    Z,
    error_by_chance,
    reliability,
    wilson,
)

ROWS = st.lists(
    st.tuples(st.floats(0.0, 1.0) | st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 1)),
    max_size=60,
)


@given(ROWS)
def test_every_row_is_in_one_bin(rows: list[tuple[float, int]]) -> None:
    """Bins stand in the order of what was promised, and together hold every row and positive."""
    p, y = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=np.int64)
    found = reliability(p, y)
    assert len(found) <= BINS
    assert sum(one.rows for one in found) == len(rows)
    assert sum(one.rows * one.share for one in found) == pytest.approx(y.sum())
    assert sum(one.rows * one.mean for one in found) == pytest.approx(p.sum())
    assert all(one.rows > 0 and 0.0 <= one.low <= one.share <= one.high <= 1.0 for one in found)
    means = [one.mean for one in found]
    assert means == sorted(means)


def test_few_rows_make_bins_of_equal_size() -> None:
    """A hundred promises, most of them low, are ten bins of ten."""
    p = np.linspace(0.01, 0.9, 100) ** 3
    assert [one.rows for one in reliability(p, np.ones(100, dtype=np.int64))] == [10] * 10
    assert [one.rows for one in reliability(p[:25], np.ones(25, dtype=np.int64))] == [12, 13]
    assert len(reliability(p[: LEAST_BIN_ROWS - 1], np.ones(9, dtype=np.int64))) == 1


def test_equal_promises_stay_together() -> None:
    """Where one promise is made to half of the rows, they are one bin."""
    p = np.concatenate([np.full(50, 0.3), np.linspace(0.4, 0.9, 50)])
    found = reliability(p, np.zeros(100, dtype=np.int64))
    assert found[0].rows == 50
    assert found[0].mean == pytest.approx(0.3)


def test_many_rows_make_bins_of_equal_width() -> None:
    """From a number on, a bin is a tenth of the promises, and one without rows is not there."""
    p = np.linspace(0.0, 0.499, FEW_ROWS)
    found = reliability(p, (p > 0.2).astype(np.int64))
    assert [round(one.mean, 2) for one in found] == [0.05, 0.15, 0.25, 0.35, 0.45]
    assert [one.share for one in found[:2]] == [0.0, 0.0]


@given(st.integers(1, 400), st.data())
def test_wilson_ends_where_the_share_is_that_far_off(rows: int, data: st.DataObject) -> None:
    """At either end, the share lies the quantile's number of standard errors away."""
    positives = data.draw(st.integers(0, rows))
    share = positives / rows
    for edge in wilson(positives, rows):
        if 0.0 < edge < 1.0 and edge != share:
            error = np.sqrt(edge * (1.0 - edge) / rows)
            assert abs(edge - share) == pytest.approx(Z * error, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("rows", [40, 400])
def test_exact_promises_are_off_by_what_chance_brings(rows: int) -> None:
    """As verdicts drawn from the promises are, on average."""
    rng = np.random.default_rng(rows)
    p = rng.random(rows)
    drawn = [calibration_error(p, (rng.random(rows) < p).astype(np.int64)) for _ in range(800)]
    assert error_by_chance(p) == pytest.approx(np.mean(drawn), rel=0.05)
    assert error_by_chance(np.array([0.0, 1.0, 1.0])) == 0.0
