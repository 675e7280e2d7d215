"""Target statistics: how often rows alike in one respect were positive, without a row's own unit.

Each key (a member, a title in one context, ...) gives two columns: the smoothed share of positives
and how many rows it is of. Rows that are learnt from get them from the other folds only; new rows
get them from all rows (out-of-fold target encoding; Micci-Barreca, SIGKDD Explorations 3(1), 2001).
"""

import math
from dataclasses import dataclass

import numpy as np

from app.backend.domain.errors import InvalidInput
from app.backend.features.encode import Codes, Floats
from app.backend.features.numbering import Numbering, codes_of
from app.backend.features.table import Columns
from app.backend.features.tallies import Key, Tally, TargetStatistics, smoothed
from app.backend.learning.rows import Rows, grouped_folds


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """How target statistics are made.

    Attributes
    ----------
    prior : float
        How many rows the mean of all rows counts as.
    folds : int
        In how many folds the rows that are learnt from are cross-fitted.
    """

    prior: float = 4.0
    folds: int = 10

    def __post_init__(self) -> None:
        """Refuse a configuration that means nothing."""
        if not (math.isfinite(self.prior) and self.prior > 0 and self.folds >= 2):
            raise InvalidInput("prior is a positive number, and folds is at least 2.")


def learn_targets(
    rows: Rows, columns: Columns, config: TargetConfig, seed: int
) -> tuple[TargetStatistics, Floats]:
    """Return what rows teach, and their own cross-fitted columns, shape (n, 2 * keys)."""
    fold = grouped_folds(rows.unit, config.folds, seed)
    mean = _means_without(rows, fold, config.folds)[fold]
    keys, tallies, own = [], [], []
    for key in _keys(columns, rows.X):
        numbering = Numbering.learn(codes_of(rows.X, key))
        if numbering.count < 2:
            continue
        keys.append(key)
        number = numbering.of(codes_of(rows.X, key))
        tally, without = _cross_tally(numbering, number, rows, fold, config.folds)
        tallies.append(tally)
        own.append(smoothed(*without, mean, config.prior))
    taught = TargetStatistics(tuple(keys), tuple(tallies), rows.rate, config.prior)
    return taught, np.hstack([np.zeros((len(rows.y), 0)), *own])


def _keys(columns: Columns, X: Floats) -> tuple[Key, ...]:
    """Return the keys of a table, each once: who, what and when, alone and in pairs.

    A column in which all rows of X agree is no part of any key.
    """
    varies = np.ptp(X, axis=0) > 0 if len(X) else np.zeros(X.shape[1], dtype=bool)
    said = tuple(at for at in columns.contexts if varies[at])
    genres = tuple(at for at in columns.genres if varies[at])
    whens = (*((at,) for at in said), said)
    keys: list[Key] = [(columns.member,), (columns.title,), *whens]
    keys += [(columns.member, *when) for when in whens]
    keys += [(columns.title, *when) for when in whens]
    keys.append((columns.member, *genres))
    return tuple(dict.fromkeys(key for key in keys if key))


def _means_without(rows: Rows, fold: Codes, folds: int) -> Floats:
    """Return the smoothed base rate without each fold, shape (folds,)."""
    count = np.bincount(fold, rows.weight, folds)
    positives = np.bincount(fold, rows.weight * rows.y, folds)
    return np.asarray((positives.sum() - positives + 1.0) / (count.sum() - count + 2.0))


def _cross_tally(
    numbering: Numbering, number: Codes, rows: Rows, fold: Codes, folds: int
) -> tuple[Tally, tuple[Floats, Floats]]:
    """Tally a key over all rows; return with it what each row sees without its own fold."""
    cell, size = fold * numbering.count + number, folds * numbering.count
    sums, without = [], []
    for value in (rows.weight * rows.y, rows.weight):
        by_fold = np.bincount(cell, value, size).reshape(folds, -1)
        sums.append(by_fold.sum(axis=0))
        # Differences of sums of weights may be a rounding below zero.
        without.append(np.maximum(sums[-1][number] - by_fold[fold, number], 0.0))
    return Tally(numbering, sums[0], sums[1]), (without[0], without[1])
