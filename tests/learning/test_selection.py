"""What answers is chosen on training rows alone, never on few, and only where surely better."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from app.backend.domain.progress import Step, silent
from app.backend.features.encode import Floats
from app.backend.features.table import Table
from app.backend.learning.families import (
    BASE_RATE,
    BLEND,
    BOOSTED,
    CROSSED_NAME,
    FAMILIES,
    GLMIX,
    RULES,
    Fitted,
    Lesson,
    Settings,
    fit_family,
)
from app.backend.learning.selection import LEAST_ROWS, SELECTED, Contest, Plan, Unit, compete
from tests.tables import make_table, true_logit

TRAIN, TEST = np.arange(240), np.arange(240, 340)
SIZES = (0, 1, 2, 5, 10, 20, 50)
BOTH = Plan((BASE_RATE, GLMIX, CROSSED_NAME, BLEND), 1)


@cache
def table() -> Table:
    """Return feedback of a world whose truth is known."""
    return make_table(340, seed=4)


@cache
def contest() -> Contest:
    """Return a contest with enough rows to choose."""
    return compete(table(), TRAIN, TEST, BOTH, silent)


def expected_loss(p: Floats, true: Floats) -> float:
    """Return the log loss that promises are expected to have, in nats."""
    return float(-np.mean(true * np.log(p) + (1.0 - true) * np.log1p(-p)))


def assert_same(one: Mapping[str, Floats], other: Mapping[str, Floats]) -> None:
    """Compare answers to the last bit."""
    assert one.keys() == other.keys()
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


@pytest.mark.parametrize("rows", [0, 1, LEAST_ROWS - 1])
def test_below_200_rows_the_default_answers(rows: int) -> None:
    """Nothing is chosen, and the reason says so."""
    found = compete(table(), TRAIN[:rows], TEST, Plan((RULES, CROSSED_NAME, BLEND), 1), silent)
    assert found.selected == GLMIX
    assert f"With {rows} rows" in found.reason
    assert str(LEAST_ROWS) in found.reason
    assert found.facts == {}
    np.testing.assert_array_equal(found.answers[SELECTED], found.answers[BLEND])


def test_one_class_leaves_nothing_to_choose() -> None:
    """However many rows agree, the default answers."""
    agreed = replace(table(), y=np.ones(340, dtype=np.int64))
    found = compete(agreed, TRAIN, TEST, Plan((GLMIX, CROSSED_NAME), 1), silent)
    assert found.selected == GLMIX
    assert "one class" in found.reason
    assert (found.answers[SELECTED] > 0.5).all()


def test_tested_labels_are_never_looked_at() -> None:
    """Turned round, they change neither the choice nor an answer."""
    y = table().y.copy()
    y[TEST] = 1 - y[TEST]
    turned = compete(replace(table(), y=y), TRAIN, TEST, BOTH, silent)
    assert (turned.selected, turned.reason) == (contest().selected, contest().reason)
    assert turned.facts == contest().facts
    assert_same(turned.answers, contest().answers)


def test_other_rows_than_those_asked_about_leave_no_trace() -> None:
    """A tested row is answered the same whatever is asked beside it."""
    few = compete(table(), TRAIN, TEST[:7], BOTH, silent)
    for name, answer in few.answers.items():
        np.testing.assert_allclose(answer, contest().answers[name][:7], rtol=0, atol=1e-12)


def test_the_choice_is_told_with_its_figures() -> None:
    """Facts hold each candidate's log loss on the training rows, and the blend's weights."""
    facts = contest().facts
    assert facts["held_out_rows"] == len(TRAIN)
    losses, weights = facts["held_out_log_loss"], facts["blend_weights"]
    assert isinstance(losses, dict)
    assert isinstance(weights, dict)
    assert set(losses) == {GLMIX, CROSSED_NAME, BLEND}
    assert set(weights) == {GLMIX, CROSSED_NAME}
    assert f"{min(losses.values()):.4f}" in contest().reason
    assert contest().selected in losses


def test_the_blend_is_the_weighted_log_odds() -> None:
    """Its answers follow from those of its members and the weights in the facts."""
    weights = contest().facts["blend_weights"]
    assert isinstance(weights, dict)
    logits = {name: np.log(p / (1.0 - p)) for name, p in contest().answers.items()}
    total = sum(weight * logits[name] for name, weight in weights.items())
    np.testing.assert_allclose(logits[BLEND], total, atol=1e-9)


def test_every_family_answers_and_is_timed() -> None:
    """Who takes part has a probability for each tested row; the chosen one answers as selected."""
    found = contest()
    assert set(found.answers) == {*BOTH.families, SELECTED}
    for answer in found.answers.values():
        assert answer.shape == TEST.shape
        assert ((answer > 0.0) & (answer < 1.0)).all()
    np.testing.assert_array_equal(found.answers[SELECTED], found.answers[found.selected])
    assert {*found.fit_seconds} == {*found.predict_seconds} == {*BOTH.families}


def test_the_default_is_fitted_but_not_shown_unless_asked_for() -> None:
    """Without it in the plan its answers are kept only where it is what was selected."""
    found = compete(table(), TRAIN, TEST, Plan((BASE_RATE, CROSSED_NAME), 1), silent)
    assert set(found.answers) - {GLMIX} == {BASE_RATE, CROSSED_NAME, SELECTED}
    assert (GLMIX in found.answers) == (found.selected == GLMIX)


def test_what_is_much_better_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the default knows only the base rate, one that knows the moods takes its place."""
    names = {GLMIX: BASE_RATE}

    def fit(name: str, lesson: Lesson, settings: Settings = None) -> Fitted:
        return fit_family(names.get(name, name), lesson, settings)

    monkeypatch.setattr("app.backend.learning.selection.fit_family", fit)
    plan = Plan((GLMIX, CROSSED_NAME), 1)
    found = compete(table(), TRAIN, TEST, plan, silent)
    assert found.selected == CROSSED_NAME
    assert "chance that it is better" in found.reason
    names[CROSSED_NAME], names[GLMIX] = BASE_RATE, CROSSED_NAME
    assert compete(table(), TRAIN, TEST, plan, silent).selected == GLMIX


def test_a_family_that_lacks_its_library_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others compete; the reason is kept. Alone with the default there is nothing to blend."""
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    plan = Plan((GLMIX, BOOSTED, BLEND), 1)
    for rows in (30, 240):
        found = compete(table(), TRAIN[:rows], TEST, plan, silent)
        assert found.skipped[BOOSTED].endswith(".")
        assert BOOSTED not in found.answers
        np.testing.assert_array_equal(found.answers[BLEND], found.answers[GLMIX])
    assert "two families" in found.skipped[BLEND]
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert "optuna" in compete(table(), TRAIN, TEST, plan, silent).skipped[BOOSTED]


def test_the_same_seed_gives_the_same_contest() -> None:
    """Twice the same choice, reason, facts and bytes."""
    again = compete(table(), TRAIN, TEST, BOTH, silent)
    assert (again.selected, again.reason, again.facts) == (
        contest().selected,
        contest().reason,
        contest().facts,
    )
    assert_same(again.answers, contest().answers)


@pytest.mark.parametrize("unit", ["pair", "member", "row"])
def test_any_unit_can_be_held_out(unit: Unit) -> None:
    """Pairs, members or single rows; even where all rows are of one member."""
    plan = Plan((GLMIX, CROSSED_NAME, BLEND), 2, unit)
    alone = table().X.copy()
    alone[:, 0] = 3
    for one in (table(), replace(table(), X=alone)):
        found = compete(one, TRAIN, TEST, plan, silent)
        assert np.isfinite(found.answers[SELECTED]).all()
        assert found.selected in {GLMIX, CROSSED_NAME, BLEND}


def test_progress_is_told_to_its_end() -> None:
    """Each family gives a sign of life, and the last step says that all is done."""
    steps: list[Step] = []
    compete(table(), TRAIN[:30], TEST, BOTH, steps.append)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == steps[-1].total
    assert sum("Fitting" in step.name for step in steps) == len(BOTH.families) - 1


@settings(deadline=None, max_examples=12)
@given(st.sampled_from(SIZES), st.floats(0, 1), st.integers(0, 2**31))
def test_any_number_of_rows_and_any_balance_will_do(rows: int, share: float, seed: int) -> None:
    """Every family answers with finite probabilities, one class or two."""
    drawn = make_table(rows + 20, seed=seed)
    y = (np.random.default_rng(seed).random(rows + 20) < share).astype(np.int64)
    plan = Plan(tuple(name for name in FAMILIES if name != "network"), seed)
    at = np.arange(rows + 20)
    found = compete(replace(drawn, y=y), at[:rows], at[rows:], plan, silent)
    assert found.selected == GLMIX
    assert found.skipped == {}
    for answer in found.answers.values():
        assert np.isfinite(answer).all()
        assert ((answer > 0.0) & (answer < 1.0)).all()


@pytest.mark.parametrize("rows", SIZES)
def test_it_is_no_worse_than_the_base_rate(rows: int) -> None:
    """Over many small worlds what is selected has at most the base rate's expected log loss.

    That is over worlds of strong tastes, weak ones and none; of the last alone, where the base rate
    is the truth, it loses more, but little.
    """
    excess = np.array([[_excess_nats(rows, w, e) for w in range(12)] for e in (0.0, 1.0, 2.0)])
    assert excess.mean() <= 0.01
    assert excess[0].mean() <= 0.025


def _excess_nats(rows: int, world: int, effect: float) -> float:
    drawn = make_table(rows + 200, seed=world, world=world, effect=effect)
    at = np.arange(rows + 200)
    plan = Plan((BASE_RATE, GLMIX), world)
    answers = compete(drawn, at[:rows], at[rows:], plan, silent).answers
    true = expit(true_logit(drawn.X[rows:], world, effect=effect))
    return expected_loss(answers[SELECTED], true) - expected_loss(answers[BASE_RATE], true)
