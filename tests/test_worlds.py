"""On households of known taste: what is learnt, from how much, and what never changes.

Means over eight households that are the same every time; how large the differences are on others
is told by `benchmarks/first_loop.py`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from app.backend.domain.context import MOODS, Context, every_context
from app.backend.domain.model import Predictor
from app.backend.features.encode import Codes, Floats
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import MEDIA_ID
from app.backend.learning.classifier import BASELINE, DEFAULT, ContextClassifier
from app.backend.learning.gate import top_titles
from tests.worlds import (
    SHOWN,
    World,
    live,
    make_world,
    ndcg_at_5,
    probabilities,
    training_rows,
    training_set,
)

WORLDS = 8
ROWS = 200


@dataclass(frozen=True)
class Learnt:
    """A household, and what each model knows of it after two hundred evenings."""

    world: World
    rules: Predictor
    additive: Predictor
    mixed: Predictor

    def ndcg(self, predictor: Predictor) -> float:
        """Return how well a model ranks the titles that were never shown."""
        return ndcg_at_5(self.world, probabilities(self.world, predictor), self.world.unseen)


@cache
def households(rules_right: bool) -> tuple[Learnt, ...]:
    """Let eight households live and every model learn from them."""
    learnt = []
    for seed in range(WORLDS):
        world = make_world(seed, rules_right=rules_right)
        X, y = training_rows(world, live(world, ROWS, seed))
        additive, mixed = (
            ContextClassifier(config).fit(X, y).predictor_ for config in (BASELINE, DEFAULT)
        )
        learnt.append(Learnt(world, rules_posterior(), additive, mixed))
    return tuple(learnt)


@cache
def mean_ndcg(rules_right: bool) -> dict[str, float]:
    """Return each model's mean over the households."""
    all_of_them = households(rules_right)
    return {
        name: float(np.mean([one.ndcg(getattr(one, name)) for one in all_of_them]))
        for name in ("rules", "additive", "mixed")
    }


def test_knowing_nothing_the_rules_beat_the_trained_baseline() -> None:
    """The rules, without any feedback, rank better than the baseline with two hundred."""
    ndcg = mean_ndcg(rules_right=True)
    assert ndcg["rules"] > ndcg["additive"] + 0.2


def test_the_mixed_model_beats_the_baseline() -> None:
    """After two hundred evenings it is ahead by at least 0.2 NDCG@5 on titles never shown."""
    ndcg = mean_ndcg(rules_right=True)
    assert ndcg["mixed"] >= ndcg["additive"] + 0.2


def test_the_mixed_model_keeps_what_the_rules_know() -> None:
    """Where the rules fit, it is at most 0.03 behind them after two hundred evenings."""
    ndcg = mean_ndcg(rules_right=True)
    assert ndcg["mixed"] >= ndcg["rules"] - 0.03


def test_the_mixed_model_outgrows_wrong_rules() -> None:
    """Where the rules mislead, two hundred evenings make it better than them by 0.05."""
    ndcg = mean_ndcg(rules_right=False)
    assert ndcg["mixed"] >= ndcg["rules"] + 0.05


@pytest.mark.parametrize("rules_right", [True, False])
def test_the_mood_changes_the_top_ten(rules_right: bool) -> None:
    """In every household the mixed model has another top ten for each mood."""
    for one in households(rules_right):
        assert len(set(_tops(one.mixed, one.world))) == len(MOODS)


@pytest.mark.parametrize("rules_right", [True, False])
def test_the_mood_never_changes_the_baselines_top_ten(rules_right: bool) -> None:
    """An additive model ranks alike whatever is said: that is why it is only a baseline."""
    for one in households(rules_right):
        assert len(set(_tops(one.additive, one.world))) == 1


def test_the_mixed_model_answers_contexts_apart() -> None:
    """Its top fives over the 36 contexts are at least twenty different ones."""
    for one in households(rules_right=True):
        p = probabilities(one.world, one.mixed)
        tops = {frozenset(np.argsort(-row, kind="stable")[:5].tolist()) for row in p}
        assert len(tops) >= 20


def test_a_household_is_the_same_every_time() -> None:
    """A seed stands for one household and one life, whenever they are drawn."""
    world, again = make_world(3, titles=50), make_world(3, titles=50)
    np.testing.assert_array_equal(world.truth, again.truth)
    assert world.titles == again.titles
    one, other = live(world, 30, 4), live(again, 30, 4)
    for name in ("context", "title", "y"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert not np.array_equal(make_world(4, titles=50).truth, world.truth)


def test_unseen_titles_are_never_shown() -> None:
    """A learner meets only titles outside `unseen`, which are three in eight."""
    world = make_world(5, titles=80)
    assert len(world.unseen) == 30
    assert not set(live(world, 300, 5).title.tolist()) & set(world.unseen.tolist())


def test_verdicts_follow_the_truth() -> None:
    """Over many evenings the share of positives is what the truth promised for them."""
    world = make_world(6, titles=80)
    evenings = live(world, 4_000, 6)
    promised = world.truth[evenings.context, evenings.title]
    assert ((world.truth > 0) & (world.truth < 1)).all()
    assert abs(evenings.y.mean() - promised.mean()) < 5 * 0.5 / np.sqrt(4_000)
    likely = promised > np.median(promised)
    assert evenings.y[likely].mean() > evenings.y[~likely].mean() + 0.1


def test_a_household_picks_what_appeals() -> None:
    """From slates of several titles it picks those that appeal more than most that are shown."""
    world = make_world(7, titles=80)
    evenings = live(world, 500, 7)
    shown = np.setdiff1d(np.arange(80), world.unseen)
    picked = world.appeal[evenings.context, evenings.title]
    typical = world.appeal[np.ix_(evenings.context, shown)].mean(axis=1)
    assert SHOWN > 1
    assert (picked > typical).mean() > 0.7


def test_evenings_become_what_training_reads() -> None:
    """Rows hold the context and the title that the evening had, in time order."""
    world = make_world(8, titles=50)
    evenings = live(world, 40, 8)
    training = training_set(world, evenings)
    np.testing.assert_array_equal(training.X[:, MEDIA_ID] - 1, evenings.title)
    np.testing.assert_array_equal(training.y, evenings.y)
    np.testing.assert_array_equal(training.slate, np.arange(1, 41))
    assert training.rows_read == 40


def test_ranking_by_the_truth_is_perfect() -> None:
    """NDCG@5 is 1 for the truth itself, and its least for the truth turned round."""
    world = make_world(9, titles=60)
    assert ndcg_at_5(world, world.truth, world.unseen) == pytest.approx(1.0)
    rng = np.random.default_rng(9)
    worst = ndcg_at_5(world, -world.truth, world.unseen)
    chance: list[float] = [
        ndcg_at_5(world, rng.random(world.truth.shape), world.unseen) for _ in range(5)
    ]
    assert worst < min(chance)
    assert max(chance) < 0.9


def test_ndcg_is_what_its_formula_says() -> None:
    """For one context and six titles it is the discounted sum over the best possible one."""
    true = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.2])
    world = _with_truth(np.tile(true, (len(every_context()), 1)))
    scores = np.tile([1.0, 6.0, 5.0, 4.0, 3.0, 2.0], (len(every_context()), 1))
    discounts = [1 / np.log2(place + 1) for place in range(1, 6)]
    reached = sum(gain * d for gain, d in zip([0.1, 0.5, 0.3, 0.7, 0.2], discounts, strict=True))
    best = sum(gain * d for gain, d in zip([0.9, 0.7, 0.5, 0.3, 0.2], discounts, strict=True))
    assert ndcg_at_5(world, scores, np.arange(6)) == pytest.approx(reached / best)


def _tops(predictor: Predictor, world: World) -> list[frozenset[int]]:
    return [
        frozenset(top_titles(predictor, world.encoded, Context(mood, "couple", "medium")))
        for mood in MOODS
    ]


def _with_truth(truth: Floats) -> World:
    nobody: Codes = np.zeros(0, dtype=np.int64)
    return World((), np.zeros((truth.shape[1], 0)), truth, truth, nobody)
