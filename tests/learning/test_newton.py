"""The climb ends where a textbook computation ends, and the factored precision is the whole one."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize

from app.backend.features.encode import Floats
from app.backend.learning import curvature as curvature_module
from app.backend.learning.curvature import Problem, Slope, curvature
from app.backend.learning.newton import Limits, Mode, Solver, climb, settled
from tests.learning.households import Dense, Make, prior_of, problem, without_choices

LIMITS = Limits(50, 1e-9)
PATIENT = Limits(150, 1e-5)
MAKES = {
    "plain": Make(text=0, members=False),
    "text and members": Make(),
    "several picks": Make(picks=2, seed=2),
    "one title twice": Make(shared=True, seed=3),
    "one evening": Make(evenings=1, seed=4),
}


@cache
def textbook(make: Make, gamma: float) -> Floats:
    """Return the mode that SciPy finds in the dense form."""
    household = problem(make)
    dense = Dense(household, gamma, prior_of(household))

    near: Floats = minimize(
        lambda at: -dense.height(at),
        np.zeros(len(dense.precision)),
        jac=lambda at: -dense.derivatives(at)[0],
        hess=lambda at: dense.derivatives(at)[1],
        method="dogleg",
    ).x
    gradient, precision = dense.derivatives(near)
    return near + np.linalg.solve(precision, gradient)


def found_at(mode: Mode) -> Floats:
    """Return coefficients and titles' effects as one."""
    return np.append(mode.w, mode.u)


def precision_of(household: Problem, mode: Mode, gamma: float) -> Floats:
    """Return the whole precision, dense."""
    return Dense(household, gamma, prior_of(household)).derivatives(found_at(mode))[1]


@pytest.mark.parametrize("gamma", [0.0, 0.7])
@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_the_mode_is_the_textbooks(make: Make, gamma: float) -> None:
    """With choices and without, of text and members too, SciPy ends at the same place."""
    household = problem(make)
    mode = climb(household, prior_of(household), gamma, LIMITS)
    np.testing.assert_allclose(found_at(mode), textbook(make, gamma), atol=1e-7)
    np.testing.assert_allclose(mode.logit, household.logit(mode.w, mode.u), atol=1e-12)


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_the_bound_leads_to_the_same_mode(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where titles are too many to be coupled, more steps end at the same place."""
    monkeypatch.setattr(curvature_module, "MOST_TITLES_COUPLED", 1)
    household = problem(make)
    mode = climb(household, prior_of(household), 0.7, PATIENT)
    assert mode.solver.titles.ndim == 1
    np.testing.assert_allclose(found_at(mode), textbook(make, 0.7), atol=1e-4)


@pytest.mark.parametrize("coupled", [1, 1_500])
@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_large_problems_reach_the_mode_with_older_curvatures(
    gamma: float, coupled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a curvature serves several steps, what is left of the slope moves next to nothing."""
    monkeypatch.setattr(curvature_module, "MOST_TITLES_COUPLED", coupled)
    monkeypatch.setattr(curvature_module, "MANY_CELLS", 1)
    household = problem()
    assert household.is_large
    mode = climb(household, prior_of(household), gamma, PATIENT)
    np.testing.assert_allclose(found_at(mode), textbook(Make(), gamma), atol=1e-5)
    again = climb(household, prior_of(household), gamma, PATIENT, mode)
    np.testing.assert_allclose(found_at(again), found_at(mode), atol=1e-5)


def test_where_the_climb_starts_does_not_matter() -> None:
    """From the mode without choices it ends where it ends from the prior's mean."""
    household, prior = problem(), prior_of(problem())
    before = climb(household, prior, 0.0, LIMITS)
    mode = climb(household, prior, 0.7, LIMITS, before)
    np.testing.assert_allclose(found_at(mode), textbook(Make(), 0.7), atol=1e-7)


def test_steps_are_limited() -> None:
    """After the steps that are allowed it stops, higher than it began."""
    household, prior = problem(), prior_of(problem())
    dense = Dense(household, 0.7, prior)
    one = climb(household, prior, 0.7, Limits(1, 1e-9))
    two = climb(household, prior, 0.7, Limits(2, 1e-9))
    heights = [dense.height(at) for at in (dense.centre, found_at(one), found_at(two))]
    assert heights == sorted(heights)
    assert heights[0] < heights[1]


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_the_solver_is_the_inverse_of_the_whole_precision(gamma: float) -> None:
    """Steps, covariance and couplings are those of the dense inverse, titles eliminated or not."""
    household = problem()
    mode = climb(household, prior_of(household), gamma, LIMITS)
    whole, q = precision_of(household, mode, gamma), len(mode.w)
    covariance = np.linalg.inv(whole)
    factor = mode.solver.factor
    np.testing.assert_allclose(np.linalg.inv(factor @ factor.T), covariance[:q, :q], atol=1e-9)
    ways = np.random.default_rng(0).normal(size=len(whole))
    step = mode.solver.step(Slope(ways[:q], ways[q:]))
    np.testing.assert_allclose(np.append(step.w, step.u), covariance @ ways, atol=1e-9)
    titles, coupling = whole[q:, q:], whole[q:, :q]
    divided = np.linalg.solve(titles, coupling)
    np.testing.assert_allclose(mode.solver.coupling.divided(mode.solver.titles), divided, atol=1e-9)
    np.testing.assert_allclose(mode.solver.spread(), divided.T @ divided, atol=1e-9)
    own = 1.0 / np.diag(np.linalg.inv(titles))
    np.testing.assert_allclose(mode.solver.title_precision, own, rtol=1e-9)


def test_what_is_made_up_is_what_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A coupling of many titles gives the products that its matrix would."""
    household = without_choices(problem())
    rng = np.random.default_rng(0)
    logit = rng.normal(size=household.count.shape)
    written = curvature(household, logit, 0.0)
    monkeypatch.setattr(curvature_module, "MOST_TITLES_COUPLED", 1)
    made = curvature(household, logit, 0.0)
    assert type(made.coupling) is not type(written.coupling)
    w, u = rng.normal(size=len(written.coefficients)), rng.normal(size=len(written.titles))
    titles = written.titles + 2.0
    one, other = made.coupling, written.coupling
    np.testing.assert_allclose(one.times(w), other.times(w), atol=1e-10)
    np.testing.assert_allclose(one.back(u), other.back(u), atol=1e-10)
    np.testing.assert_allclose(one.explained(titles), other.explained(titles), atol=1e-10)
    np.testing.assert_allclose(one.divided(titles), other.divided(titles), atol=1e-10)
    prior = prior_of(household)
    spreads = [Solver.at(found, prior).spread() for found in (made, written)]
    np.testing.assert_allclose(spreads[0], spreads[1], atol=1e-10)


def test_a_small_problem_is_settled_as_it_is() -> None:
    """With titles coupled, or nothing shown, the precision at the mode is right already."""
    for household, gamma in ((problem(), 0.7), (without_choices(problem()), 0.0)):
        mode = climb(household, prior_of(household), gamma, LIMITS)
        assert settled(household, prior_of(household), gamma, mode) is mode


def test_a_bound_does_not_feign_certainty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where titles are not coupled the belief counts verdicts alone: doubt is greater, not less."""
    monkeypatch.setattr(curvature_module, "MOST_TITLES_COUPLED", 1)
    household, prior = problem(), prior_of(problem())
    mode = climb(household, prior, 0.7, PATIENT)
    sober = settled(household, prior, 0.7, mode)
    np.testing.assert_array_equal(found_at(sober), found_at(mode))
    verdicts = precision_of(household, mode, 0.0)
    q = len(mode.w)
    factor = sober.solver.factor
    expected = np.linalg.inv(verdicts)[:q, :q]
    np.testing.assert_allclose(np.linalg.inv(factor @ factor.T), expected, atol=1e-9)
    true = np.linalg.inv(precision_of(household, mode, 0.7))[:q, :q]
    assert np.linalg.eigvalsh(expected - true).min() > -1e-9


def test_a_large_problem_is_settled_at_its_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its precision is that of the mode, and not that of a point on the way."""
    monkeypatch.setattr(curvature_module, "MANY_CELLS", 1)
    household, prior = problem(), prior_of(problem())
    mode = settled(household, prior, 0.7, climb(household, prior, 0.7, LIMITS))
    whole, q = precision_of(household, mode, 0.7), len(mode.w)
    factor = mode.solver.factor
    expected = np.linalg.inv(whole)[:q, :q]
    np.testing.assert_allclose(np.linalg.inv(factor @ factor.T), expected, atol=1e-9)
