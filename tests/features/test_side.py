"""What a model knows beside X is found by id; strangers have zeros."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.features.side import Side, places

IDS = st.lists(st.integers(-3, 20), unique=True, max_size=10).map(sorted)


def side() -> Side:
    """Return two titles with words, and two members."""
    vectors = np.array([[1.0, 2.0], [3.0, 4.0]])
    return Side(np.array([4, 9]), vectors, np.array([2, 7]))


@given(IDS, st.lists(st.integers(-5, 25), max_size=15))
def test_places_are_those_of_a_dictionary(ids: list[int], wanted: list[int]) -> None:
    """Every wanted id that is known has its row and its place, and no other has."""
    rows, at = places(np.array(ids, dtype=np.int64), np.array(wanted, dtype=np.int64))
    found = list(zip(rows.tolist(), at.tolist(), strict=True))
    assert found == [(row, ids.index(one)) for row, one in enumerate(wanted) if one in ids]


def test_words_are_found_by_title() -> None:
    """A title before, between or after those with words has zeros."""
    found = side().text_of(np.array([9, 1, 4, 5, 12, 9]))
    np.testing.assert_array_equal(found, [[3, 4], [0, 0], [1, 2], [0, 0], [0, 0], [3, 4]])


@pytest.mark.parametrize(
    ("present", "share"),
    [
        ((0, 0, 0), (0, 0)),
        ((2, 0, 0), (1, 0)),
        ((0, 7, 0), (0, 1)),
        ((2, 7, 0), (1 / 2, 1 / 2)),
        ((7, 99, 0), (0, 1 / 2)),
        ((7, 99, 2), (1 / 3, 1 / 3)),
        ((99, 98, 0), (0, 0)),
    ],
)
def test_whoever_is_present_has_an_equal_share(
    present: tuple[int, ...], share: tuple[float, ...]
) -> None:
    """A stranger's share stays with the household; 0 is nobody."""
    found = side().presence(np.array([present]))
    np.testing.assert_allclose(found, [share])
    np.testing.assert_allclose(side().presence(np.array([present[::-1]])), [share])


def test_knowing_nothing_has_no_columns() -> None:
    """By default there are neither words nor members; rows keep their number."""
    nothing = Side()
    assert nothing.extras == (0, 0)
    assert nothing.text_of(np.array([1, 2, 3])).shape == (3, 0)
    assert nothing.presence(np.array([[1], [0]])).shape == (2, 0)
    assert nothing.presence(np.zeros((4, 0), dtype=np.int64)).shape == (4, 0)
    assert side().extras == (2, 2)
    np.testing.assert_array_equal(side().presence(np.zeros((1, 0), dtype=np.int64)), [[0, 0]])
    assert side().text_of(np.zeros(0, dtype=np.int64)).shape == (0, 2)
