"""The mixed model as arrays: its moments by hand, its doubt, and arrays that it refuses."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import CODE_COUNT, Context
from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Arrays
from app.backend.domain.title import Title
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.genres import CANON
from app.backend.features.interactions import TITLE_DEVIATION, design, layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.rules import default_rules
from app.backend.features.schema import MEDIA_ID
from app.backend.learning.classifier import ContextClassifier
from tests.worlds import World, live, make_world, training_rows

COUNT = len(layout().names)

TITLES = st.builds(
    Title,
    id=st.integers(0, 2**53),
    title=st.just(""),
    kind=st.sampled_from(["movie", "series"]),
    year=st.none() | st.integers(-10_000, 100_000),
    minutes=st.none() | st.floats(0, 1e9),
    genres=st.lists(st.sampled_from(CANON), unique=True).map(tuple),
    community_rating=st.none() | st.floats(0, 1e6),
)


def by_hand() -> MixedPosterior:
    """Return a posterior of two rated titles, with numbers that can be followed."""
    rng = np.random.default_rng(0)
    return MixedPosterior(
        coefficients=rng.normal(size=COUNT),
        root=rng.normal(size=(COUNT, COUNT)) / 20,
        title_ids=np.array([4, 9]),
        title_effects=np.array([0.5, -0.25]),
        title_precisions=np.array([8.0, 10.0]),
        title_couplings=rng.normal(size=(2, COUNT)),
        title_variance=0.09,
    )


@cache
def world() -> World:
    """Return the household that is asked here."""
    return make_world(61, titles=40)


@cache
def trained() -> MixedPosterior:
    """Return a posterior that was fitted."""
    X, y = training_rows(world(), live(world(), 60, 61))
    predictor = ContextClassifier().fit(X, y).predictor_
    assert isinstance(predictor, MixedPosterior)
    return predictor


def rows(*ids: int) -> Floats:
    """Return rows of different titles, with the ids that are asked for."""
    X = for_context(Context("funny", "group", "short").code, world().encoded[: len(ids)])
    X[:, MEDIA_ID] = ids
    return X


def test_moments_follow_their_formula() -> None:
    """Rated titles add their effect and share doubt with the coefficients; others add doubt."""
    posterior, X = by_hand(), rows(9, 3, 4, 10, 5)
    covariance = posterior.root @ posterior.root.T
    moments = posterior.moments(X)
    for at, known in enumerate([1, None, 0, None, None]):
        x = design(X[[at]])[0]
        mean, variance = x @ posterior.coefficients, posterior.title_variance
        if known is not None:
            mean += posterior.title_effects[known]
            x = x - posterior.title_couplings[known]
            variance = 1.0 / posterior.title_precisions[known]
        assert moments.mean[at] == pytest.approx(mean)
        assert moments.variance[at] == pytest.approx(variance + x @ covariance @ x)


def test_effects_are_those_of_rated_titles() -> None:
    """A title that was rated has its effect; one before, between or after them has none."""
    effects = by_hand().title_effect_of(rows(3, 4, 5, 9, 10))
    np.testing.assert_array_equal(effects, [0.0, 0.5, 0.0, -0.25, 0.0])


def test_the_rules_by_hand() -> None:
    """Before any feedback a logit is the trusted sum of the rules' scores."""
    film = Title(1, "A film", "movie", 1975, 85.0, ("horror",), 5.3)
    X = for_context(Context("relaxing", "group", "short").code, encode_titles([film]))
    rules = default_rules()
    trust = dict(zip(("mood", "group", "session", "quality"), rules.trust, strict=True))
    expected = (
        trust["mood"] * rules.mood["relaxing"]["horror"]
        + trust["group"] * rules.group["group"]["horror"]
        + trust["session"] * 0.75
        - trust["quality"]
    )
    assert rules_posterior().moments(X).mean[0] == pytest.approx(expected)


def test_the_rules_doubt_themselves() -> None:
    """Before any feedback the variance is the prior's: of every coefficient, and of a title."""
    X = rows(1, 2, 3)
    expected = (design(X) ** 2) @ layout().deviation ** 2 + TITLE_DEVIATION**2
    np.testing.assert_allclose(rules_posterior().moments(X).variance, expected)
    assert rules_posterior().title_ids.size == 0


@settings(deadline=None, max_examples=100)
@given(st.lists(TITLES, max_size=6), st.integers(0, CODE_COUNT - 1))
def test_every_title_gets_a_finite_belief(titles: list[Title], code: int) -> None:
    """However odd a title, mean and variance are finite and its probability lies inside 0..1."""
    X = for_context(code, encode_titles(titles))
    for posterior in (rules_posterior(), trained()):
        moments = posterior.moments(X)
        assert moments.mean.shape == moments.variance.shape == (len(titles),)
        assert np.isfinite(moments.mean).all()
        assert np.isfinite(moments.variance).all()
        assert (moments.variance > 0).all()
        assert ((moments.probability > 0) & (moments.probability < 1)).all()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("title_ids", lambda ids: ids[::-1].copy()),
        ("title_ids", lambda ids: np.concatenate([ids[:1], ids[:-1]])),
        ("title_precisions", lambda precisions: precisions * 0.0),
        ("title_precisions", lambda precisions: -precisions),
        ("title_variance", lambda variance: -variance),
        ("root", lambda root: root[:, :-1]),
        ("coefficients", lambda coefficients: np.append(coefficients, 0.0)),
    ],
    ids=["unsorted", "repeated", "precision 0", "precision", "variance", "root", "longer"],
)
def test_impossible_arrays_are_refused(name: str, change: Callable[[Floats], Floats]) -> None:
    """Titles out of order, precisions and variances that are none, and other shapes are named."""
    arrays = trained().to_arrays()
    MixedPosterior.from_arrays(arrays)
    spoilt: Arrays = arrays | {name: change(arrays[name])}
    with pytest.raises(ArtefactDamaged, match="train again with: encore train"):
        MixedPosterior.from_arrays(spoilt)


def test_arrays_keep_their_own_values() -> None:
    """Building from arrays takes nothing out of the caller's mapping."""
    arrays = trained().to_arrays()
    before = dict(arrays)
    MixedPosterior.from_arrays(arrays)
    assert arrays == before
