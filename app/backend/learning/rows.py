"""Rows of a table as its families learn from them: checked, weighted, and in units."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from app.backend.domain.errors import InvalidInput
from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Columns, checked_matrix
from app.backend.learning.classifier import checked_labels, checked_weights

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """What is learnt from: rows of a table's matrix, each of which counts.

    Attributes
    ----------
    X : ndarray of float64, shape (n, columns)
    y : ndarray of float64, shape (n,)
        0 and 1.
    weight : ndarray of float64, shape (n,)
        Positive.
    unit : ndarray of int64, shape (n,)
        Rows of one unit are held out together.
    """

    X: Floats
    y: Floats
    weight: Floats
    unit: Codes

    @property
    def rate(self) -> float:
        """The smoothed base rate: the share of positives, with one more of each class."""
        return float((self.weight @ self.y + 1.0) / (self.weight.sum() + 2.0))

    @property
    def level(self) -> float:
        """The logit of the smoothed base rate."""
        return float(logit(self.rate))

    @property
    def has_both_classes(self) -> bool:
        """Whether there is a positive and a negative row."""
        return len(np.unique(self.y)) == 2

    def part(self, rows: Flags) -> "Rows":
        """Return some of the rows."""
        return Rows(self.X[rows], self.y[rows], self.weight[rows], self.unit[rows])


def checked_rows(
    columns: Columns, X: Floats, y: Codes, sample_weight: Floats | None, unit: Codes | None
) -> Rows:
    """Return the rows that count, or refuse them.

    Raises
    ------
    FeatureMismatch
        Where X has other columns than the table, or holds NaN or infinities.
    InvalidInput
        Where y has other values than 0 and 1, a weight is negative or not finite, or lengths
        differ.
    """
    matrix = checked_matrix(columns, X)
    count = len(matrix)
    labels = checked_labels(y, count).astype(np.float64)
    weight = np.ones(count) if sample_weight is None else checked_weights(sample_weight, count)
    number = np.arange(count) if unit is None else np.asarray(unit)
    if number.shape != (count,):
        raise InvalidInput(f"unit has shape {number.shape}, but X has {count} rows.")
    return Rows(matrix, labels, weight, number.astype(np.int64)).part(weight > 0)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several parts, in their order."""
    return Rows(
        np.vstack([part.X for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.unit for part in parts]),
    )


def grouped_folds(unit: Codes, folds: int, seed: int) -> Codes:
    """Return the fold of each row, shape (n,): whole units, dealt out by a seed."""
    _, number = np.unique(unit, return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    return np.asarray((generator(seed).permutation(count) % folds)[number], dtype=np.int64)


def held_out(unit: Codes, share: float, seed: int) -> Flags:
    """Return which rows are held out: about a share of the units, shape (n,)."""
    _, number = np.unique(unit, return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    return np.asarray((generator(seed).permutation(count) < round(share * count))[number])


def both_classes(positive: Floats) -> Floats:
    """Return P(negative), P(positive) of each row: float64 of shape (n, 2)."""
    return np.column_stack([1.0 - positive, positive])


def log_loss(logits: Floats, rows: Rows) -> float:
    """Return the mean log loss of logits for rows, in nats."""
    losses = np.logaddexp(0.0, logits) - rows.y * logits
    return float(rows.weight @ losses / rows.weight.sum())
