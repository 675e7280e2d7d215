"""Splits never let the future train, and never tear a slate."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.features.encode import Codes
from app.backend.learning.splits import BLOCKS, FIRST_TEST_SHARE, rolling_blocks

SLATES = st.lists(st.integers(-3, 60), max_size=120).map(lambda ids: np.array(ids, dtype=np.int64))


def begun(slate: Codes) -> Codes:
    """Return for each row where its slate began."""
    return np.array([np.flatnonzero(slate == one)[0] for one in slate], dtype=np.int64)


@settings(deadline=None)
@given(SLATES)
def test_no_slate_is_in_both_parts(slate: Codes) -> None:
    """What shares a slate trains together or is tested together."""
    for block in rolling_blocks(slate):
        assert not set(slate[block.train]) & set(slate[block.test])


@settings(deadline=None)
@given(SLATES)
def test_what_is_tested_is_later(slate: Codes) -> None:
    """Each tested slate began after every slate that trained, and all earlier ones trained."""
    start = begun(slate)
    for block in rolling_blocks(slate):
        assert len(block.train)
        assert len(block.test)
        assert start[block.test].min() > start[block.train].max()
        earlier = np.flatnonzero(start < start[block.test].min())
        np.testing.assert_array_equal(block.train, earlier)


@settings(deadline=None)
@given(SLATES)
def test_blocks_cover_the_later_slates_once(slate: Codes) -> None:
    """Together the tests are the slates after the first two in five, each row once, in order."""
    order = list(dict.fromkeys(slate.tolist()))
    first_tested = max(1, -(-len(order) * round(FIRST_TEST_SHARE * 10) // 10))
    later = set(order[first_tested:])
    tested = [row for block in rolling_blocks(slate) for row in block.test]
    assert sorted(tested) == [row for row, one in enumerate(slate) if one in later]
    assert all((np.diff(block.test) > 0).all() for block in rolling_blocks(slate))


@settings(deadline=None)
@given(SLATES)
def test_the_names_of_slates_do_not_matter(slate: Codes) -> None:
    """Only the order of rows decides, and it decides the same each time."""
    renamed = 1_000 - 7 * slate
    for one, other in zip(rolling_blocks(slate), rolling_blocks(renamed), strict=True):
        np.testing.assert_array_equal(one.train, other.train)
        np.testing.assert_array_equal(one.test, other.test)


def test_fewer_than_two_slates_have_no_later_one() -> None:
    """Nothing, one row, or one slate of several rows cannot be split."""
    for slate in ([], [4], [4, 4, 4]):
        assert rolling_blocks(np.array(slate, dtype=np.int64)) == []


def test_two_slates_are_one_block() -> None:
    """The first trains and the second tests."""
    (block,) = rolling_blocks(np.array([9, 9, 2]))
    assert (block.train.tolist(), block.test.tolist()) == ([0, 1], [2])


def test_many_slates_are_blocks_of_one_size() -> None:
    """A hundred slates are tested twelve at a time, after the first forty."""
    blocks = rolling_blocks(np.arange(100))
    assert len(blocks) == BLOCKS
    assert [len(block.test) for block in blocks] == [12] * 5
    assert [len(block.train) for block in blocks] == [40, 52, 64, 76, 88]


def test_a_verdict_that_changed_later_stays_with_its_slate() -> None:
    """A late row of an early slate trains; it is not tested among the late ones."""
    slate = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1])
    for block in rolling_blocks(slate):
        assert 10 in block.train
