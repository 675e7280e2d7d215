"""What is held out is whole units, each once, and the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.learning.folds import ONE_FOLD_FROM, hold_out

UNITS = st.lists(st.integers(-5, 30), max_size=60)


@settings(deadline=None)
@given(UNITS, st.integers(2, 6), st.integers(0, 2**53 - 1))
def test_every_row_is_held_out_once_and_units_stay_together(
    units: list[int], folds: int, seed: int
) -> None:
    """Each row has the fold of its unit; folds hold as many units as each other, or one less."""
    fold = hold_out(np.array(units, dtype=np.int64), folds, seed)
    assert fold.dtype == np.int64
    assert ((fold >= 0) & (fold < folds)).all()
    of_unit = dict(zip(units, fold.tolist(), strict=True))
    assert [of_unit[unit] for unit in units] == fold.tolist()
    sizes = np.bincount(list(of_unit.values()), minlength=folds)
    assert np.ptp(sizes) <= 1


@settings(deadline=None, max_examples=20)
@given(UNITS, st.integers(0, 2**53 - 1))
def test_the_same_seed_gives_the_same_folds(units: list[int], seed: int) -> None:
    """Drawn twice they are the same, whatever numbers the units go by."""
    unit = np.array(units, dtype=np.int64)
    np.testing.assert_array_equal(hold_out(unit, 4, seed), hold_out(unit, 4, seed))
    np.testing.assert_array_equal(hold_out(unit, 4, seed), hold_out(unit * 1_000 + 7, 4, seed))


def test_another_seed_gives_other_folds() -> None:
    """Chance is the seed's."""
    unit = np.arange(200)
    assert (hold_out(unit, 4, 1) != hold_out(unit, 4, 2)).any()


@pytest.mark.parametrize("rows", [ONE_FOLD_FROM - 1, ONE_FOLD_FROM, ONE_FOLD_FROM + 1])
def test_many_rows_need_one_fold(rows: int) -> None:
    """From 20 000 rows on only fold 0 is held out, the one that fewer rows would have had."""
    unit = np.arange(rows) // 3
    fold = hold_out(unit, 4, 9)
    wanted = {0, 1, 2, 3} if rows < ONE_FOLD_FROM else {0, -1}
    assert set(fold.tolist()) == wanted
    assert (fold == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert all(len(set(fold[at : at + 3].tolist())) == 1 for at in range(0, rows - 2, 300))


def test_fold_0_is_the_same_for_few_rows_and_many() -> None:
    """Which units are in it goes by their number alone."""
    units = 5_000
    few, many = np.arange(units), np.arange(units).repeat(5)
    np.testing.assert_array_equal(hold_out(few, 4, 3).repeat(5) == 0, hold_out(many, 4, 3) == 0)
