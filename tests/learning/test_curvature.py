"""Slope and curvature are the likelihood's derivatives, with choices and without."""

from dataclasses import replace

import numpy as np
import pytest

from app.backend.features.encode import Floats
from app.backend.learning import curvature as module
from app.backend.learning.curvature import (
    Problem,
    curvature,
    likelihood,
    picked,
    slope,
    surprise,
)
from tests.learning.households import Dense, Make, prior_of, problem, without_choices

MAKES = {
    "plain": Make(text=0, members=False),
    "text and members": Make(),
    "several picks": Make(picks=2, seed=2),
    "one title twice": Make(shared=True, seed=3),
    "one evening": Make(evenings=1, seed=4),
}
STEP = 1e-5


def somewhere(household: Problem, seed: int = 0) -> Floats:
    """Return coefficients and title effects that are no mode."""
    size = len(prior_of(household).mean) + len(household.title_ids)
    return np.random.default_rng(seed).normal(0, 0.4, size)


def logit_at(household: Problem, at: Floats) -> Floats:
    """Return the logits of cells."""
    q = len(prior_of(household).mean)
    return household.logit(at[:q], at[q:])


def slope_at(household: Problem, at: Floats, gamma: float) -> Floats:
    """Return the slope along everything."""
    found = slope(household, logit_at(household, at), gamma)
    return np.append(found.w, found.u)


def hessian_at(household: Problem, at: Floats, gamma: float) -> Floats:
    """Return the curvature along everything, its blocks put together."""
    found = curvature(household, logit_at(household, at), gamma)
    q = len(found.coefficients)
    coupling = np.column_stack([found.coupling.times(row) for row in np.eye(q)])
    titles = found.titles if found.titles.ndim == 2 else np.diag(found.titles)
    return np.block([[found.coefficients, coupling.T], [coupling, titles]])


@pytest.mark.parametrize("gamma", [0.0, 0.6])
@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_logits_and_likelihood_are_those_written_out(make: Make, gamma: float) -> None:
    """Cell by cell, verdict by verdict and pick by pick they are the textbook's."""
    household = problem(make)
    at, dense = somewhere(household), Dense(household, gamma, prior_of(household))
    logit = logit_at(household, at)
    np.testing.assert_allclose(logit.ravel(), dense.design @ at, atol=1e-11)
    assert likelihood(household, logit, gamma) == pytest.approx(dense.likelihood(at), abs=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.6])
@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_the_slope_is_the_likelihoods(make: Make, gamma: float) -> None:
    """Along random directions and along axes it is what differences of the likelihood say."""
    household = problem(make)
    at, rng = somewhere(household), np.random.default_rng(1)
    found = slope_at(household, at, gamma)
    axes = np.eye(len(at))[rng.choice(len(at), 25, replace=False)]
    for way in np.vstack([axes, rng.normal(size=(5, len(at)))]):
        above = likelihood(household, logit_at(household, at + STEP * way), gamma)
        below = likelihood(household, logit_at(household, at - STEP * way), gamma)
        assert found @ way == pytest.approx((above - below) / (2 * STEP), abs=2e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.6])
@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_the_curvature_is_the_slopes(make: Make, gamma: float) -> None:
    """Along every direction it is what differences of the slope say, and the textbook's too."""
    household = problem(make)
    at, rng = somewhere(household), np.random.default_rng(2)
    found = hessian_at(household, at, gamma)
    for way in rng.normal(size=(8, len(at))):
        above = slope_at(household, at + STEP * way, gamma)
        below = slope_at(household, at - STEP * way, gamma)
        np.testing.assert_allclose(found @ way, (below - above) / (2 * STEP), atol=1e-5)
    dense = Dense(household, gamma, prior_of(household))
    expected = dense.derivatives(at)[1] - np.diag(dense.precision)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_beyond_the_coupled_titles_the_curvature_is_a_bound(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is at least the true one in every direction: steps are shorter, never too long."""
    household = replace(problem(make))
    at = somewhere(household)
    true = hessian_at(household, at, 0.8)
    monkeypatch.setattr(module, "MOST_TITLES_COUPLED", 1)
    bound = hessian_at(household, at, 0.8)
    assert np.linalg.eigvalsh(bound - true).min() > -1e-9
    np.testing.assert_allclose(
        hessian_at(household, at, 0.0), hessian_at(without_choices(household), at, 0.8), atol=1e-10
    )


def test_the_bound_is_exact_without_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts couple no titles: made up or written down, the curvature is the same."""
    household = without_choices(problem())
    at = somewhere(household)
    written = hessian_at(household, at, 0.0)
    monkeypatch.setattr(module, "MOST_TITLES_COUPLED", 1)
    np.testing.assert_allclose(hessian_at(household, at, 0.0), written, atol=1e-10)


def test_titles_a_part_at_a_time_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many titles are summed at once leaves no trace but rounding."""
    household = problem()
    at = somewhere(household)
    whole = hessian_at(household, at, 0.5)
    monkeypatch.setattr(module, "TITLES_AT_ONCE", 3)
    np.testing.assert_allclose(hessian_at(household, at, 0.5), whole, atol=1e-10)


def test_only_differences_within_a_slate_matter_to_a_pick() -> None:
    """Raising every logit changes what verdicts say, and nothing that picks say."""
    household = problem()
    shown = household.shown
    utility = logit_at(household, somewhere(household))[shown.context, shown.title]
    raised = utility + np.random.default_rng(0).normal(size=int(shown.slate[-1]) + 1)[shown.slate]
    assert picked(shown, utility, 0.7) == pytest.approx(picked(shown, raised, 0.7))
    assert picked(shown, utility, 0.0) == 0.0


def test_at_strength_nothing_picks_say_nothing() -> None:
    """With gamma 0, slope and curvature are those of the verdicts alone."""
    household = problem()
    at, none = somewhere(household), without_choices(household)
    np.testing.assert_array_equal(slope_at(household, at, 0.0), slope_at(none, at, 0.9))
    np.testing.assert_array_equal(hessian_at(household, at, 0.0), hessian_at(none, at, 0.9))


@pytest.mark.parametrize("picks", [1, 2])
def test_surprise_is_the_mean_over_a_cells_picks(picks: int) -> None:
    """It is -log of the share, averaged where a cell was picked; nothing where it never was."""
    household = problem(Make(picks=picks, evenings=200, seed=5))
    logit = logit_at(household, somewhere(household))
    found = surprise(household, logit, 0.7)
    told: dict[int, list[float]] = {}
    for slate, taken in Dense(household, 0.7, prior_of(household)).slates:
        share = np.exp(0.7 * logit.ravel()[slate])
        for cell in taken.tolist():
            told.setdefault(cell, []).append(-np.log(share[slate == cell][0] / share.sum()))
    expected = np.zeros(household.count.size)
    for cell, values in told.items():
        expected[cell] = np.mean(values)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-12)
    none = without_choices(household)
    assert not surprise(none, logit, 0.7).any()


def test_huge_logits_stay_finite() -> None:
    """At a thousand logits nothing overflows; slope and likelihood are numbers."""
    household = problem()
    logit = 1_000.0 * np.random.default_rng(0).choice([-1.0, 1.0], household.count.shape)
    found = slope(household, logit, 1.0)
    assert np.isfinite(likelihood(household, logit, 1.0))
    assert np.isfinite(found.w).all()
    assert np.isfinite(found.u).all()
    assert np.isfinite(curvature(household, logit, 1.0).coefficients).all()
