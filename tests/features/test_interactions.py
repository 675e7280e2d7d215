"""Two ways to the same logit agree, and every coefficient has a name, a place and a prior."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_arrays

from app.backend.domain.context import Context, every_context
from app.backend.domain.title import Title
from app.backend.features.basis import CONTEXT_BASIS, TITLE_BASIS, context_basis, title_basis
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.interactions import GROUPS, TRUST_DEVIATIONS, design, folded, layout
from app.backend.features.rules import SUBSCORES, default_rules
from tests.worlds import make_world

COUNT = len(layout().names)
COEFFICIENTS = of_arrays.arrays(np.float64, COUNT, elements=st.floats(-3, 3))


def library(code: int) -> Floats:
    """Return X for a few varied titles in one context."""
    return for_context(code, make_world(51, titles=24).encoded)


@settings(deadline=None, max_examples=50)
@given(COEFFICIENTS, st.sampled_from([context.code for context in every_context()] + [0, 3, 16]))
def test_folded_coefficients_give_the_same_logits(coefficients: Floats, code: int) -> None:
    """`c @ W @ t` and `design(X) @ coefficients` are one number, whatever the coefficients."""
    X = library(code)
    bilinear = np.einsum(
        "ni,ij,nj->n", context_basis(X), folded(coefficients), title_basis(X), optimize=True
    )
    np.testing.assert_allclose(design(X) @ coefficients, bilinear, rtol=0, atol=1e-10)


def test_a_regressor_is_the_product_that_it_is_named_after() -> None:
    """Each cross is its context word times its title trait."""
    X, names = library(Context("dramatic", "group", "binge").code), layout().names
    context, title, regressors = context_basis(X), title_basis(X), design(X)
    assert len(set(names)) == COUNT == regressors.shape[1]
    for at in range(len(SUBSCORES), COUNT):
        word, _, trait = names[at].partition(" x ")
        product = context[:, CONTEXT_BASIS.index(word)] * title[:, TITLE_BASIS.index(trait)]
        np.testing.assert_array_equal(regressors[:, at], product)


def test_trust_weighs_the_subscores() -> None:
    """The first regressors are the rules' four scores, here for one title by hand."""
    film = Title(1, "A film", "movie", 2010, 120.0, ("comedy", "war"), 7.7)
    X = for_context(Context("funny", "couple", "medium").code, encode_titles([film]))
    rules = default_rules()
    mood = (rules.mood["funny"]["comedy"] + rules.mood["funny"]["war"]) / np.sqrt(2)
    group = (rules.group["couple"]["comedy"] + rules.group["couple"]["war"]) / np.sqrt(2)
    np.testing.assert_allclose(design(X)[0, : len(SUBSCORES)], [mood, group, 1.0, 1.0])
    assert layout().names[0] == "trust in the rules: mood"


def test_the_prior_is_the_rules() -> None:
    """Trust starts at the rules' own, every deviation from them at nothing."""
    mean = layout().prior_mean
    np.testing.assert_array_equal(mean[: len(SUBSCORES)], default_rules().trust)
    assert not mean[len(SUBSCORES) :].any()


@pytest.mark.parametrize(("text", "members"), [(0, 0), (3, 0), (0, 2), (3, 2)])
def test_every_coefficient_may_wander_as_far_as_its_group(text: int, members: int) -> None:
    """Deviations are positive and those of the group; a group has all its products."""
    several: dict[tuple[str, ...], int] = {("text",): text, ("member",): members}
    shape = layout(text, members)
    np.testing.assert_array_equal(shape.deviation[: len(SUBSCORES)], TRUST_DEVIATIONS)
    of_crosses = shape.deviation[len(SUBSCORES) :]
    assert len({name for name, *_ in GROUPS}) == len(GROUPS)
    for number, (_, words, traits, deviation) in enumerate(GROUPS):
        of_group = np.flatnonzero(shape.group == number)
        expected = several.get(words, len(words)) * several.get(traits, len(traits))
        assert len(of_group) == expected
        assert (of_crosses[of_group] == deviation).all()
        assert deviation > 0


def test_no_product_is_counted_twice() -> None:
    """No two coefficients stand on the same place of the folded matrix."""
    places = list(zip(layout().context_at.tolist(), layout().title_at.tolist(), strict=True))
    assert len(set(places)) == len(places)


def test_only_context_with_title_can_change_an_order() -> None:
    """There are moods and companies with genres, without which every context ranks alike."""
    places = {tuple(name.split(" x ")) for name in layout().names if " x " in name}
    assert ("mood_funny", "genre_drama") in places
    assert ("group_solo", "genre_comedy") in places
    assert ("session_binge", "length") in places
