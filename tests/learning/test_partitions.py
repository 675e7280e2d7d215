"""Rows are split by time, by member, by pair or by chance; every row has its place."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.errors import InvalidInput
from app.backend.features.table import Columns, Table
from app.backend.learning.partitions import (
    MOST_FOLDS,
    SPLITS,
    Split,
    partitions,
    usual_split,
)

COLUMNS = Columns(0, 1, (), (), (), (), ("member", "title"))


def table(
    member: Sequence[int], title: Sequence[int], moment: Sequence[int] | None = None
) -> Table:
    """Return a table that holds no more than a split needs."""
    X = np.array([member, title], dtype=np.float64).T.reshape(-1, 2)
    when = np.array(moment if moment is not None else range(len(member)), dtype=np.int64)
    return Table(X, np.zeros(len(member), np.int64), COLUMNS, when, moment is not None)


def test_the_last_fifth_of_all_rows_tests() -> None:
    """By time, whoever's; rows of one moment keep the order of the file."""
    moment = [5, 1, 2, 3, 4, 9, 9, 9, 0, 6]
    ((train, test),) = partitions(table([1] * 10, [1] * 10, moment), "time", 5, 0)
    assert test.tolist() == [6, 7]
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 8, 9]


def test_each_members_last_fifth_tests() -> None:
    """A member with fewer than five rows only trains."""
    member = [1] * 10 + [2] * 4 + [3] * 5
    moment = [*range(10, 0, -1), *range(4), 1, 2, 9, 3, 4]
    ((train, test),) = partitions(table(member, range(19), moment), "member-time", 5, 0)
    assert test.tolist() == [0, 1, 16]
    assert len(train) == 16


@pytest.mark.parametrize("split", ["time", "member-time"])
def test_without_times_there_is_no_split_by_time(split: Split) -> None:
    """The error says what to do."""
    with pytest.raises(InvalidInput, match="shown_at"):
        partitions(table([1] * 9, range(9)), split, 5, 0)


def test_nobody_with_five_rows_has_no_last_fifth() -> None:
    """The error names other splits."""
    with pytest.raises(InvalidInput, match="--split pairs"):
        partitions(table([1, 2, 3], [1, 1, 1], [1, 2, 3]), "member-time", 5, 0)


def test_one_row_cannot_be_split() -> None:
    """A row to test on and a row to learn from are two."""
    with pytest.raises(InvalidInput):
        partitions(table([1], [1], [1]), "time", 5, 0)


@pytest.mark.parametrize("folds", [-1, 0, 1, MOST_FOLDS + 1])
def test_the_number_of_folds_is_bounded(folds: int) -> None:
    """One fold would test on nothing or on everything."""
    with pytest.raises(InvalidInput, match="2 to 20"):
        partitions(table([1] * 99, range(99)), "random", folds, 0)


@pytest.mark.parametrize("split", ["pairs", "members", "random"])
def test_there_are_no_more_folds_than_units(split: Split) -> None:
    """The error says how many there are."""
    with pytest.raises(InvalidInput, match="cannot be in 4 folds"):
        partitions(table([1, 2, 3], [1, 2, 3]), split, 4, 0)


def test_the_usual_split_is_by_time_where_there_are_times() -> None:
    """What comes next for each member, if that can be told; else whole pairs."""
    assert usual_split(table([1] * 5, [1] * 5, range(5))) == "member-time"
    assert usual_split(table([1] * 5, [1] * 5)) == "pairs"
    assert usual_split(table([1, 2], [1, 1], [1, 2])) == "pairs"


ROWS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 9)), min_size=40)


@given(ROWS, st.sampled_from(SPLITS), st.integers(2, 5), st.integers(0, 99))
def test_every_row_trains_or_tests_and_units_stay_whole(
    rows: list[tuple[int, int, int]], split: Split, folds: int, seed: int
) -> None:
    """In every fold each row has one place; over the folds each row tests once."""
    member, title, moment = (list(column) for column in zip(*rows, strict=True))
    data = table(member, title, moment)
    try:
        found = partitions(data, split, folds, seed)
    except InvalidInput:
        assert min(len(set(member)), len(set(zip(member, title, strict=True)))) < folds
        return
    for train, test in found:
        assert sorted([*train, *test]) == list(range(len(rows)))
        assert len(train)
        assert len(test)
        units = {"members": data.member, "pairs": data.pair}.get(split)
        if units is not None:
            assert not set(units[train]) & set(units[test])
    if split in ("pairs", "members", "random"):
        assert len(found) == folds
        assert sorted(row for _, test in found for row in test) == list(range(len(rows)))
    again = partitions(data, split, folds, seed)
    assert all((one[1] == other[1]).all() for one, other in zip(found, again, strict=True))
