"""Cells hold what the rows held: nothing is lost, and order does not matter."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.features.encode import Codes, Floats
from app.backend.learning.cells import aggregate

ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, -0.0, 1.0, 2.5]),
        st.sampled_from([0.0, 7.0]),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    max_size=30,
)


def columns(rows: list[tuple[float, float, int, int]]) -> tuple[Floats, Codes, Floats]:
    """Return X, y and weights of generated rows."""
    X = np.array([row[:2] for row in rows], dtype=np.float64).reshape(-1, 2)
    y = np.array([row[2] for row in rows], dtype=np.int64)
    return X, y, np.array([row[3] for row in rows], dtype=np.float64)


def test_equal_rows_become_one_cell_with_counts() -> None:
    """Three verdicts on one row and one on another are two cells, in a fixed order."""
    X = np.array([[1.0, 5.0], [0.0, 2.0], [1.0, 5.0], [1.0, 5.0]])
    cells = aggregate(X, np.array([1, 0, 0, 1]))
    at = np.argsort(cells.X[:, 0])
    np.testing.assert_array_equal(cells.X[at], [[0.0, 2.0], [1.0, 5.0]])
    np.testing.assert_array_equal(cells.count[at], [1.0, 3.0])
    np.testing.assert_array_equal(cells.positives[at], [0.0, 2.0])


def test_both_zeros_are_one_value() -> None:
    """A negative zero does not make a cell of its own."""
    cells = aggregate(np.array([[0.0], [-0.0]]), np.array([1, 0]))
    np.testing.assert_array_equal(cells.count, [2.0])


@settings(deadline=None)
@given(ROWS)
def test_cells_are_a_dictionary_of_rows(rows: list[tuple[float, float, int, int]]) -> None:
    """Counts and positives are those that counting row by row finds; no cell is empty."""
    X, y, weight = columns(rows)
    expected: dict[tuple[float, ...], list[float]] = {}
    for row, label, times in zip(X.tolist(), y, weight, strict=True):
        if times:
            seen = expected.setdefault(tuple(row), [0.0, 0.0])
            seen[0] += times
            seen[1] += times * label
    cells = aggregate(X, y, weight)
    found = {
        tuple(row): [count, positives]
        for row, count, positives in zip(
            cells.X.tolist(), cells.count, cells.positives, strict=True
        )
    }
    assert found == expected


@settings(deadline=None)
@given(ROWS, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_leaves_no_trace(
    rows: list[tuple[float, float, int, int]], seed: int
) -> None:
    """Shuffled rows give the same cells in the same order."""
    X, y, weight = columns(rows)
    order = np.random.default_rng(seed).permutation(len(y))
    one, other = aggregate(X, y, weight), aggregate(X[order], y[order], weight[order])
    np.testing.assert_array_equal(one.X, other.X)
    np.testing.assert_array_equal(one.count, other.count)
    np.testing.assert_array_equal(one.positives, other.positives)
