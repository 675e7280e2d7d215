"""The baseline family: plain logistic regression on the 17 promised columns."""

from dataclasses import dataclass

from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

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
        if self.inverse_penalty <= 0:
            raise InvalidInput("inverse_penalty is positive.")


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
    """
    columns = X[:, : schema.PROMISED_COUNT]
    scaler = StandardScaler().fit(columns, sample_weight=weight)
    regression = LogisticRegression(C=config.inverse_penalty, max_iter=1_000)
    regression.fit(scaler.transform(columns), y, sample_weight=weight)
    return AdditiveModel(
        centre=scaler.mean_,
        scale=scaler.scale_,
        weights=regression.coef_[0],
        intercept=float(regression.intercept_[0]),
    )
