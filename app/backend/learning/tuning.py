"""Hyperparameters by Optuna on rows held out, in a number of trials: time would not repeat."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from app.backend.domain.errors import ExtraMissing
from app.backend.features.encode import Codes
from app.backend.learning.boosted import BoostedClassifier, BoostedConfig
from app.backend.learning.families import Lesson, logit_of
from app.backend.learning.metrics import log_losses

if TYPE_CHECKING:
    import optuna

TRIALS: Final = 8
FEWER_TRIALS: Final = 4
MANY_ROWS: Final = 20_000


def tuned_boosting(lesson: Lesson, fold: Codes, trials: int | None = None) -> BoostedConfig:
    """Return the configuration of boosted trees that predicts rows held out best.

    A trial is given up after a fold in which it is behind the median of those before it.

    Parameters
    ----------
    lesson : Lesson
    fold : ndarray of int64, shape (n,)
        The fold that holds each row out; -1 where none does.
    trials : int, optional
        Besides the default configuration, which is tried first.

    Raises
    ------
    ExtraMissing
        Where Optuna or LightGBM is not installed.
    """
    try:
        import optuna  # noqa: PLC0415  # a second to import, needed only here
    except ImportError as error:
        raise ExtraMissing("The package optuna is missing; install encore-tonight.") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    few = len(lesson.y) >= MANY_ROWS
    count = (FEWER_TRIALS if few else TRIALS) if trials is None else trials
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=lesson.seed % 2**32, n_startup_trials=count // 2),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=2),
    )
    study.enqueue_trial(_as_trial(BoostedConfig()))
    study.optimize(lambda trial: _tried(trial, lesson, fold), n_trials=count)
    return _config(study.best_params)


def _as_trial(config: BoostedConfig) -> dict[str, float | int]:
    return {
        "num_leaves": config.num_leaves,
        "learning_rate": config.learning_rate,
        "min_child_samples": config.min_child_samples,
        "reg_lambda": config.reg_lambda,
        "colsample": config.colsample,
        "prior": config.prior,
    }


def _config(values: dict[str, float | int]) -> BoostedConfig:
    return replace(BoostedConfig(), **values)  # type: ignore[arg-type]  # names and values are its own


def _tried(trial: "optuna.Trial", lesson: Lesson, fold: Codes) -> float:
    """Return the log loss on rows held out, fold by fold."""
    import optuna  # noqa: PLC0415  # as above

    config = _config(
        {
            "num_leaves": trial.suggest_int("num_leaves", 4, 32, log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
            "min_child_samples": trial.suggest_int("min_child_samples", 5, 80, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 50.0, log=True),
            "colsample": trial.suggest_float("colsample", 0.3, 1.0),
            "prior": trial.suggest_float("prior", 1.0, 30.0, log=True),
        }
    )
    losses = []
    for number in range(int(fold.max()) + 1):
        out = np.flatnonzero(fold == number)
        rest = lesson.part(np.flatnonzero(fold != number))
        model = BoostedClassifier(lesson.columns, config, lesson.seed)
        model.fit(rest.X, rest.y, unit=rest.unit)
        p = 0.5 * (1.0 + np.tanh(0.5 * logit_of(model, lesson.X[out])))
        losses.append(float(log_losses(p, lesson.y[out]).mean()))
        trial.report(float(np.mean(losses)), number)
        if trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(losses))
