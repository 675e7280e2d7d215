"""Trees as arrays: every node of every tree in one list, and each answer a walk down."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.features.encode import Codes, Floats

MOST_TREES: Final = 10_000
MOST_NODES: Final = 2_048
# So many places of rows in trees are walked at once.
_PLACES_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees whose answers are added up.

    Attributes
    ----------
    root : ndarray of int64, shape (trees + 1,)
        The first node of each tree, and how many nodes there are.
    feature : ndarray of int64, shape (nodes,)
        The column that is asked for; -1 in a leaf.
    threshold : ndarray of float64, shape (nodes,)
        Up to it a row goes left.
    left, right : ndarray of int64, shape (nodes,)
        Always further down the list than the node; 0 in a leaf.
    value : ndarray of float64, shape (nodes,)
        What a leaf answers; 0 elsewhere.
    """

    root: Codes
    feature: Codes
    threshold: Floats
    left: Codes
    right: Codes
    value: Floats

    def __post_init__(self) -> None:
        """Refuse what would not end, or lead out of its tree.

        Raises
        ------
        ValueError
            Where arrays do not belong together, or a child does not come after its parent.
        """
        count = len(self.feature)
        arrays = (self.threshold, self.left, self.right, self.value)
        if self.feature.ndim != 1 or any(array.shape != (count,) for array in arrays):
            raise ValueError("its nodes do not belong together")
        sizes = np.diff(self.root)
        if self.root.ndim != 1 or not 1 <= len(self.root) <= MOST_TREES + 1:
            raise ValueError("it has no trees, or too many")
        if self.root[0] != 0 or self.root[-1] != count or (sizes < 1).any():
            raise ValueError("a tree has no node")
        if (sizes > MOST_NODES).any() or (self.feature < -1).any():
            raise ValueError("a tree is too large, or asks for no column")
        node, end = np.arange(count), np.repeat(self.root[1:], sizes)
        for child in (self.left, self.right):
            inner = self.feature >= 0
            if not ((child > node) & (child < end))[inner].all():
                raise ValueError("a branch leads up, or out of its tree")

    @property
    def width(self) -> int:
        """How many columns a row must have at least."""
        return int(self.feature.max(initial=-1)) + 1

    def score(self, matrix: Floats) -> Floats:
        """Return the sum of all trees' answers for each row, shape (n,).

        Parameters
        ----------
        matrix : ndarray of float64, shape (n, at least `width`)
        """
        trees = len(self.root) - 1
        step = max(1, _PLACES_AT_ONCE // max(trees, 1))
        parts = [self._score(matrix[at : at + step]) for at in range(0, len(matrix), step)]
        return np.concatenate([np.zeros(0), *parts])

    def _score(self, matrix: Floats) -> Floats:
        rows = np.arange(len(matrix))[None, :]
        at = np.repeat(self.root[:-1, None], len(matrix), axis=1)
        while (inner := self.feature[at] >= 0).any():
            goes_left = matrix[rows, self.feature[at]] <= self.threshold[at]
            at = np.where(inner, np.where(goes_left, self.left[at], self.right[at]), at)
        # Along the first axis numpy adds one tree after the other, as boosting does.
        return np.asarray(np.add.reduce(self.value[at], axis=0))
