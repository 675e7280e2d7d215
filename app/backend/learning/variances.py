"""Variances of groups of effects, chosen by what they predict of rows held out.

The evidence of a Laplace approximation puts nearly all variance of a sparse binary design into
the finest effects; rows held out do not (docs/decisions/0017-variances-by-held-out-rows.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from app.backend.features.encode import Codes, Floats
from app.backend.learning.penalised import Mode, Regression
from app.backend.learning.temperature import fit_temperature

STEPS: Final = (3.0, 3.0, 1.7)
# What a step has to gain in all, over the rows held out: half of Akaike's price of a parameter, or
# where rows are many the least that is felt at all, a row. Less lets 200 rows of noise be learnt.
LEAST_GAIN_NATS: Final = 0.5
LEAST_GAIN_NATS_A_ROW: Final = 5e-5
SMALLEST: Final = 3e-4
LARGEST: Final = 60.0


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Folds of the rows: what is fitted, and what of the rest is predicted.

    `fold` is the fold that holds each row out, -1 where none does.
    """

    regressions: tuple[Regression, ...]
    tests: tuple[sp.csr_matrix, ...]
    fold: Codes
    y: Floats
    weight: Floats
    offset: Floats

    @classmethod
    def of(
        cls, design: sp.csr_matrix, y: Floats, weight: Floats, offset: Floats, fold: Codes
    ) -> "HeldOut":
        """Cut the rows; folds are the numbers from 0 that `fold` holds."""
        numbers = range(int(fold.max(initial=-1)) + 1)
        train = [fold != number for number in numbers]
        regressions = tuple(
            Regression.of(design[rows], y[rows], weight[rows], offset[rows]) for rows in train
        )
        tests = tuple(design[fold == number] for number in numbers)
        return cls(regressions, tests, fold, y, weight, offset)

    def predict(self, precision: Floats, starts: list[Floats | None]) -> tuple[Floats, list[Mode]]:
        """Return the logit of every held out row, shape (held out,) in order, and the fits."""
        modes = [r.mode(precision, s) for r, s in zip(self.regressions, starts, strict=True)]
        logit = self.offset.copy()
        for number, (mode, test) in enumerate(zip(modes, self.tests, strict=True)):
            logit[self.fold == number] += test @ mode.coefficients
        return logit[self.fold >= 0], modes


@dataclass(frozen=True, slots=True)
class Chosen:
    """The variances that predicted best, and how well.

    Attributes
    ----------
    variance : ndarray of float64, shape (groups,)
    temperature : float
        What logits are multiplied by.
    logit : ndarray of float64, shape (held out,)
        Of the rows held out, before the temperature.
    log_loss : float
    trials : int
    """

    variance: Floats
    temperature: float
    logit: Floats
    log_loss: float
    trials: int


def choose(
    held_out: HeldOut,
    group_of: Codes,
    start: Floats,
    together: Codes,
    watch: Callable[[int, float], None],
) -> Chosen:
    """Search the variances one after another, in steps that become finer.

    Parameters
    ----------
    held_out : HeldOut
    group_of : ndarray of int64, shape (q,)
        The group of each coefficient.
    start : ndarray of float64, shape (groups,)
    together : ndarray of int64, shape (groups,)
        Groups of one number move together; -1 stays where it is.
    watch : callable
        Told the number of trials and the best log loss after each.
    """
    search = _Search(held_out, group_of, watch)
    best = search.try_out(np.log(start), [None] * len(held_out.regressions))
    for factor in STEPS:
        for block in range(int(together.max(initial=-1)) + 1):
            best = search.along(best, together == block, np.log(factor))
    return Chosen(
        np.exp(best.log_variance), best.temperature, best.logit, best.log_loss, search.trials
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    log_variance: Floats
    temperature: float
    log_loss: float
    logit: Floats
    starts: list[Floats | None]


@dataclass(slots=True)
class _Search:
    held_out: HeldOut
    group_of: Codes
    watch: Callable[[int, float], None]
    trials: int = 0

    @property
    def least_gain(self) -> float:
        """What a step has to gain for each row held out, in nats."""
        rows = max(int((self.held_out.fold >= 0).sum()), 1)
        return max(LEAST_GAIN_NATS / rows, LEAST_GAIN_NATS_A_ROW)

    def along(self, best: _Trial, moving: np.ndarray, step: float) -> _Trial:
        """Walk up or down with some groups for as long as it pays."""
        for direction in (step, -step):
            before = best
            while True:
                wanted = best.log_variance + direction * moving
                inside = np.log(SMALLEST) <= wanted[moving]
                inside &= wanted[moving] <= np.log(LARGEST)
                if not inside.all():
                    break
                tried = self.try_out(wanted, best.starts)
                if tried.log_loss >= best.log_loss - self.least_gain:
                    break
                best = tried
            if best is not before:
                return best
        return best

    def try_out(self, log_variance: Floats, starts: list[Floats | None]) -> _Trial:
        """Fit every fold under some variances."""
        precision = np.exp(-log_variance)[self.group_of]
        logit, modes = self.held_out.predict(precision, starts)
        rows = self.held_out.fold >= 0
        y, weight = self.held_out.y[rows], self.held_out.weight[rows]
        temperature = fit_temperature(logit, y, weight)
        scaled = temperature * logit
        loss = float(weight @ (np.logaddexp(0.0, scaled) - y * scaled) / weight.sum())
        self.trials += 1
        self.watch(self.trials, loss)
        return _Trial(log_variance, temperature, loss, logit, [mode.coefficients for mode in modes])
