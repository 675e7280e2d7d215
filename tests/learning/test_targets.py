"""Target statistics tell of rows alike, and never of a row's own unit."""

import numpy as np
import pytest

from app.backend.domain.errors import InvalidInput
from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Table
from app.backend.features.tallies import TargetStatistics
from app.backend.learning.rows import Rows
from app.backend.learning.targets import TargetConfig, learn_targets
from tests.tables import make_table


def rows_of(table: Table, weight: Floats | None = None) -> Rows:
    """Return a table's rows, pairs of member and title kept together."""
    ones = np.ones(len(table.y)) if weight is None else weight
    return Rows(table.X, table.y.astype(np.float64), ones, table.pair)


def learnt(rows: Rows, table: Table, seed: int = 0) -> tuple[TargetStatistics, Floats]:
    """Return what rows teach by default."""
    return learn_targets(rows, table.columns, TargetConfig(), seed)


def column(statistics: TargetStatistics, key: tuple[int, ...]) -> int:
    """Return the column of the smoothed share of a key; the next is its count."""
    return 2 * statistics.keys.index(key)


def test_a_row_never_sees_its_own_unit() -> None:
    """Turning all labels of a unit, whatever they were, changes nothing that its rows are told."""
    table = make_table(200)
    rows = rows_of(table)
    _, before = learnt(rows, table)
    for unit in np.unique(rows.unit)[:40]:
        mine = rows.unit == unit
        turned = Rows(rows.X, np.where(mine, 1.0 - rows.y, rows.y), rows.weight, rows.unit)
        _, after = learnt(turned, table)
        np.testing.assert_array_equal(after[mine], before[mine])
        assert (after[~mine] != before[~mine]).any()


def test_new_rows_are_told_of_all_rows() -> None:
    """The smoothed share of a member is (positives + prior * mean) / (rows + prior)."""
    table = make_table(300, seed=2)
    statistics, _ = learnt(rows_of(table), table)
    at = column(statistics, (table.columns.member,))
    told = statistics.of(table.X)
    mean = (table.y.sum() + 1) / 302
    for member in np.unique(table.member):
        mine = table.member == member
        expected = (table.y[mine].sum() + 4 * mean) / (mine.sum() + 4)
        np.testing.assert_allclose(told[mine, at], expected, rtol=1e-12)
        np.testing.assert_array_equal(told[mine, at + 1], mine.sum())


def test_what_was_never_seen_has_the_mean_of_all() -> None:
    """An unseen member, title or word has a count of 0 and the smoothed base rate."""
    table = make_table(100)
    statistics, _ = learnt(rows_of(table), table)
    strange = table.X[:3].copy()
    strange[:, [table.columns.member, table.columns.title, *table.columns.contexts]] = 500.0
    told = statistics.of(strange)
    np.testing.assert_allclose(told[:, 0::2], statistics.mean)
    np.testing.assert_array_equal(told[:, 1::2], 0.0)


def test_the_keys_are_who_what_and_when() -> None:
    """Each of them alone, member and title in each context, and a member's sets of genres."""
    table = make_table(300)
    statistics, own = learnt(rows_of(table), table)
    whens = [(2,), (3,), (4,), (2, 3, 4)]
    assert statistics.keys == (
        (0,),
        (1,),
        *whens,
        *((0, *when) for when in whens),
        *((1, *when) for when in whens),
        (0, *table.columns.genres),
    )
    assert own.shape == statistics.of(table.X).shape == (300, 2 * len(statistics.keys))


def test_what_does_not_vary_is_no_key() -> None:
    """With one member and one word throughout, neither tells anything."""
    table = make_table(100, members=1)
    table.X[:, [2, 4]] = 1.0
    statistics, _ = learnt(rows_of(table), table)
    assert (0,) not in statistics.keys
    assert all(2 not in key and 4 not in key for key in statistics.keys)
    assert len(set(statistics.keys)) == len(statistics.keys)


def test_a_table_that_says_nothing_has_no_columns() -> None:
    """Where all rows are alike there is no statistic, and that is no error."""
    table = make_table(1)
    for rows in (rows_of(table), rows_of(table.part(np.zeros(0, dtype=np.int64)))):
        statistics, own = learnt(rows, table)
        assert own.shape == (len(rows.y), 0)
        assert statistics.of(table.X).shape == (1, 0)


def test_a_weight_is_a_number_of_repeats() -> None:
    """A row of weight 2 counts like two rows of its unit."""
    table = make_table(150)
    times = 1 + np.arange(150) % 2
    repeated: Codes = np.repeat(np.arange(150), times)
    twice = rows_of(table)
    many = Rows(twice.X[repeated], twice.y[repeated], np.ones(len(repeated)), twice.unit[repeated])
    weighted, _ = learnt(rows_of(table, times.astype(np.float64)), table)
    expected, _ = learnt(many, table)
    np.testing.assert_allclose(weighted.of(table.X), expected.of(table.X), rtol=1e-12)


@pytest.mark.parametrize(("prior", "folds"), [(0.0, 10), (float("nan"), 10), (4.0, 1)])
def test_nonsense_is_refused(prior: float, folds: int) -> None:
    """A prior is positive, and there are two folds or more."""
    with pytest.raises(InvalidInput):
        TargetConfig(prior, folds)
