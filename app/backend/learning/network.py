"""A small neural network over a table's one-hot columns, stopped early and averaged over seeds."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neural_network import MLPClassifier
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from app.backend.domain.errors import InvalidInput
from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes, Floats
from app.backend.features.family import MOST_LEARNERS, Constant
from app.backend.features.one_hot import OneHot
from app.backend.features.table import Columns
from app.backend.features.table_ensemble import TableEnsemble
from app.backend.features.table_network import Layers
from app.backend.learning.rows import Rows, both_classes, checked_rows
from app.backend.learning.stopping import Limits, Trained, train_seeds

LEAST_BATCH: Final = 16


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Hyperparameters of the network.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    alpha : float
        Strength of the penalty on squared weights.
    learning_rate : float
        Of Adam.
    batch_share, most_batch : float, int
        A batch is this share of the rows, but at least 16 and at most `most_batch`.
    seeds : int
        How many networks are averaged.
    least_cross : int
        How often a member or title must occur in a context for a column of both.
    most_epochs, patience : int
    """

    hidden: tuple[int, ...] = (32,)
    alpha: float = 1e-3
    learning_rate: float = 1e-3
    batch_share: float = 0.01
    most_batch: int = 512
    seeds: int = 3
    least_cross: int = 3
    most_epochs: int = 30
    patience: int = 3

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be fitted."""
        if not self.hidden or min(self.hidden) < 1:
            raise InvalidInput("hidden has one number of units, at least 1, for each layer.")
        if not (math.isfinite(self.alpha) and self.alpha >= 0):
            raise InvalidInput("alpha is a number that is not negative.")
        if not (0 < self.learning_rate <= 1 and 0 < self.batch_share <= 1):
            raise InvalidInput("learning_rate and batch_share are above 0, up to 1.")
        if min(self.seeds, self.least_cross) < 1 or self.most_batch < LEAST_BATCH:
            raise InvalidInput("seeds and least_cross are at least 1, most_batch at least 16.")
        if self.seeds > MOST_LEARNERS:
            raise InvalidInput(f"There are at most {MOST_LEARNERS} seeds.")
        Limits(self.most_epochs, self.patience)


DEFAULT: Final = NetworkConfig()


class Network:
    """One network that learns from its rows epoch by epoch."""

    def __init__(self, rows: Rows, columns: Columns, config: NetworkConfig, seed: int) -> None:
        self._encoding = OneHot.learn(rows.X, columns, config.least_cross)
        self._inputs = self._encoding.of(rows.X)
        self._rows = rows
        self._random = generator(seed)
        share = int(config.batch_share * len(rows.y))
        self._batch = min(max(share, LEAST_BATCH), config.most_batch)
        self._model = _model(config, seed)
        # The first call draws the weights; from there the output starts at the base rate.
        self._learn(np.zeros(1, dtype=np.int64))
        self._model.intercepts_[-1][:] = rows.level

    def epoch(self) -> None:
        """Go through the rows once, in an order of their own."""
        self._learn(self._random.permutation(len(self._rows.y)))

    @property
    def layers(self) -> Layers:
        """What was learnt so far."""
        weights = tuple(weight.astype(np.float64) for weight in self._model.coefs_)
        biases = tuple(bias.astype(np.float64) for bias in self._model.intercepts_)
        return Layers(self._encoding, weights, biases)

    def logit(self, X: Floats) -> Floats:
        """Return the logit of each row of a table's matrix, shape (n,)."""
        return self.layers.logit(X)

    def _learn(self, order: Codes) -> None:
        self._model.set_params(batch_size=min(self._batch, len(order)))
        self._model.partial_fit(
            self._inputs[order],
            self._rows.y[order].astype(np.int64),
            sample_weight=self._rows.weight[order],
            classes=np.array([0, 1]),
        )


def _model(config: NetworkConfig, seed: int) -> Any:  # noqa: ANN401  # untyped library
    return MLPClassifier(
        hidden_layer_sizes=config.hidden,
        alpha=config.alpha,
        learning_rate_init=config.learning_rate,
        shuffle=False,
        random_state=seed % 2**32,
    )


class NetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped library
    """Networks of several seeds as a scikit-learn classifier over a table's matrix.

    Attributes
    ----------
    trained_ : Trained of Network, or None
        None where there was nothing to learn but the base rate.
    predictor_ : TableEnsemble or Constant
        What answers.
    classes_ : ndarray of int, shape (2,)
    n_features_in_ : int
    """

    trained_: Trained[Network] | None
    predictor_: TableEnsemble | Constant
    classes_: Codes
    n_features_in_: int

    def __init__(self, columns: Columns, config: NetworkConfig = DEFAULT, seed: int = 0) -> None:
        self.columns = columns
        self.config = config
        self.seed = seed

    def fit(
        self,
        X: Floats,
        y: Codes,
        sample_weight: Floats | None = None,
        unit: Codes | None = None,
    ) -> Self:
        """Fit to rows of a table's matrix.

        Parameters
        ----------
        X : ndarray of float64, shape (n, len(columns.names))
        y : ndarray of int, shape (n,)
            0 and 1.
        sample_weight : ndarray of float64, shape (n,), optional
        unit : ndarray of int64, shape (n,), optional
            Rows of one unit are held out together; by default each row by itself.
        """
        rows = checked_rows(self.columns, X, y, sample_weight, unit)
        self.classes_, self.n_features_in_ = np.array([0, 1]), len(self.columns.names)
        limits = Limits(self.config.most_epochs, self.config.patience)
        found = train_seeds(self._learner, rows, self.seed, self.config.seeds, limits)
        self.trained_, self.predictor_ = found, Constant(self.columns, rows.level)
        if found is not None:
            layers = tuple(network.layers for network in found.learners)
            self.predictor_ = TableEnsemble(self.columns, layers, found.drawn)
        return self

    def predict_proba(self, X: Floats) -> Floats:
        """Return P(negative), P(positive) for each row: float64 of shape (n, 2)."""
        check_is_fitted(self)
        with threadpool_limits(limits=1, user_api="blas"):
            return both_classes(self.predictor_.probability(X))

    def predict(self, X: Floats) -> Codes:
        """Return the likelier class of each row."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def config_record(self) -> dict[str, Any]:
        """Return the hyperparameters as plain values, for the manifest."""
        return asdict(self.config)

    def _learner(self, rows: Rows, seed: int) -> Network:
        return Network(rows, self.columns, self.config, seed)
