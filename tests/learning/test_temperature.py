"""One factor of all logits is found where the log loss is least, within its limits."""

import numpy as np
import pytest
from scipy.special import expit

from app.backend.learning.temperature import HIGHEST, LOWEST, fit_temperature

LOGIT = np.random.default_rng(0).normal(0.0, 2.0, 20_000)
DRAW = np.random.default_rng(1).random(len(LOGIT))


@pytest.mark.parametrize("factor", [0.4, 0.7, 1.0, 1.3])
def test_the_factor_of_the_truth_is_found(factor: float) -> None:
    """Logits that are too far out, or not far enough, are brought to where they should be."""
    y = (expit(factor * LOGIT) > DRAW).astype(np.float64)
    assert fit_temperature(LOGIT, y) == pytest.approx(factor, abs=0.04)


def test_the_limits_hold() -> None:
    """Logits that are wrong, or right without exception, get the outermost factors."""
    y = (LOGIT > 0).astype(np.float64)
    assert fit_temperature(LOGIT, 1.0 - y) == pytest.approx(LOWEST, abs=0.01)
    assert fit_temperature(LOGIT, y) == pytest.approx(HIGHEST, abs=0.01)


def test_a_weight_is_a_number_of_repeats() -> None:
    """A row of weight 2 counts like two rows."""
    y = (0.5 * expit(LOGIT) + 0.25 > DRAW).astype(np.float64)[:300]
    times = np.arange(300) % 3
    repeated = np.repeat(np.arange(300), times)
    expected = fit_temperature(LOGIT[repeated], y[repeated])
    assert fit_temperature(LOGIT[:300], y, times.astype(np.float64)) == pytest.approx(expected)


def test_the_level_is_what_small_factors_lead_to() -> None:
    """Distances from a level are scaled, and the level itself is not."""
    y = (expit(1.5 + 0.6 * LOGIT) > DRAW).astype(np.float64)
    assert fit_temperature(LOGIT, y, level=1.5) == pytest.approx(0.6, abs=0.04)


def test_nothing_speaks_against_logits_without_rows() -> None:
    """Without rows, or without any that count, the factor is 1."""
    assert fit_temperature(np.zeros(0), np.zeros(0)) == 1.0
    assert fit_temperature(np.ones(2), np.ones(2), np.zeros(2)) == 1.0
