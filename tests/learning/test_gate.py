"""Every question of the gate can be passed and failed, alone, and says what was found."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from app.backend.domain.context import MOODS, Context, every_context
from app.backend.domain.runs import CHALLENGER, CHAMPION, RULES
from app.backend.features.encode import Codes, Floats, context_table
from app.backend.features.household import Evidence
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import CONTEXT_COLUMNS, FEATURE_COUNT
from app.backend.features.serving import TOP, top_titles
from app.backend.learning.classifier import BASELINE, DEFAULT, ContextClassifier
from app.backend.learning.evaluation import LEAST_ROWS, Trial, hold_trial, requests
from app.backend.learning.gate import (
    Answer,
    judge,
    margin_nats,
    verdict,
)
from tests.worlds import World, live, make_world, training_set

ROWS = 200
ENOUGH = "Is there enough feedback to judge it?"
RULES_QUESTION = "Is it no worse than the rules?"
CHAMPION_QUESTION = "Is it no worse than the serving model?"
ORDERS = "Does it order titles within a context as well as the rules?"
CALIBRATED = "Do its probabilities hold?"
WHOLE = "Does it hold for every mood and company?"
RESPONDS = "Does the mood change its top ten?"


@cache
def world() -> World:
    """Return the household whose library is ranked here."""
    return make_world(41, titles=60)


def trial_of(y: Codes, codes: Codes, p: dict[str, Floats]) -> Trial:
    """Return a trial made by hand; `codes` are the rows' contexts."""
    X = np.zeros((len(y), FEATURE_COUNT))
    X[:, : len(CONTEXT_COLUMNS)] = context_table()[codes]
    number = np.arange(len(y))
    return Trial(X=X, y=y, slate=number, request=requests(X), feedback_id=number, p=p)


def good_trial(rows: int = ROWS) -> Trial:
    """Return a trial in which the challenger is better than its rivals in every respect."""
    y = np.arange(rows) % 2
    codes = np.array([context.code for context in every_context()])[np.arange(rows) // 2 % 36]
    p = {
        CHALLENGER: np.where(y == 1, 0.8, 0.2),
        RULES: np.where(y == 1, 0.6, 0.4),
        CHAMPION: np.where(y == 1, 0.7, 0.3),
    }
    return trial_of(y, codes, p)


def with_promises(trial: Trial, **p: Floats) -> Trial:
    """Return the trial with other promises of some models."""
    return replace(trial, p={**trial.p, **p})


def answers_to(trial: Trial) -> dict[str, Answer]:
    """Judge a challenger that responds to the mood; return its answers by question."""
    return {
        answer.question: answer for answer in judge(trial, rules_posterior(), world().encoded, 5)
    }


def only_failure(trial: Trial) -> Answer:
    """Return the one answer that kept a challenger out."""
    (failed,) = (answer for answer in answers_to(trial).values() if not answer.passed)
    assert failed.finding.endswith(".")
    return failed


def test_a_good_challenger_passes_every_question() -> None:
    """Better in every respect, it serves, and the reason tells the comparisons."""
    answers = answers_to(good_trial())
    assert list(answers) == [
        RULES_QUESTION,
        CHAMPION_QUESTION,
        ORDERS,
        CALIBRATED,
        WHOLE,
        RESPONDS,
    ]
    passed, reason = verdict([*answers.values()])
    assert passed
    assert reason == f"{answers[RULES_QUESTION].finding} {answers[CHAMPION_QUESTION].finding}"
    assert "On 200 later feedbacks it did better than the rules" in reason
    assert "log loss 0.223 against 0.511" in reason


@pytest.mark.parametrize("rows", [0, 1, LEAST_ROWS - 1])
def test_too_few_rows_judge_nothing(rows: int) -> None:
    """Below the least number of later feedbacks there is one answer, and it is no."""
    (answer,) = judge(good_trial(rows), rules_posterior(), world().encoded, 5)
    assert (answer.question, answer.passed) == (ENOUGH, False)
    assert f"There are {rows} later feedbacks" in answer.finding


def test_enough_rows_are_judged() -> None:
    """From the least number on, the other questions are asked."""
    assert ENOUGH not in answers_to(good_trial(LEAST_ROWS))


def test_worse_than_the_rules_is_kept_out() -> None:
    """A challenger that promises less of what was liked than the rules fails that question."""
    trial = good_trial()
    failed = only_failure(with_promises(trial, rules=np.where(trial.y == 1, 0.9, 0.1)))
    assert failed.question == RULES_QUESTION
    assert "did no better than the rules" in failed.finding
    assert "it takes 90%" in failed.finding


def test_worse_than_the_serving_model_is_kept_out() -> None:
    """Beating the rules is not enough where a better model serves."""
    trial = good_trial()
    failed = only_failure(with_promises(trial, champion=np.where(trial.y == 1, 0.95, 0.05)))
    assert failed.question == CHAMPION_QUESTION


@pytest.mark.parametrize(("answered", "asked"), [(LEAST_ROWS - 1, False), (LEAST_ROWS, True)])
def test_the_serving_model_is_compared_where_it_can_be(answered: int, asked: bool) -> None:
    """A champion that has seen nearly all rows is no rival; nor is one that is not there."""
    trial = good_trial()
    p = trial.p[CHAMPION].copy()
    p[: ROWS - answered] = np.nan
    assert (CHAMPION_QUESTION in answers_to(with_promises(trial, champion=p))) is asked
    alone = replace(trial, p={name: p for name, p in trial.p.items() if name != CHAMPION})
    assert CHAMPION_QUESTION not in answers_to(alone)


def test_a_small_loss_is_within_the_margin() -> None:
    """What few rows cannot settle does not keep a challenger out; many rows can settle it."""
    assert margin_nats(ROWS - 1) > margin_nats(ROWS) > 0
    for rows, passes in ((ROWS - 20, True), (ROWS, False)):
        trial = good_trial(rows)
        ours = np.where(trial.y == 1, 0.6 * np.exp(-0.035), 1.0 - 0.6 * np.exp(-0.035))
        found = answers_to(with_promises(trial, challenger=ours))
        assert found[RULES_QUESTION].passed is passes


def test_a_worse_order_is_kept_out() -> None:
    """Knowing each context's rate does not make up for ordering its titles wrongly."""
    y = np.where(np.arange(ROWS) < ROWS // 2, np.arange(ROWS) % 10 > 0, np.arange(ROWS) % 10 == 0)
    codes = np.where(np.arange(ROWS) < ROWS // 2, 21, 42)
    rate = np.where(codes == 21, 0.9, 0.1)
    p = {CHALLENGER: rate - 0.02 * y, RULES: 0.5 + 0.02 * y}
    trial = trial_of(y.astype(np.int64), codes, p)
    failed = only_failure(trial)
    assert failed.question == ORDERS
    assert failed.finding == "It orders 0% of 1800 pairs rightly, the rules 100%."


def test_few_pairs_settle_no_order() -> None:
    """Where hardly any titles share a context, their order is not held against it."""
    trial = good_trial()
    spread = replace(trial, request=np.arange(ROWS))
    answer = answers_to(spread)[ORDERS]
    assert answer.passed
    assert "Only 0 pairs" in answer.finding


def test_promises_that_do_not_hold_are_kept_out() -> None:
    """Better than poor rules is not enough where promises are far from what happens."""
    y = np.ones(ROWS, dtype=np.int64)
    p = {CHALLENGER: np.full(ROWS, 0.6), RULES: np.full(ROWS, 0.5)}
    failed = only_failure(trial_of(y, np.full(ROWS, 21), p))
    assert failed.question == CALIBRATED
    assert failed.finding == "Its promises are off by 0.40 on average; 0.29 is allowed."


@pytest.mark.parametrize(
    ("column", "said"), [(0, "mood funny"), (3, "mood relaxing"), (5, "group couple")]
)
def test_a_collapse_for_some_is_kept_out(column: int, said: str) -> None:
    """Better on the whole does not make up for one mood or company served much worse."""
    trial = good_trial()
    of_slice = trial.X[:, column] == 1.0
    assert of_slice.sum() >= 15
    wrong = np.where(trial.y == 1, 0.28, 0.72)
    right = np.where(trial.y == 1, 0.98, 0.02)
    p = np.where(of_slice, wrong, right)
    found = answers_to(with_promises(trial, challenger=p))
    assert not found[WHOLE].passed
    assert found[RULES_QUESTION].passed
    assert found[WHOLE].finding.endswith(f"nats for {said}.")


def test_a_slice_of_few_rows_collapses_by_chance() -> None:
    """A mood that was hardly asked for keeps nobody out."""
    trial = good_trial()
    rare = np.flatnonzero(trial.X[:, 0] == 1.0)[:14]
    X = trial.X.copy()
    X[:, :4] = [0.0, 1.0, 0.0, 0.0]
    X[rare, :4] = [1.0, 0.0, 0.0, 0.0]
    p = trial.p[CHALLENGER].copy()
    p[rare] = 1.0 - p[rare]
    assert answers_to(replace(with_promises(trial, challenger=p), X=X))[WHOLE].passed


def test_the_baseline_does_not_respond_to_the_mood() -> None:
    """However well it did, a model with one top ten for every mood is kept out."""
    training = training_set(world(), live(world(), 120, 41))
    baseline = ContextClassifier(BASELINE).fit(training.X, training.y).predictor_
    answers = judge(good_trial(), baseline, world().encoded, 5)
    (failed,) = (answer for answer in answers if not answer.passed)
    assert failed.question == RESPONDS
    assert failed.finding == "The four moods have 1 different top tens."
    assert verdict(answers) == (False, failed.finding)


def test_a_small_library_need_not_respond() -> None:
    """Where the top ten is the whole library, every mood has the same."""
    answers = judge(good_trial(), rules_posterior(), world().encoded[:TOP], 5)
    (answer,) = (answer for answer in answers if answer.question == RESPONDS)
    assert answer.passed


def test_the_top_is_what_is_promised_most() -> None:
    """Titles come in the order of their averaged probability, all of them where asked."""
    training = training_set(world(), live(world(), 120, 41))
    predictor = ContextClassifier().fit(training.X, training.y).predictor_
    context = Context("dramatic", "solo", "binge")
    from_model = top_titles(predictor, world().encoded, context, most=len(world().encoded))
    assert sorted(from_model) == list(range(len(world().encoded)))
    X = np.hstack(
        [np.tile(context_table()[context.code], (len(world().encoded), 1)), world().encoded]
    )
    assert (np.diff(predictor.moments(X).probability[from_model]) <= 0).all()
    assert top_titles(predictor, world().encoded, context) == from_model[:TOP]


def test_the_verdict_names_every_failure() -> None:
    """One failed question is enough, and all of them are told."""
    answers = [Answer("a?", False, "No a."), Answer("b?", True, "b."), Answer("c?", False, "No c.")]
    assert verdict(answers) == (False, "No a. No c.")


def test_promises_in_a_random_order_are_kept_out() -> None:
    """The right promises for the wrong rows never pass."""
    for seed in range(20):
        trial = good_trial()
        shuffled = np.random.default_rng(seed).permutation(trial.p[CHALLENGER])
        assert not answers_to(with_promises(trial, challenger=shuffled))[RULES_QUESTION].passed


def test_what_learnt_from_shuffled_labels_rarely_passes() -> None:
    """Trained on other evenings' verdicts, it is promoted in at most three households of eight."""
    promoted = 0
    for seed in range(8):
        home = make_world(100 + seed, titles=150)
        training = training_set(home, live(home, 400, seed))
        noise = replace(training, y=np.random.default_rng(seed).permutation(training.y))
        trial = hold_trial(Evidence(noise), DEFAULT, None)
        true = training.y[np.isin(training.feedback_id, trial.feedback_id)]
        predictor = ContextClassifier().fit(noise.X, noise.y).predictor_
        promoted += verdict(judge(replace(trial, y=true), predictor, home.encoded, seed))[0]
    assert promoted <= 3


def test_moods_are_all_asked() -> None:
    """The rules, which know every mood, have a top ten for each."""
    answers = answers_to(good_trial())
    assert answers[RESPONDS].finding == f"The four moods have {len(MOODS)} different top tens."
