"""The families of models over a table, by name: what each is made of, and how it is fitted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from app.backend.features.encode import Codes, Floats
from app.backend.features.family import Constant, log_odds
from app.backend.features.table import Columns
from app.backend.features.table_blend import Single
from app.backend.learning.boosted import BoostedClassifier, BoostedConfig
from app.backend.learning.factorisation import FactorisationClassifier
from app.backend.learning.mixed import ADDITIVE, CROSSED, MIXED, MixedClassifier, MixedConfig
from app.backend.learning.network import NetworkClassifier
from app.backend.learning.rows import both_classes

BASE_RATE: Final = "base_rate"
RULES: Final = "rules"
ADDITIVE_NAME: Final = "additive"
CROSSED_NAME: Final = "crossed"
GLMIX: Final = "glmix"
BOOSTED: Final = "boosted"
NETWORK: Final = "network"
FACTORISATION: Final = "factorisation"
BLEND: Final = "blend"


# The config of a family, where it was tuned; its own default otherwise.
Settings: TypeAlias = MixedConfig | BoostedConfig | None


class Fitted(Protocol):
    """A family that was fitted to a table's rows."""

    @property
    def predictor_(self) -> Single:
        """All that was learnt, as plain arrays that answer the same."""

    def predict_proba(self, X: Floats) -> Floats:
        """Return P(negative), P(positive) for each row: float64 of shape (n, 2)."""

    def config_record(self) -> Mapping[str, Any]:
        """Return the hyperparameters as plain values, for the manifest."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows that a family is fitted to: `unit` numbers those that are held out together."""

    X: Floats
    y: Codes
    unit: Codes
    columns: Columns
    seed: int

    def part(self, rows: Codes) -> "Lesson":
        """Return some of the rows."""
        return Lesson(self.X[rows], self.y[rows], self.unit[rows], self.columns, self.seed)


@dataclass(frozen=True, slots=True)
class BaseRate:
    """Knows nothing but how often the verdict was positive, smoothed by Laplace's rule."""

    predictor_: Constant

    def predict_proba(self, X: Floats) -> Floats:
        """Return the same for every row: float64 of shape (n, 2)."""
        return both_classes(self.predictor_.probability(X))

    def config_record(self) -> Mapping[str, Any]:
        """Return that there is nothing to set."""
        return {}


def _base_rate(lesson: Lesson, _settings: Settings) -> Fitted:
    positives = int(lesson.y.sum())
    level = np.log(positives + 1.0) - np.log(len(lesson.y) - positives + 1.0)
    return BaseRate(Constant(lesson.columns, float(level)))


def _rules(lesson: Lesson, _settings: Settings) -> Fitted:
    """Believe what the rules say of rows, learning from none of them."""
    none = lesson.part(np.zeros(0, dtype=np.int64))
    return MixedClassifier(none.columns, MIXED, none.seed).fit(none.X, none.y)


def _mixed(config: MixedConfig) -> Callable[[Lesson, Settings], Fitted]:
    def fit(lesson: Lesson, settings: Settings) -> Fitted:
        chosen = settings if isinstance(settings, MixedConfig) else config
        model = MixedClassifier(lesson.columns, chosen, lesson.seed)
        return model.fit(lesson.X, lesson.y, unit=lesson.unit)

    return fit


def _boosted(lesson: Lesson, settings: Settings) -> Fitted:
    config = settings if isinstance(settings, BoostedConfig) else BoostedConfig()
    model = BoostedClassifier(lesson.columns, config, lesson.seed)
    return model.fit(lesson.X, lesson.y, unit=lesson.unit)


def _network(lesson: Lesson, _settings: Settings) -> Fitted:
    model = NetworkClassifier(lesson.columns, seed=lesson.seed)
    return model.fit(lesson.X, lesson.y, unit=lesson.unit)


def _factorisation(lesson: Lesson, _settings: Settings) -> Fitted:
    model = FactorisationClassifier(lesson.columns, seed=lesson.seed)
    return model.fit(lesson.X, lesson.y, unit=lesson.unit)


_FITS: Final[Mapping[str, Callable[[Lesson, Settings], Fitted]]] = MappingProxyType(
    {
        BASE_RATE: _base_rate,
        RULES: _rules,
        ADDITIVE_NAME: _mixed(ADDITIVE),
        CROSSED_NAME: _mixed(CROSSED),
        GLMIX: _mixed(MIXED),
        BOOSTED: _boosted,
        NETWORK: _network,
        FACTORISATION: _factorisation,
    }
)
FAMILIES: Final = (*_FITS, BLEND)
# What may be chosen to answer: the others are there to be compared with.
CANDIDATES: Final = (GLMIX, CROSSED_NAME, BOOSTED, NETWORK, FACTORISATION)


def fit_family(name: str, lesson: Lesson, settings: Settings = None) -> Fitted:
    """Fit a family to rows.

    Parameters
    ----------
    name : str
        One of `FAMILIES`, but no blend.
    lesson : Lesson
    settings : Settings

    Raises
    ------
    ExtraMissing
        Where the family needs a library that is not installed.
    """
    return _FITS[name](lesson, settings)


def logit_of(fitted: Fitted, X: Floats) -> Floats:
    """Return each row's log odds, shape (n,), away from certainty by a millionth."""
    return log_odds(fitted.predict_proba(X)[:, 1])
