"""Gradient-boosted trees over a table, started from the rules' score."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from app.backend.domain.errors import InvalidInput
from app.backend.features.encode import Codes, Floats
from app.backend.features.family import Constant
from app.backend.features.forest import MOST_TREES
from app.backend.features.rules import default_rules
from app.backend.features.table import Columns
from app.backend.features.table_trees import Sight, TableTrees
from app.backend.features.tallies import TargetStatistics
from app.backend.learning.rows import Rows, both_classes, checked_rows, grouped_folds, held_out
from app.backend.learning.stopping import FEW_TEMPERATURE, FOLDS, LEAST_ROWS
from app.backend.learning.targets import TargetConfig, learn_targets
from app.backend.learning.temperature import fit_temperature
from app.backend.learning.trees import Ground, flattened, grow, grow_until

# Fewer rows in a leaf say nothing: below twice as many rows, the rules and the base rate remain.
LEAST_LEAF: Final = 5
# Above this share of the rows in every leaf, small data could not be split at all.
LEAF_SHARE: Final = 0.1
# Trees are walked by recursion where they are flattened, and may be as deep as they have leaves.
MOST_LEAVES: Final = 512
HELD_OUT_SHARE: Final = 0.2
FAR: Final = 50.0


@dataclass(frozen=True, slots=True)
class BoostedConfig:
    """Hyperparameters of boosted trees, named as LightGBM names them.

    Attributes
    ----------
    learning_rate, reg_lambda, colsample, subsample : float
    num_leaves, min_child_samples : int
    rounds : int
        How many trees from `few_rows` rows on.
    few_rounds, few_rows : int
        How many trees below `few_rows` rows.
    most_rounds, patience, stopping_rows : int
        From `stopping_rows` rows on, trees are added while rows held out gain from them.
    prior : float
        Of the target statistics.
    folds : int
        Of the target statistics.
    """

    learning_rate: float = 0.05
    rounds: int = 150
    num_leaves: int = 7
    min_child_samples: int = 20
    reg_lambda: float = 5.0
    colsample: float = 0.5
    subsample: float = 0.7
    few_rounds: int = 60
    few_rows: int = 200
    most_rounds: int = 600
    patience: int = 30
    stopping_rows: int = 1_000
    prior: float = 4.0
    folds: int = 10

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be fitted."""
        counts = (self.rounds, self.few_rounds, self.most_rounds, self.patience)
        if min(*counts, self.min_child_samples, self.stopping_rows) < 1 or self.few_rows < 0:
            raise InvalidInput("Numbers of rounds and rows are at least 1.")
        if max(self.rounds, self.few_rounds, self.most_rounds) > MOST_TREES:
            raise InvalidInput(f"There are at most {MOST_TREES} rounds.")
        if not 2 <= self.num_leaves <= MOST_LEAVES:
            raise InvalidInput(f"num_leaves is 2 to {MOST_LEAVES}.")
        shares = (self.learning_rate, self.colsample, self.subsample)
        if not all(0 < share <= 1 for share in shares):
            raise InvalidInput("learning_rate, colsample and subsample are above 0, up to 1.")
        if not (math.isfinite(self.reg_lambda) and self.reg_lambda >= 0):
            raise InvalidInput("reg_lambda is a number that is not negative.")
        TargetConfig(self.prior, self.folds)

    @property
    def targets(self) -> TargetConfig:
        """How the target statistics are made."""
        return TargetConfig(self.prior, self.folds)


DEFAULT: Final = BoostedConfig()


class BoostedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped library
    """Boosted trees as a scikit-learn classifier over a table's matrix.

    Attributes
    ----------
    level_ : float
        The intercept beside the rules' score; with one class, the logit of the smoothed base rate.
    predictor_ : TableTrees or Constant
        What answers; a constant where there was nothing to learn but the base rate.
    rounds_ : int
        How many trees there are.
    temperature_ : float
        What the trees' sum is multiplied by.
    classes_ : ndarray of int, shape (2,)
    n_features_in_ : int
    """

    level_: float
    predictor_: TableTrees | Constant
    rounds_: int
    temperature_: float
    classes_: Codes
    n_features_in_: int

    def __init__(self, columns: Columns, config: BoostedConfig = DEFAULT, seed: int = 0) -> None:
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

        Raises
        ------
        ExtraMissing
            Where LightGBM or the library of its threads is not installed.
        """
        rows = checked_rows(self.columns, X, y, sample_weight, unit)
        self.classes_, self.n_features_in_ = np.array([0, 1]), len(self.columns.names)
        self.level_, self.rounds_, self.temperature_ = rows.level, 0, 1.0
        self.predictor_ = Constant(self.columns, rows.level)
        if rows.has_both_classes:
            with threadpool_limits(limits=1, user_api="blas"):
                self.predictor_ = self._grown(rows)
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

    def _grown(self, rows: Rows) -> TableTrees:
        config = self.config
        words = [np.unique(rows.X[:, at]).astype(np.int64) for at in self.columns.contexts]
        sight = Sight(self.columns, tuple(words), np.array(default_rules().trust))
        self.rounds_ = config.rounds if len(rows.y) >= config.few_rows else config.few_rounds
        if len(rows.y) >= config.stopping_rows:
            self._stop(rows, sight)
        else:
            self._temper(rows, sight)
        self.level_ = _intercept(sight.rules_score(rows.X), rows)
        statistics, ground = self._learnt(rows, sight, self.level_)
        forest = flattened(grow(ground, self._parameters(rows), self.rounds_, self.seed))
        return TableTrees(sight, statistics, self.level_, forest, self.temperature_)

    def _stop(self, rows: Rows, sight: Sight) -> None:
        """Find out on rows held out how many trees to grow, and the temperature."""
        out = held_out(rows.unit, HELD_OUT_SHARE, self.seed)
        train, test = rows.part(~out), rows.part(out)
        if not out.any() or not train.has_both_classes:
            return
        level = _intercept(sight.rules_score(train.X), train)
        taught, ground = self._learnt(train, sight, level)
        watched = _ground(test, sight, taught.of(test.X), level)
        limits = (self.config.most_rounds, self.config.patience)
        grown = grow_until(ground, watched, self._parameters(train), *limits, self.seed)
        self.rounds_ = max(1, int(grown.best_iteration))
        score = flattened(grown).score(watched.matrix)
        self.temperature_ = fit_temperature(score, test.y, test.weight, watched.offset)

    def _temper(self, rows: Rows, sight: Sight) -> None:
        """Find the temperature of a fixed number of trees, each row held out once."""
        fold = grouped_folds(rows.unit, FOLDS, self.seed)
        score, offset = np.zeros(len(fold)), np.zeros(len(fold))
        self.temperature_ = FEW_TEMPERATURE
        for out in [fold == number for number in range(FOLDS)]:
            train, test = rows.part(~out), rows.part(out)
            if len(fold) < LEAST_ROWS or not out.any() or not train.has_both_classes:
                return
            level = _intercept(sight.rules_score(train.X), train)
            taught, ground = self._learnt(train, sight, level)
            grown = flattened(grow(ground, self._parameters(train), self.rounds_, self.seed))
            tested = _ground(test, sight, taught.of(test.X), level)
            score[out], offset[out] = grown.score(tested.matrix), tested.offset
        self.temperature_ = fit_temperature(score, rows.y, rows.weight, offset)

    def _learnt(self, rows: Rows, sight: Sight, level: float) -> tuple[TargetStatistics, Ground]:
        taught, own = learn_targets(rows, self.columns, self.config.targets, self.seed)
        return taught, _ground(rows, sight, own, level)

    def _parameters(self, rows: Rows) -> Mapping[str, object]:
        config, count = self.config, len(rows.y)
        least = max(LEAST_LEAF, min(config.min_child_samples, int(LEAF_SHARE * count)))
        return {
            "learning_rate": config.learning_rate,
            "num_leaves": config.num_leaves,
            "min_data_in_leaf": least,
            "lambda_l2": config.reg_lambda,
            "feature_fraction": config.colsample,
            "bagging_fraction": config.subsample,
            "bagging_freq": 1,
        }


def _ground(rows: Rows, sight: Sight, statistics: Floats, level: float) -> Ground:
    offset = level + sight.rules_score(rows.X)
    return Ground(sight.matrix(rows.X, statistics), rows.y, rows.weight, offset)


def _intercept(score: Floats, rows: Rows) -> float:
    """Return the level at which the rules promise the smoothed base rate on the average."""

    def excess(level: float) -> float:
        return float(rows.weight @ expit(level + score) / rows.weight.sum()) - rows.rate

    reach = FAR + float(np.abs(score).max())
    return float(brentq(excess, -reach, reach))
