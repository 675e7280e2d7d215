"""Cells hold what the rows held: nothing is lost, and order does not matter."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import CODE_COUNT, every_context
from app.backend.features.choices import no_choices
from app.backend.features.encode import Codes, Floats, gather
from app.backend.learning.cells import Cells, nothing_shown, of_matrix, of_training
from tests.worlds import choices, live, make_world, training_rows, training_set

WORLD = make_world(31, titles=12)
ROWS = st.lists(
    st.tuples(
        st.integers(0, CODE_COUNT - 1),
        st.integers(0, 5),
        st.integers(0, 1),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    max_size=30,
)


def columns(
    rows: list[tuple[int, int, int, int, int]],
) -> tuple[Floats, Codes, Floats, Codes]:
    """Return X, y, weights and members of generated rows."""
    code, title, y, weight, member = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return gather(code, title, WORLD.encoded), y, weight.astype(np.float64), member


def as_dictionary(cells: Cells) -> dict[tuple[float, ...], tuple[float, float]]:
    """Return what was seen, by what was said, by whom, of which title."""
    return {
        (*cells.said[c], float(cells.member[c]), float(cells.titles[t, -1])): (
            float(cells.count[c, t]),
            float(cells.positives[c, t]),
        )
        for c, t in zip(*np.nonzero(cells.count), strict=True)
    }


@settings(deadline=None)
@given(ROWS)
def test_cells_are_a_dictionary_of_rows(rows: list[tuple[int, int, int, int, int]]) -> None:
    """Counts and positives are those that counting row by row finds."""
    X, y, weight, member = columns(rows)
    expected: dict[tuple[float, ...], tuple[float, float]] = {}
    for row, label, times, who in zip(X, y, weight, member, strict=True):
        if times:
            key = (*row[:10], float(who), float(row[-1]))
            count, positives = expected.get(key, (0.0, 0.0))
            expected[key] = (count + times, positives + times * label)
    assert as_dictionary(of_matrix(X, y, weight, member)) == expected


@settings(deadline=None)
@given(ROWS, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_leaves_no_trace(
    rows: list[tuple[int, int, int, int, int]], seed: int
) -> None:
    """Shuffled rows give the same cells in the same order."""
    X, y, weight, member = columns(rows)
    order = np.random.default_rng(seed).permutation(len(y))
    one = of_matrix(X, y, weight, member)
    other = of_matrix(X[order], y[order], weight[order], member[order])
    for name in ("said", "member", "titles", "count", "positives", "bounds"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_both_zeros_are_one_value() -> None:
    """A negative zero does not make a title of its own."""
    X = gather(np.array([0, 0]), np.array([1, 1]), WORLD.encoded)
    X[1, 15] = -0.0
    X[0, 15] = 0.0
    cells = of_matrix(X, np.array([1, 0]), None, None)
    np.testing.assert_array_equal(cells.count, [[2.0]])


def test_codes_count_as_rows_do() -> None:
    """Counting the codes of a training set gives what counting its X gives."""
    evenings = live(WORLD, 60, 3)
    X, y = training_rows(WORLD, evenings)
    nobody = np.zeros(60, dtype=np.int64)
    cells, shown = of_training(training_set(WORLD, evenings), no_choices(), nobody)
    assert as_dictionary(cells) == as_dictionary(of_matrix(X, y, None, None))
    np.testing.assert_array_equal(cells.bounds, of_matrix(X, y, None, None).bounds)
    assert len(shown.title) == len(nothing_shown().title) == 0


def test_choices_are_placed_among_the_cells() -> None:
    """Each impression finds its context and its title, and slates stay together."""
    evenings = live(WORLD, 25, 4)
    nobody = np.zeros(25, dtype=np.int64)
    made = choices(evenings)
    cells, shown = of_training(training_set(WORLD, evenings), made, nobody)
    ids = cells.titles[shown.title, -1].astype(np.int64)
    np.testing.assert_array_equal(ids, WORLD.encoded[made.title, -1].astype(np.int64))
    np.testing.assert_array_equal(shown.slate, np.repeat(np.arange(25), 3))
    np.testing.assert_array_equal(shown.is_chosen.astype(bool), made.is_chosen)
    said = {context.code: number for number, context in enumerate(every_context())}
    assert len({said[code] for code in made.context_code.tolist()}) == len(cells.said)
