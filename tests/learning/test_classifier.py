"""Both families keep the contract of a classifier."""

import math

import numpy as np
import pytest

from app.backend.domain.errors import InvalidInput
from app.backend.learning.additive import AdditiveConfig
from app.backend.learning.classifier import BASELINE, DEFAULT, ContextClassifier
from app.backend.learning.glmix import GlmixConfig
from tests.contracts.classifier import ClassifierSuite, evening_rows


class TestMixedModel(ClassifierSuite):
    """The default family."""

    config = DEFAULT
    refused = (
        lambda: GlmixConfig(evidence_rounds=-1),
        lambda: GlmixConfig(newton_steps=0),
        lambda: GlmixConfig(evidence_strength=0.0),
        lambda: GlmixConfig(evidence_strength=math.inf),
        lambda: GlmixConfig(tolerance=0.0),
        lambda: GlmixConfig(tolerance=math.nan),
    )


class TestBaseline(ClassifierSuite):
    """The additive family."""

    config = BASELINE
    refused = (
        lambda: AdditiveConfig(inverse_penalty=0.0),
        lambda: AdditiveConfig(inverse_penalty=-1.0),
        lambda: AdditiveConfig(inverse_penalty=math.inf),
        lambda: AdditiveConfig(inverse_penalty=math.nan),
    )


def test_the_default_is_the_mixed_model() -> None:
    """Where no config is given, the mixed model is fitted."""
    X, y = evening_rows()
    assert ContextClassifier().fit(X, y).predictor_.family == "glmix"


@pytest.mark.parametrize("rows", [0, 1, 40])
def test_the_baseline_needs_both_classes(rows: int) -> None:
    """One class, or none, or one whose rows all weigh nothing, is a named error."""
    X, y = evening_rows()
    with pytest.raises(InvalidInput, match="one class"):
        ContextClassifier(BASELINE).fit(X[:rows], np.ones(rows, dtype=np.int64))
    with pytest.raises(InvalidInput, match="one class"):
        ContextClassifier(BASELINE).fit(X, y, (y == 1).astype(np.float64))
