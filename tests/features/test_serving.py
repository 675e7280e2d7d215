"""What serves answers exactly as what was trained."""

import numpy as np
import pytest

from app.backend.domain.errors import FeatureMismatch
from app.backend.features import predictors
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import PROMISED_COUNT
from app.backend.features.serving import ServingClassifier, likelier_class
from app.backend.learning.classifier import BASELINE, DEFAULT, Config, ContextClassifier
from tests.worlds import live, make_world, training_rows


@pytest.mark.parametrize("config", [DEFAULT, BASELINE], ids=["mixed", "baseline"])
def test_it_answers_like_the_estimator(config: Config) -> None:
    """Probabilities, classes and config are those of the estimator whose arrays were opened."""
    world = make_world(81, titles=40)
    X, y = training_rows(world, live(world, 60, 81))
    trained = ContextClassifier(config).fit(X, y)
    arrays, family = trained.predictor_.to_arrays(), trained.predictor_.family
    served = ServingClassifier(predictors.build(family, arrays), trained.config_record())
    for rows in (X, X[:, :PROMISED_COUNT], X[:0]):
        np.testing.assert_array_equal(served.predict_proba(rows), trained.predict_proba(rows))
        np.testing.assert_array_equal(served.predict(rows), trained.predict(rows))
    np.testing.assert_array_equal(served.classes_, trained.classes_)
    assert served.config_record() == trained.config_record()


def test_another_matrix_is_refused() -> None:
    """Other columns are a named error, as in training."""
    served = ServingClassifier(rules_posterior(), {})
    with pytest.raises(FeatureMismatch):
        served.predict_proba(np.zeros((2, 5)))
    with pytest.raises(FeatureMismatch):
        served.predict(np.full((1, PROMISED_COUNT), np.nan))


def test_an_even_chance_counts_as_positive() -> None:
    """From one half on a row is of class 1."""
    found = likelier_class(np.array([[0.5, 0.5], [0.51, 0.49], [0.0, 1.0]]))
    np.testing.assert_array_equal(found, [1, 0, 1])
    assert found.dtype == np.int64
