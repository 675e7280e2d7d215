"""Which rows a report learns from and which it asks about, in one of five ways."""

from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from app.backend.domain.errors import InvalidInput
from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes
from app.backend.features.table import Table

Split: TypeAlias = Literal["time", "member-time", "pairs", "members", "random"]
Partition: TypeAlias = tuple[Codes, Codes]

SPLITS: Final[tuple[Split, ...]] = get_args(Split)
FOLDS: Final = 5
MOST_FOLDS: Final = 20
# The last fifth is asked about; who has fewer rows than that has no last fifth.
PARTS: Final = 5


def partitions(table: Table, split: Split, folds: int, seed: int) -> list[Partition]:
    """Return the rows that train and those that test, for each fold.

    Parameters
    ----------
    table : Table
    split : str
        `time`: the last 20 % of all rows test. `member-time`: of each member with at least five
        rows, their last 20 %. `pairs`, `members`, `random`: folds of whole pairs of a member and a
        title, of whole members, of rows.
    folds : int
        Of no meaning for the two splits by time, which have one.
    seed : int

    Raises
    ------
    InvalidInput
        Where the rows cannot be split like that.
    """
    if split == "time":
        return [_by_time(table)]
    if split == "member-time":
        return [_by_member_time(table)]
    if split == "random":
        return _in_folds(np.arange(len(table.y), dtype=np.int64), split, folds, seed)
    return _in_folds(table.pair if split == "pairs" else table.member, split, folds, seed)


def usual_split(table: Table) -> Split:
    """Return the split that asks what serving asks: what comes next, if it is known what does."""
    _, rows = np.unique(table.member, return_counts=True)
    return "member-time" if table.has_moments and (rows >= PARTS).any() else "pairs"


def _by_time(table: Table) -> Partition:
    _insist_on_moments(table, "time")
    order = np.argsort(table.moment, kind="stable")
    if len(order) < 2:
        raise InvalidInput("One row cannot be split; bring at least two.")
    tested = max(len(order) // PARTS, 1)
    return np.sort(order[:-tested]), np.sort(order[-tested:])


def _by_member_time(table: Table) -> Partition:
    _insist_on_moments(table, "member-time")
    member = table.member
    order = np.lexsort((table.moment, member))
    _, first, count = np.unique(member[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(first, count)
    is_tested = rank >= np.repeat(count - count // PARTS, count)
    if not is_tested.any():
        raise InvalidInput(
            f"No member has {PARTS} rows, so nobody has a last fifth to test on; "
            "choose --split time or --split pairs."
        )
    return np.sort(order[~is_tested]), np.sort(order[is_tested])


def _in_folds(unit: Codes, split: Split, folds: int, seed: int) -> list[Partition]:
    _, number = np.unique(unit, return_inverse=True)
    units = int(number.max(initial=-1)) + 1
    if not 2 <= folds <= MOST_FOLDS:
        raise InvalidInput(f"There can be 2 to {MOST_FOLDS} folds, not {folds}; choose --folds.")
    if folds > units:
        word = "rows" if split == "random" else split
        raise InvalidInput(
            f"{units} {word} cannot be in {folds} folds; choose fewer with --folds, "
            "another --split, or bring more data."
        )
    fold = (generator(seed).permutation(units) % folds)[number]
    return [(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in range(folds)]


def _insist_on_moments(table: Table, split: Split) -> None:
    if not table.has_moments:
        raise InvalidInput(
            f"--split {split} needs a time for every row; add the column shown_at, or choose "
            "--split pairs, members or random."
        )
