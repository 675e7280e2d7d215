"""What a trained model is to the rooms that share it: learning makes it, registry keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Arrays: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Moments:
    """The belief about each row's logit: mean and variance, each float64 of shape (n,)."""

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    @property
    def utility(self) -> NDArray[np.float64]:
        """The logit of `probability`, shape (n,): what titles are ranked by."""
        # In one array: over a whole library, making others costs as much as the arithmetic.
        found = self.variance * (np.pi / 8.0)
        found += 1.0
        np.sqrt(found, out=found)
        return np.asarray(np.divide(self.mean, found, out=found))

    @property
    def probability(self) -> NDArray[np.float64]:
        """P(positive), averaged over the belief, shape (n,).

        The logistic curve against a normal density in MacKay's approximation (The Evidence
        Framework Applied to Classification Networks, 1992): divide the mean by
        sqrt(1 + pi * variance / 8).
        """
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * self.utility)))


class Predictor(Protocol):
    """Plain arrays that answer for rows of X, without the library that trained them."""

    family: ClassVar[str]

    def moments(self, X: NDArray[np.float64]) -> Moments:
        """Return the belief about each row of X, which has all of Encore's columns."""

    def to_arrays(self) -> Arrays:
        """Return everything that the predictor has learnt."""


class Classifier(Protocol):
    """A fitted estimator in the manner of scikit-learn, over a predictor."""

    @property
    def predictor_(self) -> Predictor:
        """All that was learnt, as plain arrays."""

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return P(negative), P(positive) for each row: float64 of shape (n, 2)."""

    def config_record(self) -> Mapping[str, object]:
        """Return the hyperparameters as plain values, for the manifest."""
