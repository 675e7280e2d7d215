"""A blend leans on what predicts rows held out best, and on all alike where they say little."""

import numpy as np
import pytest
from scipy.special import expit

from app.backend.features.encode import Codes, Floats
from app.backend.learning.blend import MOST_WEIGHT, PENALTY_ROWS, Blend, fit_blend


def told(rows: int, seed: int = 0) -> tuple[dict[str, Floats], Codes]:
    """Return one family that knows the truth, one that guesses, and labels."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 2, rows)
    y = (rng.random(rows) < expit(truth)).astype(np.int64)
    return {"knows": truth, "guesses": rng.normal(0, 2, rows)}, y


def depth(blend: Blend, logits: dict[str, Floats], y: Codes) -> float:
    """Return what the weights make least."""
    eta = blend.logit(logits)
    away = np.array(list(blend.weights.values())) - 1.0 / len(logits)
    return float(np.logaddexp(0.0, eta).sum() - y @ eta + 0.5 * PENALTY_ROWS * away @ away)


def test_the_one_that_knows_is_believed() -> None:
    """With many rows its weight is near one, and that of a guess near nothing."""
    blend = fit_blend(*told(2_000))
    assert blend.weights["knows"] == pytest.approx(1.0, abs=0.1)
    assert blend.weights["guesses"] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("names", [1, 2, 5])
def test_without_rows_a_blend_is_a_mean(names: int) -> None:
    """Nothing speaks for anyone: shares are equal and sum to one."""
    logits = {str(number): np.zeros(0) for number in range(names)}
    blend = fit_blend(logits, np.zeros(0, dtype=np.int64))
    np.testing.assert_allclose(list(blend.weights.values()), 1.0 / names)


@pytest.mark.parametrize("rows", [1, 10, 300])
def test_no_other_weights_are_better(rows: int) -> None:
    """Any step away from what was found makes the penalised loss greater."""
    logits, y = told(rows, rows)
    best = fit_blend(logits, y)
    for step in ((0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.02, -0.02), (-0.02, 0.02)):
        moved = [w + s for w, s in zip(best.weights.values(), step, strict=True)]
        if all(0.0 <= weight <= MOST_WEIGHT for weight in moved):
            other = Blend(dict(zip(logits, moved, strict=True)))
            assert depth(other, logits, y) > depth(best, logits, y)


def test_weights_are_never_negative_and_never_huge() -> None:
    """Who is always wrong has no say; who is far too timid is not multiplied without limit."""
    logits, y = told(500)
    blend = fit_blend({"wrong": -logits["knows"], "timid": logits["knows"] / 10}, y)
    assert blend.weights["wrong"] == 0.0
    assert blend.weights["timid"] == pytest.approx(MOST_WEIGHT)


def test_a_blend_adds_log_odds() -> None:
    """The blended log odds are the weighted sum, by name and not by order."""
    blend = Blend({"a": 0.25, "b": 0.5})
    logits = {"b": np.array([2.0, -1.0]), "c": np.array([99.0, 99.0]), "a": np.array([4.0, 0.0])}
    np.testing.assert_allclose(blend.logit(logits), [2.0, -0.5])


def test_twins_share_their_weight() -> None:
    """Two families that answer alike are believed alike."""
    logits, y = told(400)
    blend = fit_blend({"one": logits["knows"], "twin": logits["knows"]}, y)
    assert blend.weights["one"] == pytest.approx(blend.weights["twin"], abs=1e-3)
