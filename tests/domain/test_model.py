"""A belief about a logit becomes a probability as integrating over it would."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.model import Moments

MEANS = st.floats(-30, 30)
VARIANCES = st.floats(0, 400)


def probability(mean: float, variance: float) -> float:
    """Return the probability of one belief."""
    return float(Moments(np.array([mean]), np.array([variance])).probability[0])


@given(MEANS)
def test_certainty_is_the_logistic_curve(mean: float) -> None:
    """Without doubt the probability is that of the logit."""
    assert probability(mean, 0.0) == pytest.approx(1 / (1 + np.exp(-mean)), abs=1e-12)


@settings(deadline=None)
@given(st.floats(-4, 4), st.floats(0, 6))
def test_doubt_is_averaged_over(mean: float, variance: float) -> None:
    """The closed form is within 0.02 of the integral over the belief."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    curve = 1 / (1 + np.exp(-(mean + np.sqrt(variance) * nodes)))
    assert probability(mean, variance) == pytest.approx(curve @ weights / weights.sum(), abs=0.02)


@given(MEANS, VARIANCES, VARIANCES)
def test_doubt_pulls_towards_even(mean: float, one: float, other: float) -> None:
    """More doubt never makes a probability more extreme, nor moves it across one half."""
    less, more = sorted([one, other])
    assert abs(probability(mean, more) - 0.5) <= abs(probability(mean, less) - 0.5) + 1e-12
    assert (probability(mean, more) - 0.5) * mean >= 0


@given(MEANS, VARIANCES)
def test_both_sides_are_alike(mean: float, variance: float) -> None:
    """What speaks against as much as something speaks for has the opposite chance."""
    there, back = probability(mean, variance), probability(-mean, variance)
    assert there + back == pytest.approx(1.0)


def test_far_logits_do_not_overflow() -> None:
    """However far a logit, the probability lies in 0..1, without a warning."""
    found = Moments(np.array([-1e8, 1e8]), np.zeros(2)).probability
    np.testing.assert_array_equal(found, [0.0, 1.0])
