"""The mixed model over a table keeps the contract of a family, and knows what it has not seen."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.special import expit

from app.backend.features.rules import default_rules
from app.backend.features.table import Table
from app.backend.features.table_mixed import Precise, TableMixed
from app.backend.learning.metrics import log_losses
from app.backend.learning.mixed import (
    ADDITIVE,
    CROSSED,
    MIXED,
    MixedClassifier,
    MixedConfig,
)
from tests.contracts.table_family import FamilyCase, TableFamilySuite, evenings
from tests.tables import make_table, table_columns, true_logit

REFUSED: tuple[Callable[[], object], ...] = (
    lambda: MixedConfig(groups=()),
    lambda: MixedConfig(groups=("intercept", "unheard of")),
    lambda: MixedConfig(folds=1),
    lambda: MixedConfig(least_rows_to_choose=0),
    lambda: MixedConfig(widening=0.0),
    lambda: MixedConfig(widening=float("nan")),
    lambda: MixedConfig(widening=float("inf")),
)


class MixedSuite(TableFamilySuite):
    """The contract, but for one class: the prior says more of it than the smoothed base rate."""

    @pytest.mark.parametrize("label", [0, 1])
    @pytest.mark.parametrize("rows", [0, 1, 2, 70])
    def test_one_class_is_answered_by_the_smoothed_base_rate(self, rows: int, label: int) -> None:
        """Where every row agrees the model follows them, the more the more there are."""
        X = make_table(rows, seed=1).X
        p = self.case.make().fit(X, np.full(rows, label)).predict_proba(evenings().X)[:, 1]
        half = self.case.make().fit(X[: rows // 2], np.full(rows // 2, label))
        before = half.predict_proba(evenings().X)[:, 1]
        assert ((p > 0.0) & (p < 1.0)).all()
        assert rows == 0 or (p.mean() > before.mean()) == bool(label)


class TestMixed(MixedSuite):
    """The default."""

    case = FamilyCase(MixedClassifier, replace(MIXED, folds=2), REFUSED)


class TestCrossed(MixedSuite):
    """With one factor for all variances."""

    case = FamilyCase(MixedClassifier, replace(CROSSED, folds=2), REFUSED)

    def test_it_learns_what_each_member_likes_in_each_mood(self) -> None:
        """Its own config, too, learns what each member likes in each mood."""
        assert _gained(CROSSED) > 0.5


class TestAdditive(MixedSuite):
    """Without anyone's own effects, and nothing chosen."""

    case = FamilyCase(MixedClassifier, ADDITIVE, REFUSED)

    def test_it_learns_what_each_member_likes_in_each_mood(self) -> None:
        """It cannot: it knows no members."""
        assert _gained(ADDITIVE) < 0.2

    @pytest.mark.parametrize("rows", [30, 200])
    def test_noise_is_hardly_learnt(self, rows: int) -> None:
        """With priors as wide as a plain regression's, it learns more noise than the others."""
        assert np.mean([self._lost(rows, seed) for seed in range(4)]) < 0.1


def _gained(config: MixedConfig) -> float:
    """Return the share of what could be foretold of later rows that is."""
    past, future = make_table(1_500, seed=5), make_table(1_000, seed=6)
    model = MixedClassifier(past.columns, config).fit(past.X, past.y, unit=past.pair)
    base = log_losses(np.full(1_000, past.y.mean()), future.y).mean()
    best = log_losses(expit(true_logit(future.X)), future.y).mean()
    found = log_losses(model.predict_proba(future.X)[:, 1], future.y).mean()
    return float((base - found) / (base - best))


@cache
def model(rows: int, config: MixedConfig = MIXED) -> MixedClassifier:
    """Return a model of the first rows of a table."""
    table = past()
    return MixedClassifier(table.columns, config).fit(
        table.X[:rows], table.y[:rows], unit=table.pair[:rows]
    )


@cache
def past() -> Table:
    """Return feedback to learn from."""
    return make_table(400, seed=5)


def test_below_200_rows_nothing_is_chosen() -> None:
    """Variances are those assumed, and promises are averaged over the belief: less sure of it."""
    few, X = model(199), evenings().X
    assert few.chosen_ is None
    np.testing.assert_allclose(few.variance_, [group.deviation**2 for group in few.layout_.groups])
    moments = few.moments(X)
    p = few.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(p, moments.probability)
    assert (np.abs(p - 0.5) < np.abs(expit(moments.mean) - 0.5)).all()


def test_from_200_rows_on_variances_and_a_temperature_are_chosen() -> None:
    """Promises are the logit times the temperature, whatever the doubt."""
    many, X = model(200, replace(MIXED, folds=2)), evenings().X
    chosen = many.chosen_
    assert chosen is not None
    np.testing.assert_array_equal(many.variance_, chosen.variance)
    expected = expit(chosen.temperature * many.moments(X).mean)
    np.testing.assert_allclose(many.predict_proba(X)[:, 1], expected)
    np.testing.assert_array_equal(many.held_out_, np.arange(200))


def test_rows_of_one_unit_alone_leave_nothing_to_choose_by() -> None:
    """Held out together, they would be foretold from nothing: the assumed variances stay."""
    table = past()
    alone = MixedClassifier(table.columns).fit(table.X, table.y, unit=np.zeros(400, dtype=np.int64))
    assert alone.chosen_ is None


def test_one_factor_for_all_keeps_the_ratios() -> None:
    """Choosing together, variances are those assumed times one number."""
    found = model(400, replace(CROSSED, folds=2))
    factor = found.variance_ / np.square([group.deviation for group in found.layout_.groups])
    np.testing.assert_allclose(factor, factor[0])


def test_variances_assumed_are_widened() -> None:
    """What all are multiplied by is in the config."""
    found = model(400, ADDITIVE)
    assert found.chosen_ is None
    expected = [ADDITIVE.widening * group.deviation**2 for group in found.layout_.groups]
    np.testing.assert_allclose(found.variance_, expected)


def test_without_rows_the_rules_speak_or_nobody() -> None:
    """The mean is the rules' score where learning starts from them, and 0 where it does not."""
    X, columns = evenings().X, table_columns()
    score = X[:, list(columns.rules)] @ np.array(default_rules().trust)
    np.testing.assert_allclose(model(0).moments(X).mean, score)
    assert not model(0, CROSSED).moments(X).mean.any()


def answering(belief: str) -> TableMixed:
    """Return what 150 rows taught, with the doubt computed in either way."""
    fitted = model(150)
    if belief == "exact":
        return fitted.predictor_
    return replace(fitted.predictor_, belief=Precise(fitted.mode_.precision))


@pytest.mark.parametrize("belief", ["exact", "diagonal"])
def test_whoever_was_never_seen_is_doubted_more(belief: str) -> None:
    """A new member, a new title and both have more variance, be it exact or its diagonal."""
    columns, X = table_columns(), past().X[:150]
    known = answering(belief).moments(X).variance
    stranger, premiere = X.copy(), X.copy()
    stranger[:, columns.member], premiere[:, columns.title] = 99, 99
    both = stranger.copy()
    both[:, columns.title] = 99
    for changed in (stranger, premiere, both):
        assert answering(belief).moments(changed).variance.mean() > known.mean()
    assert (answering(belief).moments(both).variance > known).mean() > 0.95


def test_the_exact_variance_is_near_the_diagonals() -> None:
    """Coefficients that share rows are known about as well as each by itself."""
    X = past().X[:150]
    exact, diagonal = (answering(belief).moments(X).variance for belief in ("exact", "diagonal"))
    assert 0.2 < np.mean(diagonal / exact) < 5.0


def test_the_watch_hears_every_trial() -> None:
    """Trials are told in order with their loss; where nothing is chosen it hears nothing."""
    told: list[int] = []
    table, config = past(), replace(CROSSED, folds=2)
    found = MixedClassifier(table.columns, config).fit(
        table.X, table.y, watch=lambda trials, _loss: told.append(trials)
    )
    assert found.chosen_ is not None
    assert told == list(range(1, found.chosen_.trials + 1))
    told.clear()
    MixedClassifier(table.columns, ADDITIVE).fit(
        table.X, table.y, watch=lambda trials, _loss: told.append(trials)
    )
    assert not told
