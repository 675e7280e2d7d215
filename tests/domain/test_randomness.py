"""Chance comes from seeds: the same seed is the same chance, on every machine."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from app.backend.domain.randomness import derived_seed, fresh_seed, generator, uniforms

SEEDS = st.integers(0, 2**53 - 1)


def test_what_is_derived_never_changes() -> None:
    """Slates on record are drawn again from it: a change would make other slates."""
    assert derived_seed("home", 7) == 3071827238048753
    assert derived_seed() == 8011147086339971
    assert uniforms(2, "home", 7) == [0.5584401105567327, 0.6609042223068129]


@given(st.integers(0, 20), st.lists(st.text() | st.integers()))
def test_uniforms_are_numbers_below_one(count: int, parts: list[str | int]) -> None:
    """However many and of whatever parts; fewer are the first of more."""
    found = uniforms(count, *parts)
    assert len(found) == count
    assert all(0.0 <= number < 1.0 for number in found)
    assert uniforms(count + 1, *parts)[:count] == found


def test_uniforms_are_spread_evenly_and_apart() -> None:
    """Each place's, over many seeds; and one place's say nothing of the next one's."""
    drawn = np.array([uniforms(4, "home", seed) for seed in range(20_000)])
    for place in range(4):
        assert kstest(drawn[:, place], "uniform").pvalue > 1e-4
    assert np.abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.03


def test_parts_keep_apart() -> None:
    """Where one part ends and the next begins matters, and so does their order."""
    seeds = [derived_seed(*parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("c", "ab"))]
    assert len(set(seeds)) == 4


@given(st.lists(st.text() | st.integers()))
def test_derived_seeds_are_seeds(parts: list[str | int]) -> None:
    """Whatever the parts, the seed has 53 bits and a generator takes it."""
    seed = derived_seed(*parts)
    assert 0 <= seed < 2**53
    generator(seed)


@given(SEEDS)
def test_a_seed_stands_for_its_draws(seed: int) -> None:
    """Two generators of one seed draw alike."""
    assert (
        generator(seed).integers(0, 2**62, 4).tolist()
        == generator(seed).integers(0, 2**62, 4).tolist()
    )


def test_fresh_seeds_differ() -> None:
    """Seeds that nobody could guess are many, and any reader of JSON can keep them."""
    seeds = {fresh_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**53 for seed in seeds)
