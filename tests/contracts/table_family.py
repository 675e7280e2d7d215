"""What every family over a table keeps; each family's tests inherit it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone

from app.backend.domain.errors import ArtefactDamaged, FeatureMismatch, InvalidInput
from app.backend.domain.model import Arrays
from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Columns, Table
from app.backend.features.table_blend import Single
from app.backend.learning.metrics import log_losses, roc_auc
from app.backend.registry.record import recorded, restored
from tests.contracts.classifier import damaged
from tests.tables import make_table, table_columns, true_logit

ROWS = 300
UNSEEN = 1_000.0


class Family(Protocol):
    """An estimator over a table's matrix."""

    classes_: Codes
    columns: Columns
    config: Any
    seed: int

    @property
    def predictor_(self) -> Single:
        """All that was learnt."""

    def fit(
        self,
        X: Floats,
        y: Codes,
        sample_weight: Floats | None = None,
        unit: Codes | None = None,
    ) -> Self:
        """Fit to rows."""

    def predict_proba(self, X: Floats) -> Floats:
        """Return P(negative), P(positive)."""

    def predict(self, X: Floats) -> Codes:
        """Return the likelier class."""

    def get_params(self) -> dict[str, Any]:
        """Return the parameters, as scikit-learn asks."""

    def config_record(self) -> dict[str, Any]:
        """Return the hyperparameters as plain values."""


@dataclass(frozen=True)
class FamilyCase:
    """A family, a config of it that is quick, and configs that must be refused."""

    estimator: Callable[..., Family]
    quick: Any
    refused: tuple[Callable[[], object], ...]

    def make(self, seed: int = 0) -> Family:
        """Return the quick estimator."""
        return self.estimator(table_columns(), self.quick, seed)


@cache
def evenings() -> Table:
    """Return feedback with both classes."""
    return make_table(ROWS)


@cache
def fitted(case: FamilyCase) -> Family:
    """Return the family, fitted to the shared rows."""
    table = evenings()
    return case.make().fit(table.X, table.y, unit=table.pair)


@dataclass(frozen=True, eq=False)
class Kept:
    """A record of one predictor."""

    predictor: Single


def opened(said: object, arrays: Arrays) -> Single:
    """Return what was recorded, as a file's reader does."""
    return restored(Kept, json.loads(json.dumps(said)), arrays).predictor


class TableFamilySuite:
    """Inherit, and name the family's case."""

    case: ClassVar[FamilyCase]

    def test_the_default_config_fits(self) -> None:
        """A family can be fitted without choosing anything."""
        table = evenings()
        model = self.case.estimator(table.columns)
        p = model.fit(table.X, table.y).predict_proba(table.X)
        assert model.config == type(self.case.quick)()
        assert p.shape == (ROWS, 2)

    def test_a_config_survives_its_record(self) -> None:
        """The plain values that a report keeps make the same config again."""
        record = self.case.make().config_record()
        assert type(self.case.quick)(**record) == self.case.quick

    def test_nonsense_is_refused(self) -> None:
        """Values out of bounds, infinite or undefined are named errors when the config is made."""
        for make in self.case.refused:
            with pytest.raises(InvalidInput) as caught:
                make()
            assert caught.value.message.endswith(".")

    @pytest.mark.parametrize("rows", [0, 1, 2, 3, 5, 8, 13, 30, 59, 60, 61])
    def test_any_number_of_rows_can_be_learnt_from(self, rows: int) -> None:
        """From no row on there are finite probabilities, never 0 or 1."""
        table = make_table(rows, seed=rows)
        p = self.case.make().fit(table.X, table.y, unit=table.pair).predict_proba(evenings().X)
        assert np.isfinite(p).all()
        assert ((p > 0.0) & (p < 1.0)).all()

    @pytest.mark.parametrize("label", [0, 1])
    @pytest.mark.parametrize("rows", [0, 1, 2, 70])
    def test_one_class_is_answered_by_the_smoothed_base_rate(self, rows: int, label: int) -> None:
        """Where every row agrees, or there is none, P(positive) is (positives + 1) / (n + 2)."""
        X = make_table(rows, seed=1).X
        y = np.full(rows, label)
        p = self.case.make().fit(X, y).predict_proba(evenings().X)
        np.testing.assert_allclose(p[:, 1], (y.sum() + 1) / (rows + 2), rtol=1e-12)

    def test_a_single_exception_does_no_harm(self) -> None:
        """One negative among positives, all in one unit, is learnt from without an error."""
        X = evenings().X
        y = np.ones(ROWS, dtype=np.int64)
        y[7] = 0
        for unit in (np.zeros(ROWS, dtype=np.int64), np.arange(ROWS), np.arange(ROWS) % 2):
            p = self.case.make().fit(X, y, unit=unit).predict_proba(X)
            assert p[:, 1].mean() > 0.9

    def test_probabilities_are_probabilities(self) -> None:
        """Each row has two finite numbers in 0..1 that add up to 1; `predict` agrees with them."""
        model, X = fitted(self.case), evenings().X
        p = model.predict_proba(X)
        assert p.shape == (ROWS, 2)
        assert p.dtype == np.float64
        assert ((p >= 0) & (p <= 1)).all()
        np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(model.predict(X), model.classes_[p.argmax(axis=1)])

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        """Fitting twice gives the same promises to the last bit, and leaves X and y alone."""
        table = evenings()
        before = table.X.tobytes(), table.y.tobytes()
        again = self.case.make().fit(table.X, table.y, unit=table.pair).predict_proba(table.X)
        assert again.tobytes() == fitted(self.case).predict_proba(table.X).tobytes()
        assert (table.X.tobytes(), table.y.tobytes()) == before

    def test_unseen_codes_have_no_effect(self) -> None:
        """All members, titles and words that training never saw are promised the same."""
        X = evenings().X[:1]
        columns, model = table_columns(), fitted(self.case)
        for at in (columns.member, columns.title, *columns.contexts):
            strange = np.repeat(X, 3, axis=0)
            strange[:, at] = (UNSEEN, UNSEEN + 1, 7 * UNSEEN)
            p = model.predict_proba(strange)
            assert np.isfinite(p).all()
            assert np.ptp(p[:, 1]) < 1e-12

    def test_rows_do_not_influence_each_other(self) -> None:
        """A row is promised the same alone as among others; no rows have no probabilities."""
        X, model = evenings().X[:40], fitted(self.case)
        alone = np.vstack([model.predict_proba(row[None]) for row in X])
        np.testing.assert_allclose(alone, model.predict_proba(X), rtol=0, atol=1e-9)
        assert model.predict_proba(X[:0]).shape == (0, 2)
        assert model.predict(X[:0]).shape == (0,)

    def test_a_row_without_weight_counts_for_nothing(self) -> None:
        """Rows of weight 0 could as well not be there."""
        table = evenings()
        weight = (np.arange(ROWS) % 3 > 0).astype(np.float64)
        kept = weight > 0
        weighted = self.case.make().fit(table.X, table.y, weight, table.pair)
        expected = self.case.make().fit(table.X[kept], table.y[kept], unit=table.pair[kept])
        np.testing.assert_array_equal(
            weighted.predict_proba(table.X), expected.predict_proba(table.X)
        )

    def test_weights_are_heeded(self) -> None:
        """Where positives weigh ten times as much, more is promised on the average."""
        table = evenings()
        weight = np.where(table.y == 1, 10.0, 1.0)
        heavy = self.case.make().fit(table.X, table.y, weight).predict_proba(table.X)[:, 1]
        assert heavy.mean() > fitted(self.case).predict_proba(table.X)[:, 1].mean() + 0.1

    def test_what_is_no_row_of_the_table_is_refused(self) -> None:
        """Other widths, NaN, other labels, impossible weights and units are named errors."""
        table, make = evenings(), self.case.make
        spoilt = table.X.copy()
        spoilt[3, 4] = np.nan
        for X in (table.X[:, 1:], table.X[0], spoilt):
            with pytest.raises(FeatureMismatch):
                make().fit(X, table.y)
            with pytest.raises(FeatureMismatch):
                fitted(self.case).predict_proba(X)
        for y, weight, unit in (
            (table.y + 1, None, None),
            (table.y[1:], None, None),
            (table.y, -np.ones(ROWS), None),
            (table.y, None, table.pair[1:]),
        ):
            with pytest.raises(InvalidInput):
                make().fit(table.X, y, weight, unit)

    def test_it_is_an_estimator_like_any_other(self) -> None:
        """scikit-learn's clone and parameters work, and it says when it has learnt nothing yet."""
        twin = clone(fitted(self.case))
        assert set(twin.get_params()) == {"columns", "config", "seed"}
        assert (twin.columns, twin.config) == (table_columns(), self.case.quick)
        with pytest.raises(AttributeError, match="not fitted"):
            twin.predict_proba(evenings().X)

    @pytest.mark.parametrize("rows", [0, 40, ROWS])
    def test_all_that_was_learnt_is_plain_arrays(self, rows: int) -> None:
        """Arrays and JSON alone promise the same to the last bit, without the estimator."""
        table = make_table(rows, seed=3)
        model = self.case.make().fit(table.X, table.y, unit=table.pair)
        said, arrays = recorded(Kept(model.predictor_))
        assert all(array.dtype in (np.float64, np.int64, np.uint8) for array in arrays.values())
        p = opened(said, arrays).probability(evenings().X)
        np.testing.assert_array_equal(p, model.predict_proba(evenings().X)[:, 1])

    def test_damaged_arrays_are_refused(self) -> None:
        """Whatever array is missing, foreign, of another type or size, or not finite: an error."""
        said, arrays = recorded(Kept(fitted(self.case).predictor_))
        taken = []
        for what, bad in damaged(arrays):
            with suppress(ArtefactDamaged):
                opened(said, bad)
                taken.append(what)
        assert not taken

    def test_it_learns_what_each_member_likes_in_each_mood(self) -> None:
        """Later rows of a world with a known answer are foretold far better than by their rate."""
        past, future = make_table(1_500, seed=5), make_table(1_000, seed=6)
        model = self.case.estimator(past.columns).fit(past.X, past.y, unit=past.pair)
        p = model.predict_proba(future.X)[:, 1]
        base = log_losses(np.full(len(p), past.y.mean()), future.y).mean()
        best = log_losses(expit(true_logit(future.X)), future.y).mean()
        assert log_losses(p, future.y).mean() < best + 0.5 * (base - best)
        assert (roc_auc(p, future.y) or 0.0) > 0.8

    @pytest.mark.parametrize("rows", [30, 200])
    def test_noise_is_hardly_learnt(self, rows: int) -> None:
        """Where a coin is tossed, the promises are about as good as the smoothed base rate."""
        lost = [self._lost(rows, seed) for seed in range(4)]
        assert np.mean(lost) < 0.03

    def _lost(self, rows: int, seed: int) -> float:
        """Return how much greater the expected log loss is than that of the base rate."""
        past, future = (make_table(n, seed=s, effect=0.0) for n, s in ((rows, seed), (500, 99)))
        model = self.case.make(seed).fit(past.X, past.y, unit=past.pair)
        p = model.predict_proba(future.X)[:, 1]
        rate = (past.y.sum() + 1) / (rows + 2)
        gain = np.log(p * (1.0 - p)).mean() - np.log(rate * (1.0 - rate))
        return float(-0.5 * gain)
