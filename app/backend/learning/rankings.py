"""Rows of one group in the order of their predictions: pairs in the right order, NDCG."""

from dataclasses import dataclass

import numpy as np

from app.backend.features.encode import Codes, Floats


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows sorted by group and prediction, once; weights of rows may differ from call to call.

    Attributes
    ----------
    order : ndarray of int64, shape (n,)
        The rows, group by group, each from the lowest prediction to the highest.
    y : ndarray of float64, shape (n,)
        In that order.
    tie_start : ndarray of int64
        Where rows of one group and one prediction begin.
    group_start : ndarray of int64
        Which of those begin a group.
    row_start : ndarray of int64
        Where each group begins.
    """

    order: Codes
    y: Floats
    tie_start: Codes
    group_start: Codes
    row_start: Codes

    @classmethod
    def of(cls, p: Floats, y: Codes, group: Codes) -> "Ranking":
        """Sort rows.

        Parameters
        ----------
        p : ndarray of float64, shape (n,)
        y : ndarray of int64, shape (n,)
        group : ndarray of int64, shape (n,)
            Numbers from 0, each of which occurs.
        """
        order = np.lexsort((p, group))
        begins_group = np.diff(group[order], prepend=-1) != 0
        begins_tie = begins_group | (np.diff(p[order], prepend=np.inf) != 0)
        tie_start = np.flatnonzero(begins_tie)
        group_start = np.flatnonzero(begins_group[tie_start])
        return cls(
            order, y[order].astype(np.float64), tie_start, group_start, np.flatnonzero(begins_group)
        )

    def pairs(self, weight: Floats) -> tuple[Floats, Floats]:
        """Return, for each group, its pairs in the right order and all of its pairs.

        A pair is a positive and a negative, and weighs the product of their weights; where both
        have one prediction, half of it is in the right order.
        """
        if not len(self.order):
            return np.zeros(0), np.zeros(0)
        mine = weight[self.order]
        positive = np.add.reduceat(mine * self.y, self.tie_start)
        negative = np.add.reduceat(mine * (1.0 - self.y), self.tie_start)
        below = np.cumsum(negative) - negative
        size = np.diff(self.group_start, append=len(self.tie_start))
        below -= np.repeat(below[self.group_start], size)
        right = np.add.reduceat(positive * (below + negative / 2), self.group_start)
        positives = np.add.reduceat(positive, self.group_start)
        return right, positives * np.add.reduceat(negative, self.group_start)

    def ndcg(self, depth: int) -> Floats:
        """Return the NDCG of each group over its first rows; NaN where there is nothing to order.

        Rows of one prediction are in every order at once: each counts the mean of them.
        """
        if not len(self.order):
            return np.zeros(0)
        size = np.diff(self.row_start, append=len(self.order))
        within = np.arange(len(self.order)) - np.repeat(self.row_start, size)
        rank = np.repeat(size, size) - 1 - within
        discount = np.where(rank < depth, 1.0 / np.log2(rank + 2.0), 0.0)
        tied = np.diff(self.tie_start, append=len(self.order))
        gain = np.repeat(np.add.reduceat(self.y, self.tie_start) / tied, tied)
        found = np.add.reduceat(gain * discount, self.row_start)
        positives = np.add.reduceat(self.y, self.row_start).astype(np.int64)
        ideal = np.concatenate([[0.0], np.cumsum(1.0 / np.log2(np.arange(depth) + 2.0))])
        best = ideal[np.minimum(positives, depth)]
        is_asked = (positives > 0) & (size > 1)
        return np.where(is_asked, found / np.where(is_asked, best, 1.0), np.nan)
