"""Of ratings from elsewhere the mixed model learns taste, and nothing about how high they are."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from app.backend.domain.context import every_context
from app.backend.domain.errors import InvalidInput
from app.backend.features.basis import GENRES, title_basis
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.features.household import Evidence
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.recalled import Recalled
from app.backend.learning.cells import NOT_RECALLED, Weighed, of_training
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.curvature import logistic
from app.backend.learning.evaluation import LEAST_ROWS, hold_trial
from app.backend.learning.gate import (
    LEAST_PROBABILITY,
    LEAST_TASTE_PROBABILITY,
    RECALLS,
    TASTE,
    judge,
    verdict,
)
from app.backend.learning.glmix import GlmixConfig, fit_evidence
from app.backend.learning.newton import Limits, climb
from app.backend.learning.offsets import DEVIATION, marginal, offsets
from app.backend.learning.recall_trial import LEAST_RATINGS, RecallTrial, hold_recall_trial
from tests.learning.households import Dense, prior_of, problem
from tests.worlds import World, choices, live, make_world, training_set

QUICK = GlmixConfig(evidence_rounds=1)
RATED = 120
LIMITS = (LEAST_PROBABILITY, LEAST_TASTE_PROBABILITY)


@cache
def world() -> World:
    """Return the household that is asked here."""
    return make_world(77, titles=200)


def evenings(count: int) -> Evidence:
    """Return what the household said on its first evenings here."""
    found = live(world(), 30, 77)
    return Evidence(training_set(world(), found), choices(found)).part(np.arange(count))


def comedies() -> Codes:
    """Return 1 for every comedy, the opposite of which this household loves below."""
    genre = title_basis(for_context(0, world().encoded))[:, GENRES]
    return (genre[:, 1] > 0).astype(np.int64)


def rated(y: Codes, count: int = RATED, members: Codes | None = None) -> Recalled:
    """Return ratings of the first titles, by one member or several."""
    member = np.zeros(count, dtype=np.int64) if members is None else members
    group = np.unique(member, return_inverse=True)[1].astype(np.int64)
    return Recalled(np.arange(count), member, group, y[:count], count)


def promised(model: MixedPosterior) -> Floats:
    """Return what a model promises of each title, over all contexts: shape (36, titles)."""
    return np.stack(
        [
            model.moments(for_context(one.code, world().encoded)).probability
            for one in every_context()
        ]
    )


@pytest.mark.parametrize("count", [0, 20])
def test_taste_is_learnt_from_ratings(count: int) -> None:
    """Who rates comedies high elsewhere is shown more of them, those that nobody rated too."""
    known = evenings(count)
    loves = fit_evidence(replace(known, recalled=rated(comedies())), QUICK)
    hates = fit_evidence(replace(known, recalled=rated(1 - comedies())), QUICK)
    unrated = np.flatnonzero(comedies())[np.flatnonzero(comedies()) >= RATED]
    assert len(unrated) > 5
    assert (promised(loves) - promised(hates))[:, unrated].mean() > 0.1


def test_how_high_ratings_are_teaches_nothing() -> None:
    """Whoever is pleased with nine titles in ten is promised hardly more than who is with one."""
    rng = np.random.default_rng(3)
    pleased, strict = (
        promised(fit_evidence(replace(evenings(20), recalled=rated(y)), QUICK)).mean()
        for y in ((rng.random(200) < share).astype(np.int64) for share in (0.9, 0.1))
    )
    assert abs(pleased - strict) < 0.05


def test_how_pleased_a_household_is_stays_as_unknown_as_it_was() -> None:
    """Before the first verdict: which titles are preferred is known better, and nothing else."""
    known = evenings(0)
    heard = fit_evidence(replace(known, recalled=rated(comedies())), QUICK)
    mute = fit_evidence(known, QUICK)
    share = np.square(heard.root).sum(axis=1) / np.square(mute.root).sum(axis=1)
    names = layout().names
    assert share[names.index("any x any")] > 0.95
    assert share[names.index("any x genre_comedy")] < 0.8


def test_without_ratings_or_weight_nothing_changes() -> None:
    """To the last bit."""
    known = evenings(20)
    arrays = fit_evidence(known, QUICK).to_arrays()
    told = replace(known, recalled=rated(comedies()))
    weightless = fit_evidence(told, replace(QUICK, recalled_weight=0.0)).to_arrays()
    for name, array in arrays.items():
        assert array.tobytes() == weightless[name].tobytes()
    heard = fit_evidence(told, QUICK).to_arrays()
    assert any(array.tobytes() != heard[name].tobytes() for name, array in arrays.items())


def test_the_order_of_ratings_is_irrelevant() -> None:
    """A model is the same, but for rounding, whichever was read first."""
    found = rated(comedies())
    turned = found.part(np.arange(RATED)[::-1])
    one, other = (
        promised(fit_evidence(replace(evenings(20), recalled=told), QUICK))
        for told in (found, turned)
    )
    assert np.abs(one - other).max() < 1e-9


def test_members_who_are_known_learn_for_themselves() -> None:
    """Somebody with effects of their own has their ratings too; others' are the household's."""
    known = evenings(30)
    known = replace(
        known, training=replace(known.training, member=np.repeat([1, 2], [20, 10]).astype(np.int64))
    )
    config = replace(QUICK, least_member_rows=15)
    cells = []
    for members in (np.ones(RATED, dtype=np.int64), np.full(RATED, 2)):
        found = fit_evidence(replace(known, recalled=rated(comedies(), members=members)), config)
        at = for_context(every_context()[3].code, world().encoded)
        cells.append(found.moments(at, (1,)).probability - found.moments(at).probability)
    liked = comedies() == 1
    assert cells[0][liked].mean() - cells[0][~liked].mean() > (
        cells[1][liked].mean() - cells[1][~liked].mean()
    )


def test_each_group_is_a_context_of_its_own() -> None:
    """Weights add up, and what was said here keeps its own cells."""
    known = evenings(10)
    members = np.repeat([4, 7], [50, 70]).astype(np.int64)
    weighed = Weighed(rated(comedies(), members=members), 0.25)
    nobody = np.zeros(10, dtype=np.int64)
    cells, _ = of_training(known.training, known.choices, nobody, weighed)
    alone, _ = of_training(known.training, known.choices, nobody)
    here = cells.group == NOT_RECALLED
    assert cells.group[~here].tolist() == [0, 1]
    assert cells.member[~here].tolist() == [4, 7]
    assert cells.count[~here].sum(axis=1).tolist() == [12.5, 17.5]
    assert cells.positives[~here].sum() == 0.25 * comedies()[:RATED].sum()
    assert cells.count[here].sum() == alone.count.sum() == 10
    assert np.allclose(cells.said[~here, :4], 0.25)


def test_an_offset_explains_how_many_were_liked() -> None:
    """As many are expected to be liked as were; the other contexts have none."""
    household = problem()
    group = np.full(len(household.context), NOT_RECALLED)
    group[[0, 2]] = [0, 1]
    rng = np.random.default_rng(1)
    count = rng.integers(1, 4, household.count.shape).astype(np.float64)
    told = replace(household, count=count, positives=np.floor(count / 2))
    logit = rng.normal(0, 2, count.shape)
    found = offsets(told, logit, group)
    assert not found[group == NOT_RECALLED].any()
    for at in (0, 2):
        assert len(set(found[at].tolist())) == 1
        expected = (count[at] * logistic(logit[at] + found[at])).sum()
        assert expected == pytest.approx(told.positives[at].sum(), abs=0.05)


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_coefficients_are_no_surer_than_with_the_intercepts_unknown(gamma: float) -> None:
    """Their precision is that of a textbook in which the intercepts are eliminated like effects."""
    prior = prior_of(problem())
    count = np.random.default_rng(2).uniform(0.0, 2.0, problem().count.shape)
    household = replace(problem(), count=count, positives=count / 3.0)
    group = np.full(len(household.context), NOT_RECALLED)
    group[[1, 3]] = [0, 1]
    mode = climb(household, prior, gamma, Limits(50, 1e-9))
    dense = Dense(household, gamma, prior)
    _, precision = dense.derivatives(np.append(mode.w, mode.u))
    p = logistic(mode.logit + household.selection)
    weight = (household.count * p * (1.0 - p)).ravel()
    intercepts = np.repeat(np.eye(2)[group] * (group >= 0)[:, None], len(household.title), axis=0)
    across = (dense.design.T * weight) @ intercepts
    own = np.diag(weight @ intercepts + DEVIATION**-2.0)
    whole = np.block([[precision, across], [across.T, own]])
    covariance = np.linalg.inv(whole)[: len(mode.w), : len(mode.w)]
    factor = marginal(household, mode, group).solver.factor
    np.testing.assert_allclose(factor @ factor.T, np.linalg.inv(covariance), atol=1e-6)
    assert np.abs(factor - mode.solver.factor).max() > 0.01


def test_ratings_that_are_all_alike_move_an_offset_only_so_far() -> None:
    """It stays finite, and so does all that is learnt."""
    model = fit_evidence(replace(evenings(5), recalled=rated(np.ones(200, dtype=np.int64))), QUICK)
    assert np.isfinite(promised(model)).all()


@pytest.mark.parametrize("weight", [-0.1, 1.1, np.nan])
def test_a_weight_that_cannot_be_is_refused(weight: float) -> None:
    """A rating counts at most as much as a verdict."""
    with pytest.raises(InvalidInput, match="recalled_weight"):
        GlmixConfig(recalled_weight=weight)


def test_a_trial_by_ratings_knows_taste_from_noise() -> None:
    """Titles are ordered by models that have not seen their ratings."""
    noise = np.random.default_rng(5).integers(0, 2, 200)
    tasted, heard = (
        hold_recall_trial(replace(evenings(0), recalled=rated(y)), QUICK, 1)
        for y in (comedies(), noise)
    )
    assert tasted is not None
    assert heard is not None
    assert tasted.ours > 0.9 > tasted.rules
    assert tasted.chance_better > 0.99
    assert tasted.chance_taste > 0.99
    assert max(heard.chance_better, heard.chance_taste) < 0.9
    assert tasted.pairs > 300
    assert hold_recall_trial(replace(evenings(0), recalled=rated(comedies())), QUICK, 1) == tasted


@pytest.mark.parametrize(
    "recalled",
    [Recalled(), rated(comedies(), LEAST_RATINGS - 1), rated(np.ones(200, dtype=np.int64))],
    ids=["none", "few", "all alike"],
)
def test_of_too_few_ratings_nothing_is_asked(recalled: Recalled) -> None:
    """Neither are there pairs where all are alike."""
    assert hold_recall_trial(replace(evenings(0), recalled=recalled), QUICK, 1) is None


def test_the_gate_asks_ratings_only_where_evenings_are_too_few() -> None:
    """Then what was learnt from them may serve, if it orders them better than the rules."""
    told = replace(evenings(0), recalled=rated(comedies()))
    model = fit_evidence(told, DEFAULT)
    trial = hold_trial(told, DEFAULT, None, 1)
    answers = judge(trial, model, world().encoded, 1)
    passed, reason = verdict(answers)
    assert [answer.question for answer in answers[:2]] == [RECALLS, TASTE]
    assert passed, reason
    assert "rated elsewhere" in reason
    rules = hold_trial(replace(told, recalled=rated(noise_of(7))), DEFAULT, None, 1)
    assert not verdict(judge(rules, rules_posterior(), world().encoded, 1))[0]
    enough = hold_trial(replace(evenings(30), recalled=rated(comedies())), DEFAULT, None, 1)
    assert len(enough.y) >= LEAST_ROWS
    assert enough.recall is None


@pytest.mark.parametrize(
    ("chances", "asked_in_vain"),
    [((0.999, 0.989), "99%"), ((0.899, 0.999), "90%")],
    ids=["luck", "the rules"],
)
def test_the_gate_wants_more_than_the_rules_and_more_than_luck(
    chances: tuple[float, float], asked_in_vain: str
) -> None:
    """Rules that order worse than luck would are no rival. What falls short is not rounded up."""
    recall = RecallTrial(100, 900, 0.6, 0.45, *chances)
    trial = replace(hold_trial(evenings(0), DEFAULT, None, 1), recall=recall)
    answers = judge(trial, rules_posterior(), world().encoded, 1)
    passed = [chance >= least for chance, least in zip(chances, LIMITS, strict=True)]
    assert [answer.passed for answer in answers[:2]] == passed
    assert sum(passed) == 1
    short = answers[passed.index(False)].finding
    assert short.endswith(f"it takes {asked_in_vain}.")
    assert short.count(asked_in_vain) == 1


def noise_of(seed: int) -> Codes:
    """Return ratings that say nothing."""
    return np.random.default_rng(seed).integers(0, 2, 200)
