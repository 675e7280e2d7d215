"""Every family is known by a name, fitted to a lesson, and asked in one way."""

import numpy as np
import pytest
from scipy.special import expit

from app.backend.features.encode import Floats
from app.backend.features.family import Constant
from app.backend.features.rules import default_rules
from app.backend.learning.boosted import BoostedClassifier, BoostedConfig
from app.backend.learning.families import (
    ADDITIVE_NAME,
    BASE_RATE,
    BLEND,
    BOOSTED,
    CANDIDATES,
    CROSSED_NAME,
    FAMILIES,
    GLMIX,
    RULES,
    BaseRate,
    Fitted,
    Lesson,
    fit_family,
    logit_of,
)
from app.backend.learning.mixed import ADDITIVE, CROSSED, MIXED, MixedClassifier, MixedConfig
from tests.tables import make_table


def lesson(rows: int, seed: int = 3) -> Lesson:
    """Return rows to learn from."""
    table = make_table(rows, seed=7)
    return Lesson(table.X, table.y, table.pair, table.columns, seed)


class Sure:
    """Is certain of everything."""

    predictor_ = Constant(make_table(0).columns, 0.0)

    def predict_proba(self, X: Floats) -> Floats:
        """Return 1 for the first half of rows, 0 for the others."""
        positive = (np.arange(len(X)) < len(X) / 2).astype(np.float64)
        return np.column_stack([1.0 - positive, positive])

    def config_record(self) -> dict[str, object]:
        """Return no hyperparameters."""
        return {}


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != BLEND])
@pytest.mark.parametrize("rows", [0, 30])
def test_every_family_answers_from_no_row_on(name: str, rows: int) -> None:
    """Two finite probabilities a row that add up to one."""
    X = make_table(9).X
    p = fit_family(name, lesson(rows)).predict_proba(X)
    assert p.shape == (9, 2)
    assert np.isfinite(logit_of(fit_family(name, lesson(rows)), X)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


@pytest.mark.parametrize("rows", [0, 1, 40])
def test_the_base_rate_is_laplaces(rows: int) -> None:
    """(positives + 1) / (n + 2), whatever the row."""
    part = lesson(rows)
    rate = (part.y.sum() + 1) / (rows + 2)
    found = fit_family(BASE_RATE, part)
    assert isinstance(found, BaseRate)
    np.testing.assert_allclose(found.predict_proba(make_table(5).X), [[1 - rate, rate]] * 5)


def test_the_rules_learn_from_no_row() -> None:
    """Whatever was fed back, they answer what they score, less sure than the score alone."""
    X = make_table(50).X
    p = fit_family(RULES, lesson(200)).predict_proba(X)
    np.testing.assert_array_equal(p, fit_family(RULES, lesson(0)).predict_proba(X))
    columns = lesson(0).columns
    score = X[:, list(columns.rules)] @ np.array(default_rules().trust)
    assert (np.argsort(p[:, 1]) != np.argsort(-score)).any()
    assert ((p[:, 1] > 0.5) == (score > 0)).all()
    assert (np.abs(p[:, 1] - 0.5) <= np.abs(expit(score) - 0.5)).all()


@pytest.mark.parametrize(
    ("name", "config"), [(GLMIX, MIXED), (CROSSED_NAME, CROSSED), (ADDITIVE_NAME, ADDITIVE)]
)
def test_mixed_families_have_their_own_config_unless_told(name: str, config: MixedConfig) -> None:
    """Settings of the right kind replace the config; others are not theirs."""
    model = fit_family(name, lesson(20))
    assert isinstance(model, MixedClassifier)
    assert (model.config, model.seed) == (config, 3)
    other = MixedConfig(groups=("intercept",), choosing="none")
    tuned = fit_family(name, lesson(20), other)
    assert isinstance(tuned, MixedClassifier)
    assert tuned.config == other
    foreign = fit_family(name, lesson(20), BoostedConfig())
    assert isinstance(foreign, MixedClassifier)
    assert foreign.config == config


def test_trees_take_their_settings() -> None:
    """A tuned config is the one that is grown."""
    model = fit_family(BOOSTED, lesson(40), BoostedConfig(few_rounds=3))
    assert isinstance(model, BoostedClassifier)
    assert model.rounds_ == 3


def test_log_odds_keep_away_from_certainty() -> None:
    """A probability of 0 or 1 is a millionth away from it."""
    certain: Fitted = Sure()
    logit = logit_of(certain, make_table(4).X)
    np.testing.assert_allclose(logit, np.log(1e6 - 1) * np.array([1, 1, -1, -1]))
    fitted = fit_family(GLMIX, lesson(60))
    X = make_table(30).X
    np.testing.assert_allclose(expit(logit_of(fitted, X)), fitted.predict_proba(X)[:, 1])


def test_a_part_of_a_lesson_has_its_rows_and_seed() -> None:
    """Rows, labels and units are cut alike."""
    whole = lesson(30)
    rows = np.array([4, 2, 29])
    part = whole.part(rows)
    np.testing.assert_array_equal(part.X, whole.X[rows])
    np.testing.assert_array_equal(part.y, whole.y[rows])
    np.testing.assert_array_equal(part.unit, whole.unit[rows])
    assert (part.columns, part.seed) == (whole.columns, whole.seed)


def test_candidates_are_families_and_the_default_comes_first() -> None:
    """What may be chosen to answer is some of what can be compared; the blend is made of them."""
    assert set(CANDIDATES) < set(FAMILIES)
    assert CANDIDATES[0] == GLMIX
    assert BLEND in FAMILIES
    assert not {BASE_RATE, RULES, ADDITIVE_NAME, BLEND} & set(CANDIDATES)
