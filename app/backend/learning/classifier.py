"""The estimator that every family shares: a config, what was learnt, fit and predict."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any, Final, Self, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from app.backend.domain.errors import ArtefactForeign, InvalidInput
from app.backend.domain.model import Classifier, Predictor
from app.backend.features import additive as additive_model
from app.backend.features import bounds, posterior
from app.backend.features.basis import checked
from app.backend.features.encode import Codes, Floats
from app.backend.features.household import Evidence
from app.backend.features.schema import FEATURE_COUNT
from app.backend.features.serving import class_probabilities, likelier_class
from app.backend.learning import additive, glmix
from app.backend.learning.additive import AdditiveConfig
from app.backend.learning.glmix import GlmixConfig

Config: TypeAlias = GlmixConfig | AdditiveConfig

DEFAULT: Final = GlmixConfig()
BASELINE: Final = AdditiveConfig()
_CONFIGS: Final[Mapping[str, Callable[..., Config]]] = MappingProxyType(
    {posterior.FAMILY: GlmixConfig, additive_model.FAMILY: AdditiveConfig}
)


class ContextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped library
    """A scikit-learn classifier over Encore's columns, of the family that its config names.

    Attributes
    ----------
    predictor_ : Predictor
        All that was learnt, as plain arrays.
    classes_ : ndarray of int, shape (2,)
    n_features_in_ : int
    """

    predictor_: Predictor
    classes_: Codes
    n_features_in_: int

    def __init__(self, config: Config = DEFAULT) -> None:
        self.config = config

    def fit(self, X: Floats, y: Codes, sample_weight: Floats | None = None) -> Self:
        """Fit to rows of X.

        Parameters
        ----------
        X : ndarray, shape (n, FEATURE_COUNT) or (n, 17)
        y : ndarray of int, shape (n,)
            0 and 1.
        sample_weight : ndarray of float64, shape (n,), optional

        Raises
        ------
        FeatureMismatch
            Where X has other columns.
        InvalidInput
            Where y has other values, a weight is negative or not finite, or the lengths differ.
        """
        matrix, labels = checked(X), checked_labels(y, len(X))
        weight = None if sample_weight is None else checked_weights(sample_weight, len(X))
        # One thread: these matrices are small, and the sums come out alike on every machine.
        with threadpool_limits(limits=1, user_api="blas"):
            self.predictor_ = self._fitted(matrix, labels, weight)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = np.shape(X)[1]
        return self

    def learn(self, evidence: Evidence) -> Self:
        """Fit to all that is known of a household: the mixed model reads more of it than X tells.

        Its cost follows distinct contexts and titles, not verdicts: X is never made.
        """
        training = evidence.training
        if not isinstance(self.config, GlmixConfig):
            return self.fit(training.X, training.y)
        with threadpool_limits(limits=1, user_api="blas"):
            self.predictor_ = glmix.fit_evidence(evidence, self.config)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = FEATURE_COUNT
        return self

    @classmethod
    def of(cls, model: Classifier) -> "ContextClassifier":
        """Return a model that was opened from arrays as the estimator that made it.

        Raises
        ------
        ArtefactForeign
            Where its family or config is none of this Encore's.
        """
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in model.config_record().items()
        }
        try:
            estimator = cls(_CONFIGS[model.predictor_.family](**told))
        except (KeyError, TypeError, InvalidInput) as error:
            raise ArtefactForeign(
                "The model was made with other settings than this Encore knows; train again with: "
                "encore train"
            ) from error
        estimator.predictor_ = model.predictor_
        estimator.classes_, estimator.n_features_in_ = np.array([0, 1]), FEATURE_COUNT
        return estimator

    def _fitted(self, X: Floats, y: Codes, weight: Floats | None) -> Predictor:
        """Fit the family's arrays to rows clipped to bounds that are learnt from them alone."""
        if isinstance(self.config, GlmixConfig):
            return glmix.fit(X, y, self.config, weight)
        learnt = bounds.learn(X, weight)
        return replace(additive.fit(bounds.clip(X, learnt), y, self.config, weight), bounds=learnt)

    def predict_proba(self, X: Floats) -> Floats:
        """Return P(negative), P(positive) for each row: float64 of shape (n, 2)."""
        check_is_fitted(self)
        return class_probabilities(self.predictor_, X)

    def predict(self, X: Floats) -> Codes:
        """Return the likelier class of each row."""
        return likelier_class(self.predict_proba(X))

    def config_record(self) -> dict[str, Any]:
        """Return the hyperparameters as plain values, for the manifest."""
        return asdict(self.config)


def checked_labels(y: Codes, length: int) -> Codes:
    """Return labels as integers 0 and 1, or refuse them."""
    labels = np.asarray(y)
    if labels.shape != (length,):
        raise InvalidInput(f"y has shape {labels.shape}, but X has {length} rows.")
    if not np.isin(labels, (0, 1)).all():
        raise InvalidInput("y holds labels other than 0 and 1.")
    return labels.astype(np.int64)


def checked_weights(sample_weight: Floats, length: int) -> Floats:
    """Return weights as they are, or refuse what cannot be the weight of a row."""
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (length,):
        raise InvalidInput(f"sample_weight has shape {weight.shape}, but X has {length} rows.")
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise InvalidInput("sample_weight holds values that are negative or not finite.")
    return weight
