"""Splits never let the future train, and never tear a slate."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.errors import LeakageFound
from app.backend.features.encode import Codes
from app.backend.learning.splits import (
    BLOCKS,
    FIRST_TEST_SHARE,
    refuse_leakage,
    rolling_blocks,
    split_by_time,
)

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


@settings(deadline=None)
@given(SLATES)
def test_each_row_is_in_one_of_three_parts(slate: Codes) -> None:
    """Train, validation and test are all rows, each once and in order, with whole slates."""
    split = split_by_time(slate)
    parts = (split.train, split.validation, split.test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(slate)))
    assert all((np.diff(part) > 0).all() for part in parts)
    slates = [set(slate[part].tolist()) for part in parts]
    assert not any(one & other for one in slates for other in slates if one is not other)


@settings(deadline=None)
@given(SLATES)
def test_a_later_part_is_later(slate: Codes) -> None:
    """Each slate began after all slates of the parts before; so nothing is refused."""
    split = split_by_time(slate)
    parts = (split.train, split.validation, split.test)
    start = begun(slate)
    begins = [start[part] for part in parts if len(part)]
    assert all(earlier.max() < later.min() for earlier, later in pairwise(begins))
    refuse_leakage(slate, parts)


def test_a_hundred_slates_are_sixty_twenty_twenty() -> None:
    """The shares are of slates, however many rows each has."""
    split = split_by_time(np.repeat(np.arange(100), 3))
    assert [len(part) for part in (split.train, split.validation, split.test)] == [180, 60, 60]


@pytest.mark.parametrize(
    "parts",
    [((0, 2), (1, 3)), ((0, 1), (1, 2, 3)), ((2, 3), (0, 1)), ((0, 3), (), (1, 2))],
    ids=str,
)
def test_parts_that_overlap_in_time_are_refused(parts: tuple[tuple[int, ...], ...]) -> None:
    """A slate in two parts, one that began earlier, or parts the wrong way round."""
    with pytest.raises(LeakageFound):
        refuse_leakage(np.arange(4), [np.array(part, dtype=np.int64) for part in parts])


def test_rows_of_one_slate_are_not_torn_apart() -> None:
    """Not even where the rows themselves are in order."""
    torn = [np.array([0, 1]), np.array([2, 3])]
    with pytest.raises(LeakageFound):
        refuse_leakage(np.array([7, 8, 8, 9]), torn)


def test_a_split_is_known_by_its_fingerprint() -> None:
    """The same rows in the same parts have it; another row, or another part, has another."""
    slate, ids = np.arange(10), np.arange(100, 110)
    record = split_by_time(slate).record(ids)
    assert (record["train"], record["validation"], record["test"]) == (6, 2, 2)
    assert split_by_time(slate * 5).record(ids) == record
    shifted = split_by_time(np.array([0, 0, 0, 0, 0, 1, 2, 3, 4, 5])).record(ids)
    renamed = split_by_time(slate).record(ids + 1)
    assert len({one["fingerprint"] for one in (record, shifted, renamed)}) == 3
