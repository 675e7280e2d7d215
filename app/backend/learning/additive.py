"""The baseline family: plain logistic regression on the 17 promised columns."""

import math
from dataclasses import dataclass

import numpy as np

from app.backend.domain.errors import InvalidInput
from app.backend.features import schema
from app.backend.features.additive import AdditiveModel
from app.backend.features.encode import Codes, Floats


@dataclass(frozen=True, slots=True)
class AdditiveConfig:
    """Hyperparameters of the baseline: the inverse strength of its ridge penalty."""

    inverse_penalty: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be fitted."""
        if not (math.isfinite(self.inverse_penalty) and self.inverse_penalty > 0):
            raise InvalidInput("inverse_penalty is a positive number.")


def fit(X: Floats, y: Codes, config: AdditiveConfig, weight: Floats | None = None) -> AdditiveModel:
    """Fit the baseline; both classes must occur.

    Parameters
    ----------
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    y : ndarray of int, shape (n,)
        0 and 1.
    config : AdditiveConfig
    weight : ndarray of float64, shape (n,), optional
        How often each row counts.

    Raises
    ------
    InvalidInput
        Where only one class, or none, counts.
    """
    if len(np.unique(y if weight is None else y[weight > 0])) < 2:
        raise InvalidInput("The baseline needs positives and negatives; y holds one class only.")
    columns = X[:, : schema.PROMISED_COUNT]
    # Tens of megabytes that only this baseline needs.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    scaler = StandardScaler().fit(columns, sample_weight=weight)
    regression = LogisticRegression(C=config.inverse_penalty, max_iter=1_000)
    regression.fit(scaler.transform(columns), y, sample_weight=weight)
    return AdditiveModel(
        centre=scaler.mean_,
        scale=scaler.scale_,
        weights=regression.coef_[0],
        intercept=float(regression.intercept_[0]),
    )
