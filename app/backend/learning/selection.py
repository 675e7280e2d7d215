"""Which family answers: never chosen on few rows, and never on the rows that report on it.

Below 200 rows the default answers, because every rule of choosing did worse than not choosing
(docs/model-selection.md). Above, each family predicts rows held out of the training part, and
another than the default answers only where a paired bootstrap is sure enough.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from app.backend.domain.errors import ExtraMissing
from app.backend.domain.progress import Progress, Step
from app.backend.domain.randomness import derived_seed, generator
from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Table, numbered
from app.backend.features.table_blend import Single, TableBlend
from app.backend.learning.blend import Blend, fit_blend
from app.backend.learning.families import (
    BLEND,
    CANDIDATES,
    FAMILIES,
    GLMIX,
    Fitted,
    Lesson,
    fit_family,
    logit_of,
)
from app.backend.learning.folds import hold_out
from app.backend.learning.metrics import log_losses
from app.backend.learning.mixed import MixedClassifier
from app.backend.learning.tuning import tuned_boosting

__all__ = ["FAMILIES", "SELECTED", "Contest", "Plan", "compete"]

SELECTED: Final = "selected"
LEAST_ROWS: Final = 200
MANY_ROWS: Final = 2_000
SURE: Final = 0.9
SURER: Final = 0.95
FOLDS: Final = 4
RESAMPLES: Final = 1_000

Unit = Literal["pair", "member", "row"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which families compete, from which seed, and what is held out together."""

    families: tuple[str, ...]
    seed: int
    unit: Unit = "pair"


@dataclass(frozen=True, slots=True)
class Contest:
    """What the families answered for the tested rows, and which of them was chosen before.

    Attributes
    ----------
    selected : str
    reason : str
        Why, in a sentence.
    answers : mapping of str to ndarray of float64, shape (tested,)
        P(positive) by family, and `selected`.
    fit_seconds, predict_seconds : mapping of str to float
    skipped : mapping of str to str
        Families that could not take part, and why.
    facts : mapping of str to object
        What was found on rows held out: log loss by family, weights of the blend.
    """

    selected: str
    reason: str
    answers: Mapping[str, Floats]
    fit_seconds: Mapping[str, float]
    predict_seconds: Mapping[str, float]
    skipped: Mapping[str, str]
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Choice:
    """The family that was chosen, fitted to all rows: its name, why it, and what answers."""

    family: str
    reason: str
    predictor: Single | TableBlend
    config: Mapping[str, Any]


@dataclass(slots=True)
class _Entry:
    """One family in the contest."""

    fitted: Fitted
    seconds: float
    held_out: Floats | None = None


@dataclass(slots=True)
class _Field:
    """All families of a contest as they are fitted."""

    lesson: Lesson
    fold: Codes
    progress: Progress
    entries: dict[str, _Entry] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def compete(table: Table, train: Codes, test: Codes, plan: Plan, progress: Progress) -> Contest:
    """Fit families to some rows of a table, choose one on those alone, and ask about the others.

    Parameters
    ----------
    table : Table
    train, test : ndarray of int64
        Positions of rows.
    plan : Plan
    progress : Progress
    """
    ground, blend, (selected, reason, facts) = _fitted(table, train, plan, progress)
    answers, seconds = _answers(ground, blend, table.X[test], plan)
    answers[SELECTED] = answers[selected]
    if GLMIX not in plan.families and selected != GLMIX:
        del answers[GLMIX]
    fit_seconds = {name: entry.seconds for name, entry in ground.entries.items()}
    fit_seconds[BLEND] = sum(fit_seconds[name] for name in blend.weights) if blend else 0.0
    done = len(ground.entries) + len(ground.skipped) + 1
    progress(Step("Asked about the rows held out", done, done))
    return Contest(selected, reason, answers, fit_seconds, seconds, ground.skipped, facts)


def choose_model(table: Table, plan: Plan, progress: Progress) -> Choice:
    """Fit families to all rows of a table, and choose one as in a contest."""
    ground, blend, (name, reason, _) = _fitted(table, np.arange(len(table.y)), plan, progress)
    entries = ground.entries
    if name != BLEND or blend is None:
        fitted = entries[name].fitted
        return Choice(name, reason, fitted.predictor_, dict(fitted.config_record()))
    # A family of no weight says nothing, and need not be kept.
    heard = {part: weight for part, weight in blend.weights.items() if weight} or blend.weights
    parts = tuple(entries[part].fitted.predictor_ for part in heard)
    config = {part: entries[part].fitted.config_record() for part in heard}
    return Choice(name, reason, TableBlend(parts, tuple(heard.values())), config)


def _fitted(
    table: Table, train: Codes, plan: Plan, progress: Progress
) -> tuple[_Field, Blend | None, tuple[str, str, dict[str, object]]]:
    """Fit every family to some rows; return with them which is chosen, why, and what was found."""
    lesson = _lesson(table, train, plan)
    ground = _Field(lesson, hold_out(lesson.unit, FOLDS, lesson.seed), progress)
    chooses = len(train) >= LEAST_ROWS and len(np.unique(lesson.y)) == 2
    wanted = [name for name in FAMILIES if name in plan.families or name == GLMIX]
    for done, name in enumerate(name for name in wanted if name != BLEND):
        progress(Step(f"Fitting {name}", done, len(wanted)))
        _enter(ground, name, chooses=chooses and name in CANDIDATES)
    blend = _blended(ground) if chooses and BLEND in wanted else None
    return ground, blend, _chosen(ground, blend, plan) if chooses else _default(len(train))


def _lesson(table: Table, train: Codes, plan: Plan) -> Lesson:
    part = table.part(train)
    keys = {
        "pair": np.column_stack([part.member, part.title]),
        "member": part.member[:, None],
        "row": np.arange(len(train))[:, None],
    }
    return Lesson(part.X, part.y, numbered(keys[plan.unit]), part.columns, plan.seed)


def _enter(ground: _Field, name: str, *, chooses: bool) -> None:
    """Fit a family to all rows, and where it may be chosen also to each fold's."""
    began = time.process_time()
    try:
        if name == "boosted" and chooses:
            ground.settings[name] = tuned_boosting(ground.lesson, ground.fold)
        settings = ground.settings.get(name)
        fitted = fit_family(name, ground.lesson, settings)
        seconds = time.process_time() - began
        held_out = _held_out(ground, name, fitted) if chooses else None
    except ExtraMissing as error:
        ground.skipped[name] = error.message
        return
    ground.entries[name] = _Entry(fitted, seconds, held_out)


def _held_out(ground: _Field, name: str, fitted: Fitted) -> Floats:
    """Return a family's log odds for every row that is held out, in order."""
    lesson, fold = ground.lesson, ground.fold
    if isinstance(fitted, MixedClassifier) and fitted.chosen_ is not None:
        # It was chosen on these very folds, and answered for them.
        return fitted.chosen_.temperature * fitted.chosen_.logit
    logit = np.zeros(len(fold))
    for number in range(int(fold.max()) + 1):
        rows = np.flatnonzero(fold == number)
        model = fit_family(
            name, lesson.part(np.flatnonzero(fold != number)), ground.settings.get(name)
        )
        logit[rows] = logit_of(model, lesson.X[rows])
    return logit[fold >= 0]


def _blended(ground: _Field) -> Blend | None:
    logits = _logits(ground)
    if len(logits) < 2:
        ground.skipped[BLEND] = "It takes two families that may be chosen."
        return None
    return fit_blend(logits, ground.lesson.y[ground.fold >= 0])


def _logits(ground: _Field) -> dict[str, Floats]:
    return {
        name: entry.held_out for name, entry in ground.entries.items() if entry.held_out is not None
    }


def _default(rows: int) -> tuple[str, str, dict[str, object]]:
    reason = (
        f"With {rows} rows, or one class, no family is chosen: below {LEAST_ROWS} the default "
        "has done better than any way of choosing."
    )
    return GLMIX, reason, {}


def _chosen(ground: _Field, blend: Blend | None, plan: Plan) -> tuple[str, str, dict[str, object]]:
    """Choose on rows held out: another than the default has to be surely better."""
    rows = ground.fold >= 0
    y, unit = ground.lesson.y[rows], ground.lesson.unit[rows]
    logits = _logits(ground)
    if blend is not None:
        logits[BLEND] = blend.logit(logits)
    losses = {
        name: log_losses(0.5 * (1.0 + np.tanh(0.5 * logit)), y) for name, logit in logits.items()
    }
    means = {name: float(loss.mean()) for name, loss in losses.items()}
    facts: dict[str, object] = {"held_out_log_loss": means, "held_out_rows": len(y)}
    if blend is not None:
        facts["blend_weights"] = blend.weights
    best = min(means, key=lambda name: means[name])
    told = f"On {len(y)} rows held out of training, {best} has a log loss of {means[best]:.4f}"
    if best == GLMIX:
        return GLMIX, f"{told}, the least of all.", facts
    chance = _chance_better(losses[best], losses[GLMIX], unit, plan.seed)
    enough = SURE if len(ground.fold) < MANY_ROWS else SURER
    told += f" against {means[GLMIX]:.4f} of {GLMIX}; the chance that it is better is {chance:.0%}"
    if chance >= enough:
        return best, f"{told}.", facts
    return GLMIX, f"{told}, and it takes {enough:.0%}: the default stays.", facts


def _chance_better(ours: Floats, theirs: Floats, unit: Codes, seed: int) -> float:
    """Return how often the mean difference is below 0, resampling units."""
    _, number = np.unique(unit, return_inverse=True)
    total = np.bincount(number, ours - theirs)
    rng, units = generator(derived_seed(seed, "selection")), len(total)
    draws = (rng.integers(0, units, units) for _ in range(RESAMPLES))
    return float(np.mean([total[draw].sum() < 0.0 for draw in draws]))


def _answers(
    ground: _Field, blend: Blend | None, X: Floats, plan: Plan
) -> tuple[dict[str, Floats], dict[str, float]]:
    """Return every family's P(positive) for the tested rows, and how long it took."""
    logits: dict[str, Floats] = {}
    seconds: dict[str, float] = {}
    for name, entry in ground.entries.items():
        began = time.process_time()
        logits[name] = logit_of(entry.fitted, X)
        seconds[name] = time.process_time() - began
    if BLEND in plan.families:
        logits[BLEND] = logits[GLMIX] if blend is None else blend.logit(logits)
        used = [GLMIX] if blend is None else list(blend.weights)
        seconds[BLEND] = sum(seconds[name] for name in used)
    return {name: 0.5 * (1.0 + np.tanh(0.5 * logit)) for name, logit in logits.items()}, seconds
