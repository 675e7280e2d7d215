"""Tuning tries the default first, so that what it returns predicts rows held out no worse."""

import sys
from functools import cache

import numpy as np
import pytest

from app.backend.domain.errors import ExtraMissing
from app.backend.learning.boosted import BoostedClassifier, BoostedConfig
from app.backend.learning.families import Lesson, logit_of
from app.backend.learning.folds import hold_out
from app.backend.learning.metrics import log_losses
from app.backend.learning.tuning import tuned_boosting
from tests.tables import make_table

ROWS = 160
TRIALS = 4


@cache
def lesson(seed: int = 1) -> Lesson:
    """Return rows of a world to tune on."""
    table = make_table(ROWS, seed=8)
    return Lesson(table.X, table.y, table.pair, table.columns, seed)


def folds() -> np.ndarray:
    """Return two folds of its pairs."""
    return hold_out(lesson().unit, 2, 1)


@cache
def tuned(seed: int = 1) -> BoostedConfig:
    """Return what a few trials find."""
    return tuned_boosting(lesson(seed), folds(), TRIALS)


def score(config: BoostedConfig) -> float:
    """Return the log loss on rows held out, as the mean of the folds'."""
    losses, fold = [], folds()
    for number in range(2):
        out = np.flatnonzero(fold == number)
        rest = lesson().part(np.flatnonzero(fold != number))
        model = BoostedClassifier(rest.columns, config, rest.seed)
        model.fit(rest.X, rest.y, unit=rest.unit)
        p = 1.0 / (1.0 + np.exp(-logit_of(model, lesson().X[out])))
        losses.append(log_losses(p, lesson().y[out]).mean())
    return float(np.mean(losses))


def test_what_is_tuned_is_never_worse_than_the_default() -> None:
    """On the rows held out: the default is among those that are tried."""
    assert score(tuned()) <= score(BoostedConfig()) + 1e-9


def test_a_single_trial_is_the_default() -> None:
    """It is the first that is tried."""
    assert tuned_boosting(lesson(), folds(), 1) == BoostedConfig()


def test_the_same_seed_finds_the_same() -> None:
    """Trials are counted, not timed; another seed may try others."""
    assert tuned_boosting(lesson(), folds(), TRIALS) == tuned()


def test_what_is_not_tuned_stays_as_it_is() -> None:
    """Rounds, patience and the like are the default's."""
    default, found = BoostedConfig(), tuned()
    for name in ("rounds", "few_rounds", "most_rounds", "patience", "subsample", "folds"):
        assert getattr(found, name) == getattr(default, name)


def test_rows_that_no_fold_holds_out_are_only_learnt_from() -> None:
    """One fold among rows that are never held out is enough."""
    fold = np.where(folds() == 0, 0, -1)
    assert isinstance(tuned_boosting(lesson(), fold, 2), BoostedConfig)


@pytest.mark.parametrize("package", ["optuna", "lightgbm"])
def test_a_missing_library_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Optuna or LightGBM there is a named error that says what is missing."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExtraMissing) as caught:
        tuned_boosting(lesson(), folds(), 1)
    assert caught.value.message.endswith(".")
