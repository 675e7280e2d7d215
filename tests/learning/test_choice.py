"""What picks say is estimated: nothing where they are random, much where they follow taste."""

from dataclasses import replace

import numpy as np
import pytest

from app.backend.features.encode import Floats
from app.backend.learning.choice import (
    PRIOR_DEVIATION,
    PRIOR_STRENGTH,
    strength_of_choices,
)
from app.backend.learning.curvature import Problem, picked
from tests.learning.households import Make, problem, without_choices, world

PLENTY = 700


def truth(household: Problem, make: Make) -> Floats:
    """Return logits with which picks of this seed are made, cell by cell."""
    return np.random.default_rng(make.seed).normal(0, 1.0, household.count.shape)


def picking(strength: float, evenings: int, seed: int = 1) -> tuple[Problem, Floats]:
    """Return a household whose picks are drawn at a strength, and the logits they are drawn by."""
    make = Make(evenings=evenings, seed=seed, members=False, text=0)
    household = problem(make)
    logit, shown = truth(household, make), household.shown
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(shown.slate))
    for number in range(evenings):
        rows = np.flatnonzero(shown.slate == number)
        share = np.exp(strength * logit[shown.context[rows], shown.title[rows]])
        chosen[rng.choice(rows, p=share / share.sum())] = 1.0
    return replace(household, shown=replace(shown, is_chosen=chosen)), logit


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_picks_say_next_to_nothing(seed: int) -> None:
    """With plenty of slates the strength of a household that tosses a coin is about 0."""
    assert strength_of_choices(*picking(0.0, PLENTY, seed), 1.0) < 0.12


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_picks_by_taste_say_much(seed: int) -> None:
    """Drawn in proportion to the odds, with plenty of slates, they are taken at their word."""
    assert strength_of_choices(*picking(1.0, PLENTY, seed), 1.0) > 0.7


def test_who_always_picks_the_best_is_believed_as_far_as_allowed() -> None:
    """A household of the synthetic world that follows its taste reaches far beyond the half."""
    follows = problem(Make(evenings=PLENTY, members=False, text=0, seed=9))
    chance = problem(Make(evenings=PLENTY, members=False, text=0, seed=9, choosing=0.0))
    mean = np.log(world().truth / (1.0 - world().truth)).mean(axis=0)
    found = []
    for household in (follows, chance):
        ids = household.title_ids[household.effect_of]
        logit = np.broadcast_to(mean[ids - 1], household.count.shape)
        found.append(strength_of_choices(household, logit, 1.0))
    assert found[0] > 0.5
    assert found[1] < 0.2


def test_strength_lies_between_nothing_and_the_most() -> None:
    """Picks against the logits are not believed; the most that is allowed is not exceeded."""
    household, logit = picking(1.0, 300)
    assert strength_of_choices(household, -logit, 1.0) < 0.01
    for most in (0.1, 0.5):
        assert most - 0.01 < strength_of_choices(household, logit, most) <= most


def test_without_slates_or_leave_there_is_no_strength() -> None:
    """No slates, or nothing allowed: exactly 0."""
    household, logit = picking(1.0, 40)
    assert strength_of_choices(without_choices(household), logit, 1.0) == 0.0
    assert strength_of_choices(household, logit, 0.0) == 0.0


def test_one_slate_hardly_moves_what_is_assumed() -> None:
    """With one pick the strength is about that of the prior."""
    household, logit = picking(1.0, 1)
    found = strength_of_choices(household, logit, 1.0)
    assert found == pytest.approx(PRIOR_STRENGTH, abs=PRIOR_DEVIATION / 2)


@pytest.mark.parametrize("picks", [1, 2])
def test_no_other_strength_explains_picks_better(picks: int) -> None:
    """On a grid of strengths none has a greater posterior; slates of several picks count too."""
    make = Make(evenings=80, picks=picks, seed=6)
    household = problem(make)
    logit = truth(household, make)
    shown = household.shown
    utility = logit[shown.context, shown.title]

    def height(gamma: float) -> float:
        away = (gamma - PRIOR_STRENGTH) / PRIOR_DEVIATION
        return picked(shown, utility, gamma) - 0.5 * away**2

    found = strength_of_choices(household, logit, 1.0)
    assert height(found) >= max(height(gamma) for gamma in np.linspace(0.005, 1.0, 200)) - 1e-4


def test_a_slate_of_which_all_were_taken_says_nothing() -> None:
    """Where nothing was passed over, only differences that cancel out are left."""
    household, logit = picking(1.0, 50)
    level = np.broadcast_to(logit[:, :1], logit.shape)
    everything = replace(household.shown, is_chosen=np.ones(len(household.shown.slate)))
    found = strength_of_choices(replace(household, shown=everything), level, 1.0)
    assert found == pytest.approx(PRIOR_STRENGTH, abs=1e-3)
