"""A slate is drawn by the stated chances, exactly, and its titles differ."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.model import Moments
from app.backend.domain.randomness import generator
from app.backend.domain.title import Title
from app.backend.features import schema
from app.backend.features.basis import title_basis
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.genres import CANON
from app.backend.ranking.slate import Deck, Drawn, Policy, best_first, traits_of
from tests.worlds import make_world

DRAWS = 20_000
SIZES = st.integers(0, 6)
POLICIES = st.builds(
    Policy,
    exploration=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    pool=st.integers(1, 10),
    temperature=st.floats(0.05, 3.0),
    diversity=st.floats(0.0, 2.0),
)


def library(*genres: tuple[str, ...], series: tuple[int, ...] = ()) -> Floats:
    """Return X for titles of these genres in one context."""
    titles = [
        Title(at + 1, "", "series" if at in series else "movie", genres=names)
        for at, names in enumerate(genres)
    ]
    return for_context(21, encode_titles(titles))


def likeness(X: Floats) -> Floats:
    """Return the cosine of every two titles' genres and, at half weight, kinds."""
    genres = X[:, schema.GENRE_COLUMNS]
    genres = genres / np.sqrt(np.maximum(genres.sum(axis=1, keepdims=True), 1.0))
    traits = np.column_stack([genres, 0.5 * X[:, schema.KIND_SERIES]])
    length = np.linalg.norm(traits, axis=1)
    length[length == 0] = 1.0
    return np.asarray(traits @ traits.T / np.outer(length, length))


def draw(utility: Floats, X: Floats, size: int, policy: Policy, rng: np.random.Generator) -> Drawn:
    """Draw a slate from titles."""
    deck = Deck(utility, traits_of(title_basis(X)), policy)
    return deck.draw(size, rng.random(size).tolist())


def chances(utility: Floats, X: Floats, before: tuple[int, ...], policy: Policy) -> Floats:
    """Return every title's chance of the next place, straight from the policy's definition."""
    alike = likeness(X)
    worth = {
        at: utility[at] - policy.diversity * max([0.0, *(alike[at, one] for one in before)])
        for at in range(len(utility))
        if at not in before
    }
    pool = sorted(worth, key=lambda at: (-worth[at], at))[: policy.pool]
    weights = np.array([np.exp((worth[at] - worth[pool[0]]) / policy.temperature) for at in pool])
    found = np.zeros(len(utility))
    found[pool] = policy.exploration * weights / weights.sum()
    found[pool[0]] += 1.0 - policy.exploration
    return found


@st.composite
def libraries(data: st.DrawFn) -> tuple[Floats, Floats]:
    """Draw utilities and X of up to eight titles."""
    genres = st.lists(st.sampled_from(CANON[:5]), unique=True, max_size=3).map(tuple)
    names = data(st.lists(genres, max_size=8))
    count = len(names)
    utility = data(st.lists(st.floats(-4, 4), min_size=count, max_size=count))
    series = data(st.sets(st.integers(0, 8)))
    return np.array(utility, dtype=np.float64), library(*names, series=tuple(series))


@settings(deadline=None, max_examples=150)
@given(libraries(), SIZES, POLICIES, st.integers(0, 2**63 - 1))
def test_propensities_are_the_policys_own(
    drawn_from: tuple[Floats, Floats], size: int, policy: Policy, seed: int
) -> None:
    """At each place all chances sum to 1, and the stated one is that of the definition."""
    utility, X = drawn_from
    slate = draw(utility, X, size, policy, generator(seed))
    assert len(slate.rows) == len(slate.propensities) == min(size, len(utility))
    assert len(set(slate.rows)) == len(slate.rows)
    for place, (row, propensity) in enumerate(zip(slate.rows, slate.propensities, strict=True)):
        expected = chances(utility, X, slate.rows[:place], policy)
        assert expected.sum() == pytest.approx(1.0)
        assert not expected[list(slate.rows[:place])].any()
        assert 0.0 < propensity <= 1.0
        # Values that are equal but for rounding may change places; nothing else may.
        assert propensity == pytest.approx(expected[row], abs=1e-9) or _nearly_equal(
            utility, X, slate, place, policy
        )


def test_frequencies_are_the_stated_chances() -> None:
    """Over many draws the first place, and the second after each first, come as often as said."""
    world = make_world(91, titles=12)
    X, rng = for_context(21, world.encoded), generator(5)
    utility = rng.normal(size=12)
    policy = Policy(exploration=0.6, pool=8, temperature=1.0)
    slates = [draw(utility, X, 2, policy, rng) for _ in range(DRAWS)]
    _assert_as_stated(Counter((s.rows[0], s.propensities[0]) for s in slates))
    for first in range(12):
        after = [s for s in slates if s.rows[0] == first]
        _assert_as_stated(Counter((s.rows[1], s.propensities[1]) for s in after))


def test_without_exploration_the_best_comes_first() -> None:
    """A greedy slate is in the order of what titles are worth, and sure of it."""
    X = library(("comedy",), ("drama",), ("action",), ("war",))
    policy = Policy(exploration=0.0, diversity=0.0)
    found = draw(np.array([0.1, 0.4, -2.0, 0.3]), X, 4, policy, generator(1))
    assert found == Drawn((1, 3, 0, 2), (1.0, 1.0, 1.0, 1.0))


def test_only_the_pool_is_explored() -> None:
    """However often it is drawn, a title outside the pool never takes the first place."""
    X = library(*[(genre,) for genre in CANON[:6]])
    utility = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    policy, rng = Policy(exploration=1.0, pool=2, temperature=5.0), generator(2)
    firsts = {draw(utility, X, 1, policy, rng).rows[0] for _ in range(300)}
    assert firsts == {4, 5}


def test_diversity_keeps_likes_apart() -> None:
    """Of two equal favourites the second gives way to something else that is nearly as good."""
    X = library(("comedy",), ("comedy",), ("drama",), ("comedy", "drama"))
    utility = np.array([1.0, 0.9, 0.5, 0.6])
    greedy = {
        diversity: draw(
            utility, X, 4, Policy(exploration=0.0, diversity=diversity), generator(1)
        ).rows
        for diversity in (0.0, 0.6)
    }
    assert greedy[0.0] == (0, 1, 3, 2)
    assert greedy[0.6] == (0, 2, 1, 3)


def test_diversity_lowers_likeness() -> None:
    """Over many libraries the titles of a slate are less alike than without it."""
    mean = {}
    for diversity in (0.0, 0.6):
        alike = []
        for seed in range(20):
            X = for_context(21, make_world(seed, titles=60).encoded)
            utility = generator(seed).normal(size=60)
            policy = Policy(diversity=diversity)
            rows = draw(utility, X, 5, policy, generator(seed)).rows
            alike += [likeness(X)[one, other] for one, other in pairwise(rows)]
        mean[diversity] = np.mean(alike)
    assert mean[0.6] < 0.7 * mean[0.0]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_titles_than_places_are_all_shown(count: int) -> None:
    """A small library gives a small slate without repeats."""
    X = library(*[("comedy",)] * count)
    found = draw(np.zeros(count), X, 5, Policy(), generator(3))
    assert sorted(found.rows) == list(range(count))
    assert found.propensities[-1:] == (1.0,) * min(count, 1)


def test_a_seed_draws_the_slate_again() -> None:
    """The same request with the same seed is the same slate; seeds together draw many."""
    X = for_context(21, make_world(92, titles=30).encoded)
    utility = generator(0).normal(size=30)
    slates = [draw(utility, X, 4, Policy(exploration=0.5), generator(seed)) for seed in range(20)]
    again = [draw(utility, X, 4, Policy(exploration=0.5), generator(seed)) for seed in range(20)]
    assert slates == again
    assert len(set(slates)) > 10


def test_titles_of_no_genre_are_like_nothing() -> None:
    """Where nothing is known of titles they do not push each other away."""
    X = library((), (), ())
    found = draw(np.array([3.0, 2.0, 1.0]), X, 3, Policy(exploration=0.0), generator(1))
    assert found.rows == (0, 1, 2)


def test_utility_is_the_logit_of_the_promise() -> None:
    """Ranking by utility is ranking by the averaged probability; doubt pulls towards even."""
    moments = Moments(np.array([2.0, 2.0, -1.0, 0.0]), np.array([0.0, 4.0, 1.0, 9.0]))
    found = moments.utility
    np.testing.assert_allclose(1 / (1 + np.exp(-found)), moments.probability)
    assert found[0] == 2.0
    assert 0 < found[1] < 2.0
    assert found[3] == 0.0


def test_the_policys_name_tells_its_numbers() -> None:
    """Impressions keep a name from which the policy can be made again."""
    name = Policy(exploration=0.25, pool=7).name
    assert "exploration=0.25" in name
    assert "pool=7" in name
    assert name != Policy().name


def _assert_as_stated(counts: Counter[tuple[int, float]]) -> None:
    """Insist on frequencies within five standard deviations of the stated chances."""
    total = counts.total()
    assert len({row for row, _ in counts}) == len(counts), "one chance for each title"
    if total > 2_000:
        assert sum(chance for _, chance in counts) == pytest.approx(1.0)
    for (_, chance), count in counts.items():
        spread = np.sqrt(total * chance * (1.0 - chance))
        assert abs(count - total * chance) <= 5.0 * spread + 1e-9


def _nearly_equal(utility: Floats, X: Floats, slate: Drawn, place: int, policy: Policy) -> bool:
    """Say whether two titles are worth the same at a place, but for rounding."""
    before = list(slate.rows[:place])
    free = [at for at in range(len(utility)) if at not in before]
    penalty = likeness(X)[:, before].max(axis=1, initial=0.0)
    worth = np.sort((utility - policy.diversity * penalty)[free])
    return bool((np.diff(worth) < 1e-9).any())


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32), st.integers(1, 300), st.integers(0, 3), st.sampled_from([0, 7, 9_999])
)
def test_the_best_come_first_whatever_the_library(
    seed: int, most: int, decimals: int, count: int
) -> None:
    """They are those of a plain sort, equals in order of position; so are infinite values."""
    rng = generator(seed)
    value = np.round(rng.normal(size=count), decimals)
    value[rng.random(count) < 0.3] = -np.inf
    expected = np.argsort(-value, kind="stable")[:most]
    np.testing.assert_array_equal(best_first(value, most), expected)
