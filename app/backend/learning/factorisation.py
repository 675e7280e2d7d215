"""A factorisation machine over a table's one-hot columns.

`logit p = b + x . w + 1/2 sum over f of ((x . V_f)^2 - x^2 . V_f^2)` (Rendle, Factorization
Machines, ICDM 2010, equations 1 and 5): every pair of columns has the product of their factors as
weight, so that pairs that never met are known from those that did.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
import scipy.sparse as sp
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from app.backend.domain.errors import InvalidInput
from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes, Floats
from app.backend.features.family import MOST_LEARNERS, Constant
from app.backend.features.one_hot import OneHot
from app.backend.features.table import Columns
from app.backend.features.table_ensemble import TableEnsemble
from app.backend.features.table_factorisation import Factors, factor_logit
from app.backend.learning.rows import Rows, both_classes, checked_rows
from app.backend.learning.stopping import Limits, Trained, train_seeds

LEAST_BATCH: Final = 16
# Kingma & Ba, Adam (ICLR 2015): the values they propose.
KEPT_MEAN: Final = 0.9
KEPT_SQUARE: Final = 0.999
TINY: Final = 1e-8


@dataclass(frozen=True, slots=True)
class FactorisationConfig:
    """Hyperparameters of the factorisation machine.

    Attributes
    ----------
    factors : int
    spread : float
        Deviation of the factors that learning starts from.
    penalty, factor_penalty : float
        On half the squared weights and factors, where the log loss is summed over all rows.
    learning_rate : float
        Of Adam.
    batch_share, most_batch : float, int
        A batch is this share of the rows, but at least 16 and at most `most_batch`.
    seeds : int
        How many machines are averaged.
    most_epochs, patience : int
    """

    factors: int = 16
    spread: float = 0.1
    penalty: float = 3.0
    factor_penalty: float = 5.0
    learning_rate: float = 5e-3
    batch_share: float = 0.01
    most_batch: int = 512
    seeds: int = 3
    most_epochs: int = 30
    patience: int = 3

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be fitted."""
        if min(self.factors, self.seeds) < 1 or self.most_batch < LEAST_BATCH:
            raise InvalidInput("factors and seeds are at least 1, most_batch at least 16.")
        if not (0 < self.learning_rate <= 1 and 0 < self.batch_share <= 1):
            raise InvalidInput("learning_rate and batch_share are above 0, up to 1.")
        strengths = (self.spread, self.penalty, self.factor_penalty)
        if not all(math.isfinite(value) and value >= 0 for value in strengths):
            raise InvalidInput("spread and penalties are numbers that are not negative.")
        if self.seeds > MOST_LEARNERS:
            raise InvalidInput(f"There are at most {MOST_LEARNERS} seeds.")
        Limits(self.most_epochs, self.patience)


DEFAULT: Final = FactorisationConfig()


class Adam:
    """Steps that change an array in place, each scaled by the gradients that came before."""

    def __init__(self, values: Floats, learning_rate: float) -> None:
        self._values, self._learning_rate = values, learning_rate
        self._mean, self._square = np.zeros_like(values), np.zeros_like(values)
        self._steps = 0

    def step(self, gradient: Floats) -> None:
        """Take one step against a gradient."""
        self._steps += 1
        self._mean += (1.0 - KEPT_MEAN) * (gradient - self._mean)
        self._square += (1.0 - KEPT_SQUARE) * (np.square(gradient) - self._square)
        mean = self._mean / (1.0 - KEPT_MEAN**self._steps)
        square = self._square / (1.0 - KEPT_SQUARE**self._steps)
        self._values -= self._learning_rate * mean / (np.sqrt(square) + TINY)


class Machine:
    """One factorisation machine that learns from its rows epoch by epoch.

    Weights (the first column) and factors (the others) are one array, so that one sparse product
    serves both.
    """

    def __init__(
        self, rows: Rows, columns: Columns, config: FactorisationConfig, seed: int
    ) -> None:
        self._encoding = OneHot.learn(rows.X, columns)
        self._inputs = self._encoding.of(rows.X)
        self._rows, self._random = rows, generator(seed)
        share = int(config.batch_share * len(rows.y))
        self._batch = min(max(share, LEAST_BATCH), config.most_batch)
        start = config.spread * self._random.standard_normal(
            (self._inputs.shape[1], config.factors)
        )
        self._values = np.hstack([np.zeros((len(start), 1)), start])
        self._intercept = np.array([rows.level])
        strength = np.array([config.penalty] + [config.factor_penalty] * config.factors)
        self._decay = strength / rows.weight.sum()
        self._adam = (
            Adam(self._values, config.learning_rate),
            Adam(self._intercept, config.learning_rate),
        )

    def epoch(self) -> None:
        """Go through the rows once, in an order of their own."""
        order = self._random.permutation(len(self._rows.y))
        inputs, rows = self._inputs[order], self._rows
        y, weight = rows.y[order], rows.weight[order] / rows.weight.mean()
        for start in range(0, len(order), self._batch):
            part = slice(start, start + self._batch)
            self._step(inputs[part], y[part], weight[part])

    @property
    def factors(self) -> Factors:
        """What was learnt so far, which further steps do not change."""
        return Factors(self._encoding, float(self._intercept[0]), self._values.copy())

    @property
    def parameters(self) -> tuple[float, Floats]:
        """The intercept, and the array of weights and factors, shape (columns, 1 + factors)."""
        return float(self._intercept[0]), self._values

    def gradient(self, inputs: sp.csr_matrix, y: Floats, share: Floats) -> tuple[Floats, float]:
        """Return the slopes of the penalised log loss, in the array and in the intercept.

        Parameters
        ----------
        inputs : csr_matrix, shape (m, columns)
        y, share : ndarray of float64, shape (m,)
            Labels, and what each row's log loss is multiplied by.
        """
        sums, squares = inputs @ self._values, inputs.multiply(inputs).tocsr()
        residual = share * (expit(factor_logit(*self.parameters, sums, squares)) - y)
        towards = residual[:, None] * np.hstack([np.ones((len(y), 1)), sums[:, 1:]])
        slopes = np.asarray(inputs.T @ towards + self._decay * self._values)
        slopes[:, 1:] -= (squares.T @ residual)[:, None] * self._values[:, 1:]
        return slopes, float(residual.sum())

    def logit(self, X: Floats) -> Floats:
        """Return the logit of each row of a table's matrix, shape (n,)."""
        return Factors(self._encoding, *self.parameters).logit(X)

    def _step(self, inputs: sp.csr_matrix, y: Floats, weight: Floats) -> None:
        values, intercept = self.gradient(inputs, y, weight / len(y))
        self._adam[0].step(values)
        self._adam[1].step(np.array([intercept]))


class FactorisationClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped library
    """A factorisation machine as a scikit-learn classifier over a table's matrix.

    Attributes
    ----------
    trained_ : Trained of Machine, or None
        None where there was nothing to learn but the base rate.
    predictor_ : TableEnsemble or Constant
        What answers.
    classes_ : ndarray of int, shape (2,)
    n_features_in_ : int
    """

    trained_: Trained[Machine] | None
    predictor_: TableEnsemble | Constant
    classes_: Codes
    n_features_in_: int

    def __init__(
        self, columns: Columns, config: FactorisationConfig = DEFAULT, seed: int = 0
    ) -> None:
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
            machines = tuple(machine.factors for machine in found.learners)
            self.predictor_ = TableEnsemble(self.columns, machines, found.drawn)
        return self

    def predict_proba(self, X: Floats) -> Floats:
        """Return P(negative), P(positive) for each row: float64 of shape (n, 2)."""
        check_is_fitted(self)
        return both_classes(self.predictor_.probability(X))

    def predict(self, X: Floats) -> Codes:
        """Return the likelier class of each row."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def config_record(self) -> dict[str, Any]:
        """Return the hyperparameters as plain values, for the manifest."""
        return asdict(self.config)

    def _learner(self, rows: Rows, seed: int) -> Machine:
        return Machine(rows, self.columns, self.config, seed)
