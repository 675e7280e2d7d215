"""The baseline as arrays: a weighted sum by hand, one order for every context."""

import numpy as np
import pytest

from app.backend.domain.context import every_context
from app.backend.domain.errors import ArtefactDamaged
from app.backend.features.additive import AdditiveModel
from app.backend.features.encode import Floats, for_context
from app.backend.features.schema import FEATURE_COUNT, PROMISED_COUNT
from tests.worlds import make_world


def by_hand() -> AdditiveModel:
    """Return a model whose sums can be followed."""
    return AdditiveModel(
        centre=np.arange(17.0),
        scale=np.full(17, 2.0),
        weights=np.linspace(-1.0, 1.0, 17),
        intercept=0.25,
    )


def test_a_logit_is_a_weighted_sum() -> None:
    """Each promised column adds its weight times its standard value; the others add nothing."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(4, FEATURE_COUNT))
    moments = by_hand().moments(X)
    for row, mean in zip(X, moments.mean, strict=True):
        terms = ((row[at] - at) / 2.0 * (-1.0 + at / 8.0) for at in range(17))
        assert mean == pytest.approx(0.25 + sum(terms))
    np.testing.assert_array_equal(moments.variance, np.zeros(4))
    X[:, PROMISED_COUNT:] = 0.0
    np.testing.assert_array_equal(by_hand().moments(X).mean, moments.mean)


def test_every_context_ranks_alike() -> None:
    """Between contexts all logits move by the same amount: the order stays."""
    encoded = make_world(71, titles=30).encoded
    logits: list[Floats] = [
        by_hand().moments(for_context(context.code, encoded)).mean for context in every_context()
    ]
    for one in logits[1:]:
        np.testing.assert_allclose(one - logits[0], one[0] - logits[0][0], rtol=0, atol=1e-9)
    assert len({round(float(one[0]), 6) for one in logits}) > 1


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_an_impossible_scale_is_refused(value: float) -> None:
    """A scale that is not positive cannot have been learnt."""
    arrays = by_hand().to_arrays()
    arrays["scale"] = np.append(arrays["scale"][:-1], value)
    with pytest.raises(ArtefactDamaged, match="Train again with: encore train"):
        AdditiveModel.from_arrays(arrays)
