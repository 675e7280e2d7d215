"""Whatever learns from a household's evenings, by name: from evidence to promises."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from app.backend.domain.context import every_context
from app.backend.domain.evidence import TitleTexts
from app.backend.domain.title import NAME_SEPARATOR
from app.backend.features.choices import no_choices
from app.backend.features.encode import Floats, for_context
from app.backend.features.household import Evidence, TitleVectors
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.schema import MEDIA_ID, PROMISED_COUNT
from app.backend.learning.classifier import BASELINE, DEFAULT, ContextClassifier
from app.backend.learning.glmix import GlmixConfig
from app.backend.learning.text import title_vectors
from tests.worlds import Evenings, World, choices, probabilities, training_set

RULES: Final = "rules"
ADDITIVE: Final = "additive"
RAW: Final = "additive, raw"
VERDICTS: Final = "verdicts"
CHOICES: Final = "choices"
TEXT: Final = "text"
LIGHTGBM: Final = "lightgbm"
LABELS: Final = {
    RULES: "rules",
    RAW: "additive baseline on raw columns",
    ADDITIVE: "additive baseline, as shipped",
    LIGHTGBM: "LightGBM, defaults",
    VERDICTS: "mixed model, verdicts only",
    CHOICES: "mixed model, verdicts and choices",
    TEXT: "mixed model, verdicts, choices and text",
}
WITH_CHOICES: Final = (CHOICES, TEXT)


@dataclass(frozen=True, slots=True)
class Answers:
    """A learner's promises, shape (36, titles), and what it found choices to say."""

    p: Floats
    choice_strength: float = 0.0


Learner: TypeAlias = Callable[[World, Evidence], Answers]


def evidence_of(world: World, evenings: Evenings) -> Evidence:
    """Return verdicts, choices and words of a household, as training would read them."""
    return Evidence(training_set(world, evenings), choices(evenings), texts_of(world))


def texts_of(world: World) -> TitleVectors:
    """Return what the titles of a household's library are about."""
    nothing = [None] * len(world.titles)
    keywords = [NAME_SEPARATOR.join(words) for words in world.keywords]
    ids = np.array([title.id for title in world.titles])
    return title_vectors(TitleTexts(ids, nothing, keywords, nothing, nothing))


def mixed(world: World, evidence: Evidence, config: GlmixConfig = DEFAULT) -> Answers:
    """Let the mixed model learn from all of some evidence."""
    found = posterior(evidence, config)
    return Answers(probabilities(world, found), found.choice_strength)


def posterior(evidence: Evidence, config: GlmixConfig = DEFAULT) -> MixedPosterior:
    """Return what the mixed model learns from all of some evidence."""
    found = ContextClassifier(config).learn(evidence).predictor_
    assert isinstance(found, MixedPosterior)  # noqa: S101  # what this configuration makes
    return found


def _rules(world: World, evidence: Evidence) -> Answers:  # noqa: ARG001  # they learn nothing
    return Answers(probabilities(world, rules_posterior()))


def _verdicts(world: World, evidence: Evidence) -> Answers:
    return mixed(world, replace(evidence, choices=no_choices(), texts=TitleVectors()))


def _choices(world: World, evidence: Evidence) -> Answers:
    return mixed(world, replace(evidence, texts=TitleVectors()))


def _additive(world: World, evidence: Evidence) -> Answers:
    training = evidence.training
    if len(np.unique(training.y)) < 2:
        return _rate(world, evidence)
    learnt = ContextClassifier(BASELINE).fit(training.X, training.y)
    return Answers(probabilities(world, learnt.predictor_))


def _raw(world: World, evidence: Evidence) -> Answers:
    """Let scikit-learn's defaults loose on the promised columns as they are: a first sketch."""
    training = evidence.training
    if len(np.unique(training.y)) < 2:
        return _rate(world, evidence)
    with warnings.catch_warnings():
        # Years and minutes beside zeros and ones: a hundred steps do not get there.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression().fit(training.X[:, :PROMISED_COUNT], training.y)
    return Answers(_promised(world, model, PROMISED_COUNT))


def _lightgbm(world: World, evidence: Evidence) -> Answers:
    """Let LightGBM's defaults learn from every column that says something of a title."""
    training = evidence.training
    if len(np.unique(training.y)) < 2:
        return _rate(world, evidence)
    model = LGBMClassifier(n_jobs=1, verbose=-1).fit(training.X[:, :MEDIA_ID], training.y)
    return Answers(_promised(world, model, MEDIA_ID))


def _promised(world: World, model: Any, columns: int) -> Floats:  # noqa: ANN401  # two libraries'
    with warnings.catch_warnings():
        # LightGBM names its columns itself, and then misses the names.
        warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
        rows = [for_context(context.code, world.encoded) for context in every_context()]
        return np.stack([model.predict_proba(X[:, :columns])[:, 1] for X in rows])


def _rate(world: World, evidence: Evidence) -> Answers:
    """Promise every title the same, for a learner that needs verdicts of both kinds."""
    y = evidence.training.y
    return Answers(np.full(world.truth.shape, (y.sum() + 1.0) / (len(y) + 2.0)))


LEARNERS: Final[Mapping[str, Learner]] = {
    RULES: _rules,
    RAW: _raw,
    ADDITIVE: _additive,
    LIGHTGBM: _lightgbm,
    VERDICTS: _verdicts,
    CHOICES: _choices,
    TEXT: mixed,
}
