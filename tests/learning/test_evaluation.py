"""A trial judges every model on rows that it never saw, and says how sure the comparison is."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from app.backend.domain.context import Context, every_context
from app.backend.domain.randomness import generator
from app.backend.domain.runs import ADDITIVE, CHALLENGER, CHAMPION, RULES
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.features.household import Evidence
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import FEATURE_COUNT
from app.backend.learning.classifier import BASELINE, DEFAULT, ContextClassifier
from app.backend.learning.evaluation import (
    Champion,
    Trial,
    hold_trial,
    probability_no_worse,
    requests,
)
from app.backend.learning.metrics import measure
from app.backend.learning.splits import rolling_blocks
from tests.worlds import live, make_world, training_set

ROWS = 60


@cache
def evenings() -> TrainingSet:
    """Return sixty evenings, one verdict each."""
    world = make_world(31, titles=80)
    return training_set(world, live(world, ROWS, 31))


def trial_of(ours: Floats, theirs: Floats, y: Codes, slate: Codes | None = None) -> Trial:
    """Return a trial of two models, made by hand."""
    number = np.arange(len(y))
    return Trial(
        X=np.zeros((len(y), FEATURE_COUNT)),
        y=y,
        slate=number if slate is None else slate,
        request=np.zeros(len(y), dtype=np.int64),
        feedback_id=number,
        p={CHALLENGER: ours, RULES: theirs},
    )


def test_a_trial_covers_the_later_slates() -> None:
    """The tested rows are those of the blocks, with their own columns, in time order."""
    training = evenings()
    trial = hold_trial(Evidence(training), DEFAULT, None)
    tested = np.concatenate([block.test for block in rolling_blocks(training.slate)])
    for name in ("X", "y", "slate", "feedback_id"):
        np.testing.assert_array_equal(getattr(trial, name), getattr(training, name)[tested])
    assert set(trial.p) == {CHALLENGER, RULES, ADDITIVE}
    assert all(p.shape == trial.y.shape and np.isfinite(p).all() for p in trial.p.values())


@pytest.mark.parametrize("number", range(5))
def test_a_trial_never_trains_on_what_it_tests(number: int) -> None:
    """Turning round the labels of a block, and of all after it, changes none of its promises."""
    training = evenings()
    blocks = rolling_blocks(training.slate)
    poisoned = training.y.copy()
    poisoned[blocks[number].test[0] :] ^= 1
    clean = hold_trial(Evidence(training), DEFAULT, None)
    spoilt = hold_trial(Evidence(replace(training, y=poisoned)), DEFAULT, None)
    until = sum(len(block.test) for block in blocks[: number + 1])
    for model in (CHALLENGER, ADDITIVE, RULES):
        np.testing.assert_array_equal(spoilt.p[model][:until], clean.p[model][:until])
    if until < len(clean.y):
        assert np.abs(spoilt.p[CHALLENGER][until:] - clean.p[CHALLENGER][until:]).max() > 0.01


def test_recipes_are_trained_on_what_came_before() -> None:
    """The promises for a block are those of the recipe fitted to all earlier rows."""
    training = evenings()
    block = rolling_blocks(training.slate)[2]
    trial = hold_trial(Evidence(training), DEFAULT, None)
    at = np.isin(trial.feedback_id, training.feedback_id[block.test])
    for model, config in ((CHALLENGER, DEFAULT), (ADDITIVE, BASELINE)):
        fitted = ContextClassifier(config).fit(training.X[block.train], training.y[block.train])
        expected = fitted.predict_proba(training.X[block.test])[:, 1]
        np.testing.assert_allclose(trial.p[model][at], expected, rtol=0, atol=1e-9)


def test_the_rules_answer_without_training() -> None:
    """The rules promise the same whatever was said before."""
    training = evenings()
    trial = hold_trial(Evidence(training), DEFAULT, None)
    np.testing.assert_array_equal(trial.p[RULES], rules_posterior().moments(trial.X).probability)


@pytest.mark.parametrize("until", [0, 40, ROWS])
def test_the_champion_is_silent_on_what_it_has_seen(until: int) -> None:
    """Rows up to the champion's last feedback are not its own; the later ones it answers."""
    training = evenings()
    champion = Champion(rules_posterior(), trained_until=until)
    trial = hold_trial(Evidence(training), DEFAULT, champion)
    seen = trial.feedback_id <= until
    assert np.isnan(trial.p[CHAMPION][seen]).all()
    np.testing.assert_array_equal(trial.p[CHAMPION][~seen], trial.p[RULES][~seen])
    assert (CHAMPION in trial.metrics()) == (not seen.all())


def test_metrics_leave_out_what_was_not_answered() -> None:
    """A model is measured on the rows that it answered, and on no others."""
    champion = Champion(rules_posterior(), trained_until=40)
    trial = hold_trial(Evidence(evenings()), DEFAULT, champion)
    late = trial.feedback_id > 40
    expected = measure(trial.p[RULES][late], trial.y[late], trial.request[late])
    assert trial.metrics()[CHAMPION] == expected
    assert trial.metrics()[RULES].rows == len(trial.y)


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_little_feedback_is_no_error(rows: int) -> None:
    """With fewer rows than blocks there is a small trial, or an empty one."""
    trial = hold_trial(Evidence(evenings().part(np.arange(rows))), DEFAULT, None)
    assert len(trial.y) == (0, 0, 1, 1)[rows]
    assert len(trial.p[CHALLENGER]) == len(trial.y)
    assert bool(trial.metrics()) == bool(len(trial.y))


def test_one_class_trains_what_it_can() -> None:
    """Where all earlier verdicts agree, the baseline gives the rate and the recipe still ranks."""
    training = replace(evenings(), y=np.ones(ROWS, dtype=np.int64))
    trial = hold_trial(Evidence(training), DEFAULT, None)
    first = len(rolling_blocks(training.slate)[0].train)
    assert trial.p[ADDITIVE][0] == pytest.approx((first + 1) / (first + 2))
    assert np.ptp(trial.p[CHALLENGER]) > 0.05


def test_a_request_is_a_context() -> None:
    """Rows share a request exactly where mood, company and session are the same."""
    titles = evenings()
    said = [*every_context(), Context(None, None, None), Context("funny", None, None)]
    encoded = make_world(31, titles=80).encoded[:2]
    X = np.vstack([for_context(context.code, encoded) for context in said])
    number = requests(X).reshape(len(said), 2)
    assert (number[:, 0] == number[:, 1]).all()
    assert len(set(number[:, 0].tolist())) == len(said)
    assert requests(titles.X).dtype == np.int64


def test_the_bootstrap_is_decided_by_its_seed() -> None:
    """One seed gives one number; another seed gives one nearby."""
    trial = hold_trial(Evidence(evenings()), DEFAULT, None)
    found = [probability_no_worse(trial, RULES, 0.0, seed) for seed in (7, 7, 8)]
    assert found[0] == found[1]
    assert None not in found
    assert found[0] != found[2]
    assert found[0] == pytest.approx(found[2], abs=0.05)


def test_the_bootstrap_knows_the_better_one() -> None:
    """A model that is always better is surely no worse; one that is always worse surely is."""
    y = np.array([0, 1] * 20)
    good, bad = np.where(y == 1, 0.8, 0.2), np.where(y == 1, 0.6, 0.4)
    assert probability_no_worse(trial_of(good, bad, y), RULES, 0.0, 1) == 1.0
    assert probability_no_worse(trial_of(bad, good, y), RULES, 0.0, 1) == 0.0
    assert probability_no_worse(trial_of(bad, bad, y), RULES, 0.0, 1) == 1.0
    gap = float(np.log(0.8 / 0.6))
    assert probability_no_worse(trial_of(bad, good, y), RULES, gap + 1e-9, 1) == 1.0


def test_the_bootstrap_draws_whole_slates() -> None:
    """The same rows in fewer slates leave more doubt, as much as drawing them by hand finds."""
    rng = generator(3)
    y = rng.integers(0, 2, 60)
    ours, theirs = rng.uniform(0.2, 0.8, 60), rng.uniform(0.2, 0.8, 60)
    slate = np.repeat(np.arange(12), 5)
    difference = np.log(np.where(y == 1, theirs, 1 - theirs)) - np.log(
        np.where(y == 1, ours, 1 - ours)
    )
    by_slate = difference.reshape(12, 5)
    means = [by_slate[rng.integers(0, 12, 12)].mean() for _ in range(4_000)]
    margin = float(difference.mean() + 0.05)
    expected = float(np.mean(np.array(means) <= margin))
    together = probability_no_worse(trial_of(ours, theirs, y, slate), RULES, margin, 1)
    assert together == pytest.approx(expected, abs=0.04)
    assert 0.5 < expected < 1.0


def test_nothing_in_common_has_no_chance() -> None:
    """Where the rival answered no row, there is no comparison."""
    y = np.array([0, 1])
    assert probability_no_worse(trial_of(y * 0.5, y * np.nan, y), RULES, 0.0, 1) is None
