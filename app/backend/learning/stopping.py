"""Epochs until rows held out gain no more, then all rows for as long, and one temperature."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from app.backend.domain.errors import InvalidInput
from app.backend.domain.randomness import derived_seed
from app.backend.features import family
from app.backend.features.encode import Floats
from app.backend.features.family import Drawn, mean_logit
from app.backend.learning.rows import (
    Flags,
    Rows,
    grouped_folds,
    held_out,
    joined,
    log_loss,
)
from app.backend.learning.temperature import fit_temperature

HELD_OUT_SHARE: Final = 0.15
# Below `LEAST_ROWS` nothing can be spared, so that both are fixed; below `FOLDS_BELOW` one part
# held out would be too small to tell, so that every row is held out once.
LEAST_ROWS: Final = 60
FOLDS_BELOW: Final = 500
FOLDS: Final = 4
FEW_EPOCHS: Final = 10
FEW_TEMPERATURE: Final = 0.5


class Learner(family.Learner, Protocol):
    """Something that learns from its rows epoch by epoch, and starts near their base rate."""

    def epoch(self) -> None:
        """Go through the rows once."""


L = TypeVar("L", bound=Learner)


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: after so many epochs, or so many without gain."""

    most_epochs: int
    patience: int

    def __post_init__(self) -> None:
        """Refuse limits under which nothing is learnt."""
        if self.most_epochs < 1 or self.patience < 1:
            raise InvalidInput("most_epochs and patience are at least 1.")


@dataclass(frozen=True, slots=True)
class Trial(Generic[L]):
    """Learners of some rows, and the rows that were held out from them."""

    learners: tuple[L, ...]
    outer: Rows
    level: float

    def epoch(self) -> None:
        """Let each learner go through its rows once."""
        for learner in self.learners:
            learner.epoch()

    def distance(self) -> Floats:
        """Return how far the mean logit of each row held out is from the level."""
        return mean_logit(self.learners, self.outer.X) - self.level


@dataclass(frozen=True, slots=True)
class Trained(Generic[L]):
    """Learners that saw all rows, and how their mean logit is drawn to the base rate.

    Attributes
    ----------
    learners : tuple
    epochs : int
    level : float
        The logit of the smoothed base rate.
    temperature : float
        What the distance from the level is multiplied by.
    """

    learners: tuple[L, ...]
    epochs: int
    level: float
    temperature: float

    @property
    def drawn(self) -> Drawn:
        """How the learners' mean is drawn to the base rate."""
        return Drawn(self.level, self.temperature)


def train(
    make: Callable[[Rows, int], L], rows: Rows, seeds: tuple[int, ...], limits: Limits
) -> Trained[L]:
    """Train one learner for each seed.

    Parameters
    ----------
    make : callable
        Makes an untrained learner of rows and a seed.
    rows : Rows
        Both classes must occur.
    seeds : tuple of int
        The first also says which units are held out.
    limits : Limits
    """

    def of(some: Rows) -> tuple[L, ...]:
        return tuple(make(some, seed) for seed in seeds)

    epochs, temperature = min(FEW_EPOCHS, limits.most_epochs), FEW_TEMPERATURE
    parts = [(rows.part(~out), rows.part(out)) for out in _held_out(rows, seeds[0])]
    parts = [part for part in parts if len(part[1].y) and part[0].has_both_classes]
    trials = [Trial(of(inner), outer, inner.level) for inner, outer in parts]
    if trials:
        epochs, temperature = stopped(trials, limits)
    learners = of(rows)
    for learner in learners:
        for _ in range(epochs):
            learner.epoch()
    return Trained(learners, epochs, rows.level, temperature)


def train_seeds(
    make: Callable[[Rows, int], L], rows: Rows, seed: int, count: int, limits: Limits
) -> Trained[L] | None:
    """Train so many learners, each with a seed of its own; None where there is one class."""
    if not rows.has_both_classes:
        return None
    seeds = tuple(derived_seed(seed, at) for at in range(count))
    with threadpool_limits(limits=1, user_api="blas"):
        return train(make, rows, seeds, limits)


def stopped(trials: Sequence[Trial[L]], limits: Limits) -> tuple[int, float]:
    """Return after how many epochs rows held out have their least log loss, and the temperature.

    The epochs may be 0, where nothing is to be learnt.
    """
    outer = joined([trial.outer for trial in trials])
    level = np.concatenate([np.full(len(trial.outer.y), trial.level) for trial in trials])
    best, least, distance = 0, np.inf, np.zeros(len(level))
    for epoch in range(limits.most_epochs + 1):
        now = _distance(trials)
        loss = log_loss(level + now, outer)
        if loss < least:
            best, distance, least = epoch, now, loss
        if epoch == limits.most_epochs or epoch - best >= limits.patience:
            break
        for trial in trials:
            trial.epoch()
    return best, fit_temperature(distance, outer.y, outer.weight, level)


def _held_out(rows: Rows, seed: int) -> list[Flags]:
    """Return which rows are held out, once for each trial."""
    if len(rows.y) < LEAST_ROWS:
        return []
    if len(rows.y) >= FOLDS_BELOW:
        return [held_out(rows.unit, HELD_OUT_SHARE, seed)]
    fold = grouped_folds(rows.unit, FOLDS, seed)
    return [fold == number for number in range(FOLDS)]


def _distance(trials: Sequence[Trial[L]]) -> Floats:
    return np.concatenate([trial.distance() for trial in trials])
