"""Mixed logistic models over a table of any vocabulary: additive, crossed, and with all effects.

`logit p = rules . trust + sum over groups of (features x key) . w`, each group normal with one
variance. Below `least_rows_to_choose` rows the variances are those assumed, and probabilities are
averaged over the posterior; from there variances and one temperature are chosen on rows held out.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from app.backend.domain.errors import InvalidInput
from app.backend.domain.model import Moments
from app.backend.features.effects import GROUPS, Layout
from app.backend.features.encode import Codes, Floats
from app.backend.features.rules import default_rules
from app.backend.features.table import Columns
from app.backend.features.table_mixed import MOST_ROWS_EXACT, Precise, TableMixed, Taught
from app.backend.learning.folds import hold_out
from app.backend.learning.penalised import Mode, Regression
from app.backend.learning.rows import Rows, both_classes, checked_rows
from app.backend.learning.variances import Chosen, HeldOut, choose

ALL_GROUPS: Final = tuple(group.name for group in GROUPS)
ADDITIVE_GROUPS: Final = ("intercept", "said", "genre", "numbers")
CROSSED_GROUPS: Final = (
    *ADDITIVE_GROUPS,
    "said_genre",
    "title",
    "title_said",
    "member",
    "member_said",
    "member_genre",
    "member_context",
)

Choosing = Literal["each", "together", "none"]


@dataclass(frozen=True, slots=True)
class MixedConfig:
    """Hyperparameters of a mixed model.

    Attributes
    ----------
    groups : tuple of str
        Names of `effects.GROUPS`.
    from_rules : bool
        Whether the rules' score is where learning starts.
    choosing : "each", "together" or "none"
        Whether each group's variance is chosen on held out rows, or one factor for all, or none.
    least_rows_to_choose : int
    folds : int
    widening : float
        What all assumed variances are multiplied by.
    """

    groups: tuple[str, ...] = ALL_GROUPS
    from_rules: bool = True
    choosing: Choosing = "each"
    least_rows_to_choose: int = 200
    folds: int = 4
    widening: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be fitted."""
        unknown = set(self.groups) - set(ALL_GROUPS)
        if unknown or not self.groups:
            raise InvalidInput(f"groups are some of {', '.join(ALL_GROUPS)}; not {unknown}.")
        wide = math.isfinite(self.widening) and self.widening > 0
        if self.folds < 2 or self.least_rows_to_choose < 1 or not wide:
            raise InvalidInput(
                "folds is at least 2, least_rows_to_choose at least 1, widening positive."
            )


MIXED: Final = MixedConfig()
ADDITIVE: Final = MixedConfig(
    groups=ADDITIVE_GROUPS, from_rules=False, choosing="none", widening=10.0
)
CROSSED: Final = MixedConfig(groups=CROSSED_GROUPS, from_rules=False, choosing="together")


def ignore(_trials: int, _log_loss: float) -> None:
    """Watch nothing."""


class MixedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped library
    """A mixed logistic model as a scikit-learn classifier over a table's matrix.

    Attributes
    ----------
    layout_ : Layout
    variance_ : ndarray of float64, shape (groups,)
    mode_ : Mode
    predictor_ : TableMixed
        What answers.
    chosen_ : Chosen or None
        How the variances were chosen, where they were.
    held_out_ : ndarray of int64
        The rows that `chosen_.logit` answers for.
    classes_ : ndarray of int, shape (2,)
    """

    layout_: Layout
    variance_: Floats
    mode_: Mode
    predictor_: TableMixed
    chosen_: Chosen | None
    held_out_: Codes
    classes_: Codes

    def __init__(self, columns: Columns, config: MixedConfig = MIXED, seed: int = 0) -> None:
        self.columns = columns
        self.config = config
        self.seed = seed

    def fit(
        self,
        X: Floats,
        y: Codes,
        sample_weight: Floats | None = None,
        unit: Codes | None = None,
        watch: Callable[[int, float], None] = ignore,
    ) -> Self:
        """Fit to rows of a table's matrix.

        Parameters
        ----------
        X : ndarray of float64, shape (n, len(columns.names))
        y : ndarray of int, shape (n,)
            0 and 1.
        sample_weight : ndarray of float64, shape (n,), optional
        unit : ndarray of int64, shape (n,), optional
            Rows of one unit are held out together.
        watch : callable
            Told the number of trials and the log loss after each.
        """
        rows = checked_rows(self.columns, X, y, sample_weight, unit)
        groups = tuple(group for group in GROUPS if group.name in self.config.groups)
        with threadpool_limits(limits=1, user_api="blas"):
            self.layout_ = Layout.learn(rows.X, self.columns, groups)
            design = self.layout_.design(rows.X).matrix
            offset = self._offset(rows.X)
            self._choose(design, rows, offset, watch)
            precision = (1.0 / self.variance_)[self.layout_.group_of]
            regression = Regression.of(design, rows.y, rows.weight, offset)
            self.mode_ = regression.mode(precision)
        self.predictor_ = self._answering(design)
        self.classes_ = np.array([0, 1])
        return self

    def moments(self, X: Floats) -> Moments:
        """Return the belief about each row's logit, before any temperature."""
        check_is_fitted(self)
        return self.predictor_.moments(X)

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

    def _choose(
        self,
        design: sp.csr_matrix,
        rows: Rows,
        offset: Floats,
        watch: Callable[[int, float], None],
    ) -> None:
        groups, config = self.layout_.groups, self.config
        assumed = config.widening * np.array([group.deviation**2 for group in groups])
        self.variance_, self.chosen_ = assumed, None
        self.held_out_ = np.zeros(0, dtype=np.int64)
        few = len(rows.y) < config.least_rows_to_choose or not rows.has_both_classes
        # Where all rows are one unit, what is held out would be foretold from nothing.
        if config.choosing == "none" or few or len(np.unique(rows.unit)) < 2:
            return
        fold = hold_out(rows.unit, config.folds, self.seed)
        together = np.arange(len(groups)) if config.choosing == "each" else np.zeros(len(groups))
        held_out = HeldOut.of(design, rows.y, rows.weight, offset, fold)
        chosen = choose(held_out, self.layout_.group_of, assumed, together.astype(np.int64), watch)
        self.variance_, self.chosen_ = chosen.variance, chosen
        self.held_out_ = np.flatnonzero(fold >= 0)

    def _answering(self, design: sp.csr_matrix) -> TableMixed:
        """Keep what answers, and of the rows no more than the belief needs."""
        is_exact = design.shape[0] <= MOST_ROWS_EXACT
        curvature, precision = self.mode_.curvature, self.mode_.precision
        return TableMixed(
            layout=self.layout_,
            trust=self._trust(),
            coefficients=self.mode_.coefficients,
            variance=self.variance_,
            belief=Taught.of(design, curvature) if is_exact else Precise(precision),
            temperature=None if self.chosen_ is None else self.chosen_.temperature,
        )

    def _offset(self, X: Floats) -> Floats:
        return np.asarray(X[:, list(self.columns.rules)] @ self._trust())

    def _trust(self) -> Floats:
        trust = np.array(default_rules().trust)
        return trust if self.config.from_rules else np.zeros(len(self.columns.rules))
