"""Boosted trees keep the contract of a family over a table, and start from the rules."""

import sys

import numpy as np
import pytest

from app.backend.domain.errors import ExtraMissing
from app.backend.features.rules import default_rules
from app.backend.features.table_trees import TableTrees
from app.backend.learning.boosted import BoostedClassifier, BoostedConfig
from tests.contracts.table_family import FamilyCase, TableFamilySuite
from tests.tables import make_table


class TestBoosted(TableFamilySuite):
    """The contract."""

    case = FamilyCase(
        BoostedClassifier,
        BoostedConfig(rounds=60),
        (
            lambda: BoostedConfig(learning_rate=0.0),
            lambda: BoostedConfig(learning_rate=float("nan")),
            lambda: BoostedConfig(rounds=0),
            lambda: BoostedConfig(few_rounds=0),
            lambda: BoostedConfig(few_rows=-1),
            lambda: BoostedConfig(num_leaves=1),
            lambda: BoostedConfig(num_leaves=513),
            lambda: BoostedConfig(most_rounds=10_001),
            lambda: BoostedConfig(min_child_samples=0),
            lambda: BoostedConfig(reg_lambda=-1.0),
            lambda: BoostedConfig(reg_lambda=float("inf")),
            lambda: BoostedConfig(colsample=1.5),
            lambda: BoostedConfig(subsample=0.0),
            lambda: BoostedConfig(prior=0.0),
            lambda: BoostedConfig(folds=1),
        ),
    )


def test_few_rows_leave_the_rules_and_the_base_rate() -> None:
    """Where no leaf can be filled, titles keep the order that the rules give them."""
    table = make_table(8, seed=3)
    assert 0 < table.y.sum() < 8
    p = BoostedClassifier(table.columns).fit(table.X, table.y).predict_proba(table.X)[:, 1]
    score = table.X[:, list(table.columns.rules)] @ np.array(default_rules().trust)
    np.testing.assert_allclose(p.mean(), (table.y.sum() + 1) / 10, atol=1e-9)
    np.testing.assert_array_equal(np.argsort(p), np.argsort(score))


def test_trees_are_counted_by_rows() -> None:
    """Few rows have a small fixed number of trees, more a larger, many as many as pay."""
    config = BoostedConfig(few_rounds=7, rounds=11, most_rounds=40, patience=5)
    counts = []
    for rows in (100, 300, 1_500):
        table = make_table(rows)
        model = BoostedClassifier(table.columns, config).fit(table.X, table.y, unit=table.pair)
        counts.append(model.rounds_)
        assert isinstance(model.predictor_, TableTrees)
        assert len(model.predictor_.forest.root) == model.rounds_ + 1
    assert counts[:2] == [7, 11]
    assert 11 < counts[2] <= 40


def test_trees_stop_where_nothing_is_to_be_learnt() -> None:
    """Of many rows of pure chance hardly a tree is grown."""
    table = make_table(1_500, effect=0.0)
    model = BoostedClassifier(table.columns).fit(table.X, table.y, unit=table.pair)
    assert model.rounds_ < 40


@pytest.mark.parametrize("reason", ["no package", "no library"])
def test_missing_lightgbm_is_a_named_error(
    reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Without LightGBM, or without the library of its threads, fitting says what to install."""
    broken = tmp_path_factory.mktemp("broken") / "lightgbm.py"
    error = "ImportError('x')" if reason == "no package" else "OSError('libgomp.so.1')"
    broken.write_text(f"raise {error}\n", encoding="utf-8")
    monkeypatch.delitem(sys.modules, "lightgbm", raising=False)
    monkeypatch.syspath_prepend(str(broken.parent))
    table = make_table(50)
    with pytest.raises(ExtraMissing, match="libgomp"):
        BoostedClassifier(table.columns).fit(table.X, table.y)


def test_trees_that_foretell_nothing_are_distrusted() -> None:
    """The sum of the trees counts for little where rows held out show that it is chance."""
    chance, truth = make_table(400, effect=0.0), make_table(400)
    one, other = (
        BoostedClassifier(table.columns).fit(table.X, table.y, unit=table.pair).temperature_
        for table in (chance, truth)
    )
    assert one < 0.5
    assert other > 0.8
