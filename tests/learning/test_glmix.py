"""The mixed model finds the mode and the belief that its formula says, and knows what it lacks."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.optimize import minimize

from app.backend.domain.errors import InvalidInput
from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import GROUPS, TITLE_DEVIATION, design, layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.rules import SUBSCORES
from app.backend.features.schema import FEATURE_COUNT, MEDIA_ID, PROMISED_COUNT
from app.backend.learning import glmix
from app.backend.learning.glmix import GlmixConfig
from tests.worlds import World, live, make_world, training_rows

WITHOUT_EVIDENCE = GlmixConfig(evidence_rounds=0)
# Shifts of the true logit: of the rated titles about half, two in three, nine in ten are liked.
BALANCES = (-1.5, 0.0, 1.5)


@dataclass(frozen=True)
class Dense:
    """The textbook form: titles are columns like any other, and nothing is eliminated."""

    Z: Floats
    y: Codes
    title_ids: Codes
    prior_mean: Floats
    variance: Floats

    def gradient(self, at: Floats) -> Floats:
        """Return the slope of the log posterior."""
        p = 1.0 / (1.0 + np.exp(-self.Z @ at))
        return np.asarray(self.Z.T @ (self.y - p) - (at - self.prior_mean) / self.variance)

    def precision(self, at: Floats) -> Floats:
        """Return the negative Hessian of the log posterior."""
        p = 1.0 / (1.0 + np.exp(-self.Z @ at))
        return np.asarray((self.Z.T * (p * (1 - p))) @ self.Z + np.diag(1.0 / self.variance))

    def mode(self) -> Floats:
        """Climb with SciPy from nothing, then once more from there by an exact step."""

        def depth(at: Floats) -> float:
            logit = self.Z @ at
            likelihood = self.y @ logit - np.logaddexp(0.0, logit).sum()
            return float(0.5 * ((at - self.prior_mean) ** 2 / self.variance).sum() - likelihood)

        start = np.zeros(self.Z.shape[1])
        found: Floats = minimize(
            depth, start, jac=lambda at: -self.gradient(at), hess=self.precision, method="dogleg"
        ).x
        return found + np.linalg.solve(self.precision(found), self.gradient(found))


def dense(X: Floats, y: Codes, variance: Floats, title_variance: float) -> Dense:
    """Write the problem in its textbook form."""
    ids = np.unique(X[:, MEDIA_ID])
    one_hot = (X[:, [MEDIA_ID]] == ids).astype(np.float64)
    return Dense(
        Z=np.hstack([design(X), one_hot]),
        y=y,
        title_ids=ids.astype(np.int64),
        prior_mean=np.concatenate([layout().prior_mean, np.zeros(len(ids))]),
        variance=np.concatenate([variance, np.full(len(ids), title_variance)]),
    )


def after_evidence(problem: Dense, strength: float) -> tuple[Floats, float]:
    """One EM round, group by group, from the full covariance."""
    shape, q = layout(), len(layout().names)
    mode = problem.mode()
    covariance = np.linalg.inv(problem.precision(mode))
    square = (mode - problem.prior_mean) ** 2 + np.diag(covariance)
    variance = shape.deviation**2
    for number, (_, _, _, deviation) in enumerate(GROUPS):
        of_group = np.flatnonzero(shape.group == number) + len(SUBSCORES)
        total = strength * deviation**2 + sum(square[of_group])
        variance[of_group] = total / (strength + len(of_group))
    titles = square[q:]
    total = strength * TITLE_DEVIATION**2 + sum(titles)
    return variance, total / (strength + len(titles))


def household(rows: int) -> tuple[Floats, Codes]:
    """Return feedback that speaks of some titles several times."""
    world = make_world(21, titles=40)
    return training_rows(world, live(world, rows, 21))


def assert_same_belief(found: MixedPosterior, problem: Dense, X: Floats) -> None:
    """Compare modes, means and variances, of titles that were rated and of one that was not."""
    q, mode = len(layout().names), problem.mode()
    covariance = np.linalg.inv(problem.precision(mode))
    np.testing.assert_allclose(found.coefficients, mode[:q], rtol=0, atol=1e-7)
    np.testing.assert_array_equal(found.title_ids, problem.title_ids)
    np.testing.assert_allclose(found.title_effects, mode[q:], rtol=0, atol=1e-7)
    seen = found.moments(X)
    np.testing.assert_allclose(seen.mean, problem.Z @ mode, rtol=0, atol=1e-7)
    variance = np.einsum("ni,ij,nj->n", problem.Z, covariance, problem.Z, optimize=True)
    np.testing.assert_allclose(seen.variance, variance, rtol=0, atol=1e-7)
    new = X.copy()
    new[:, MEDIA_ID] = 9_999
    unseen, x = found.moments(new), design(X)
    np.testing.assert_allclose(unseen.mean, x @ mode[:q], rtol=0, atol=1e-7)
    variance = np.einsum("ni,ij,nj->n", x, covariance[:q, :q], x, optimize=True)
    expected = variance + found.title_variance
    np.testing.assert_allclose(unseen.variance, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("rows", [1, 7, 90])
def test_the_belief_is_the_laplace_posterior(rows: int) -> None:
    """Mean and variance agree with a dense computation that eliminates nothing."""
    X, y = household(rows)
    problem = dense(X, y, layout().deviation ** 2, TITLE_DEVIATION**2)
    assert_same_belief(glmix.fit(X, y, WITHOUT_EVIDENCE), problem, X)


@pytest.mark.parametrize("rows", [7, 90])
def test_a_round_of_evidence_is_a_round_of_em(rows: int) -> None:
    """Each group's variance follows its expected squares, held by imagined coefficients."""
    X, y = household(rows)
    config = GlmixConfig(evidence_rounds=1)
    before = dense(X, y, layout().deviation ** 2, TITLE_DEVIATION**2)
    variance, title_variance = after_evidence(before, config.evidence_strength)
    found = glmix.fit(X, y, config)
    assert found.title_variance == pytest.approx(title_variance, abs=1e-10)
    assert_same_belief(found, dense(X, y, variance, title_variance), X)


@pytest.mark.parametrize("scale", [1.0, 50.0])
@pytest.mark.parametrize("rounds", [0, 3])
def test_the_mode_is_a_mode(scale: float, rounds: int) -> None:
    """At what was found the slope of the titles' posterior is nothing, for many rows too."""
    X, y = household(200)
    fit = glmix.fit(X, y, GlmixConfig(evidence_rounds=rounds), np.full(200, scale))
    at = np.searchsorted(fit.title_ids, X[:, MEDIA_ID])
    p = 1.0 / (1.0 + np.exp(-fit.moments(X).mean))
    pull = np.bincount(at, scale * (y - p)) - fit.title_effects / fit.title_variance
    assert np.abs(pull).max() < 1e-6
    if not rounds:
        shape = layout()
        away = (fit.coefficients - shape.prior_mean) / shape.deviation**2
        assert np.abs(design(X).T @ (scale * (y - p)) - away).max() < 1e-6


@pytest.mark.parametrize("strength", [1e-3, 5.0, 1e6])
def test_evidence_stays_finite_and_positive(strength: float) -> None:
    """Many rounds, hardly held or held hard, leave variances that are variances."""
    X, y = household(150)
    fit = glmix.fit(X, y, GlmixConfig(evidence_rounds=30, evidence_strength=strength))
    assert 0 < fit.title_variance < 25
    assert np.isfinite(fit.root).all()
    assert (np.abs(np.diag(fit.root)) > 0).all()
    assert (np.square(fit.root).sum(axis=1) < 100).all()


def test_firm_evidence_changes_nothing() -> None:
    """Held by a million imagined coefficients, the variances stay where the prior put them."""
    X, y = household(150)
    held = glmix.fit(X, y, GlmixConfig(evidence_strength=1e9)).moments(X)
    fixed = glmix.fit(X, y, WITHOUT_EVIDENCE).moments(X)
    np.testing.assert_allclose(held.mean, fixed.mean, rtol=0, atol=1e-6)
    np.testing.assert_allclose(held.variance, fixed.variance, rtol=0, atol=1e-6)


@pytest.mark.parametrize("width", [PROMISED_COUNT, FEATURE_COUNT])
def test_no_feedback_is_the_rules(width: int) -> None:
    """Fitted to no rows, the model believes what the rules say, with the same doubt."""
    X, _ = household(30)
    nothing = glmix.fit(np.zeros((0, FEATURE_COUNT)), np.zeros(0, np.int64), GlmixConfig())
    asked = np.zeros_like(X)
    asked[:, :width] = X[:, :width]
    found, expected = nothing.moments(asked), rules_posterior().moments(asked)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.variance, expected.variance, rtol=0, atol=1e-9)


def test_rows_that_weigh_nothing_were_never_seen() -> None:
    """Without weight there is neither feedback nor a rated title: the rules remain."""
    X, y = household(30)
    fit = glmix.fit(X, y, GlmixConfig(), np.zeros(30))
    assert fit.title_ids.size == 0
    np.testing.assert_allclose(fit.coefficients, layout().prior_mean, rtol=0, atol=1e-12)


def test_doubt_shrinks_with_feedback() -> None:
    """The variance of every row of a library is at most the prior's, and less with more rows."""
    X, y = household(200)
    prior = rules_posterior().moments(X).variance
    some = glmix.fit(X[:50], y[:50], WITHOUT_EVIDENCE).moments(X).variance
    many = glmix.fit(X, y, WITHOUT_EVIDENCE).moments(X).variance
    assert (some < prior).all()
    assert many.mean() < some.mean()


def test_a_verdict_speaks_of_its_title_first() -> None:
    """A liked title gains more than its twin that was never rated, which gains too."""
    X, _ = household(1)
    twin = X.copy()
    twin[0, MEDIA_ID] += 5_000
    fit = glmix.fit(X, np.array([1]), GlmixConfig())
    before = float(rules_posterior().moments(X).mean[0])
    assert before < float(fit.moments(twin).mean[0]) < float(fit.moments(X).mean[0])


@pytest.mark.parametrize("rows", [0, 1, 2, 5, 10, 20, 50])
def test_it_is_no_worse_than_the_base_rate(rows: int) -> None:
    """Over households of every balance, its expected log loss is at most the base rate's."""
    excess = [
        _excess_nats(_shifted(make_world(seed, titles=120), shift), rows, seed)
        for seed in range(6)
        for shift in BALANCES
    ]
    assert len(excess) >= 12
    assert np.mean(excess) <= 0.01


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("rows", [1, 2, 5, 10, 20, 50])
def test_one_class_is_enough(rows: int, label: int) -> None:
    """Where all verdicts agree, the model follows them without ever being certain."""
    X, _ = household(rows)
    fit = glmix.fit(X, np.full(rows, label), GlmixConfig())
    p, prior = fit.moments(X).probability, rules_posterior().moments(X).probability
    assert ((p > 0.001) & (p < 0.999)).all()
    assert (p.mean() > prior.mean()) == bool(label)


def _shifted(world: World, shift: float) -> World:
    logit = np.log(world.truth / (1.0 - world.truth)) + shift
    return replace(world, truth=1.0 / (1.0 + np.exp(-logit)))


def _excess_nats(world: World, rows: int, seed: int) -> float:
    """Return how much worse than a constant the model is expected to do on fresh evenings."""
    X, y = training_rows(world, live(world, 50, seed))
    fresh = live(world, 150, seed + 1_000)
    true = world.truth[fresh.context, fresh.title]
    fit = glmix.fit(X[:rows], y[:rows], GlmixConfig())
    p = fit.moments(training_rows(world, fresh)[0]).probability
    rate = np.full(len(true), (y[:rows].sum() + 1.0) / (rows + 2.0))
    return _expected_log_loss(p, true) - _expected_log_loss(rate, true)


def _expected_log_loss(p: Floats, true: Floats) -> float:
    return float(-np.mean(true * np.log(p) + (1.0 - true) * np.log1p(-p)))


def test_what_is_left_out_stays_at_the_rules() -> None:
    """A group named in `without` learns nothing; the others learn, and more is left to them."""
    X, y = household(90)
    shape, trust_count = layout(), len(SUBSCORES)
    whole = glmix.fit(X, y, GlmixConfig())
    for name, (first, *_) in enumerate(GROUPS):
        of_group = trust_count + np.flatnonzero(shape.group == name)
        found = glmix.fit(X, y, GlmixConfig(without=first))
        assert np.abs(found.coefficients[of_group]).max(initial=0.0) < 1e-4
        assert not len(of_group) or not np.array_equal(found.coefficients, whole.coefficients)
    assert np.abs(whole.coefficients - shape.prior_mean).max() > 0.05


def test_titles_and_trust_can_be_left_out() -> None:
    """Without them no title has an effect, and the rules weigh what they weigh untrained."""
    X, y = household(90)
    found = glmix.fit(X, y, GlmixConfig(without="title,trust"))
    trust_count = len(SUBSCORES)
    np.testing.assert_allclose(
        found.coefficients[:trust_count], layout().prior_mean[:trust_count], rtol=0, atol=1e-4
    )
    assert np.abs(found.title_effects).max() < 1e-4
    assert found.title_variance < 1e-5
    assert np.abs(found.coefficients[trust_count:]).max() > 0.05


@pytest.mark.parametrize("without", ["mood_gender", "title,", "title, trust"])
def test_a_group_that_is_not_there_cannot_be_left_out(without: str) -> None:
    """A name that is no group's is refused, so that no measurement leaves out nothing."""
    with pytest.raises(InvalidInput, match="There is no group"):
        GlmixConfig(without=without)
