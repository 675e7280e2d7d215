"""A table's matrix as sparse one-hot columns, for families that learn weights of codes."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp

from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Columns
from app.backend.learning.effects import Numbering

Key: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One-hot columns of one key: `place[number]` is the column of a combination, -1 for none."""

    key: Key
    numbering: Numbering
    place: Codes

    @property
    def width(self) -> int:
        """How many columns there are."""
        return int(self.place.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True)
class OneHot:
    """The encoding that some rows taught; a code that they did not hold has no column.

    Attributes
    ----------
    columns : Columns
    blocks : tuple of Block
        Member, title, each context column, the whole context; where they are asked for, member
        and title in each of the latter.
    """

    columns: Columns
    blocks: tuple[Block, ...]

    @property
    def width(self) -> int:
        """How many columns there are."""
        dense = (*self.columns.genres, *self.columns.numbers, *self.columns.rules)
        return len(dense) + sum(block.width for block in self.blocks)

    @classmethod
    def learn(cls, X: Floats, columns: Columns, least_cross: int | None = None) -> "OneHot":
        """Learn the columns of rows of X.

        Parameters
        ----------
        X : ndarray of float64, shape (n, len(columns.names))
        columns : Columns
        least_cross : int, optional
            How often a member or title must occur in a context for a column of both; None: no such
            columns.
        """
        alone: list[Key] = [(columns.member,), (columns.title,)]
        alone += [(at,) for at in columns.contexts]
        blocks = [_block(X, key, 1) for key in dict.fromkeys((*alone, columns.contexts)) if key]
        if least_cross is not None:
            whens = [key for key in dict.fromkeys((*alone[2:], columns.contexts)) if key]
            whos = (columns.member, columns.title)
            blocks += [_block(X, (at, *when), least_cross) for at in whos for when in whens]
        return cls(columns, tuple(blocks))

    def of(self, X: Floats) -> sp.csr_matrix:
        """Return rows of X as sparse columns: float64, shape (n, width)."""
        genres = X[:, list(self.columns.genres)]
        genres = genres / np.sqrt(np.maximum(genres.sum(axis=1, keepdims=True), 1.0))
        rest = X[:, [*self.columns.numbers, *self.columns.rules]]
        parts = [sp.csr_matrix(genres), sp.csr_matrix(rest)]
        parts += [_spread(block, X) for block in self.blocks]
        return sp.hstack(parts, format="csr")


def _block(X: Floats, key: Key, least: int) -> Block:
    numbering = Numbering.learn(_codes(X, key))
    often = np.bincount(numbering.of(_codes(X, key)), minlength=numbering.count) >= least
    return Block(key, numbering, np.where(often, np.cumsum(often) - 1, -1).astype(np.int64))


def _spread(block: Block, X: Floats) -> sp.csr_matrix:
    number = block.numbering.of(_codes(X, block.key))
    # What was never seen has number -1, which finds the last place: none.
    place = np.append(block.place, -1)[number]
    row = np.flatnonzero(place >= 0)
    entries = (np.ones(len(row)), (row, place[row]))
    return sp.csr_matrix(entries, shape=(len(X), block.width))


def _codes(X: Floats, key: Key) -> Codes:
    return X[:, list(key)].astype(np.int64)
