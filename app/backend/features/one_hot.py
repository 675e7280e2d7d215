"""A table's matrix as sparse one-hot columns, for families that learn weights of codes."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp

from app.backend.features.encode import Codes, Floats
from app.backend.features.numbering import Numbering, codes_of
from app.backend.features.table import Columns

Key: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One-hot columns of one key: `place[number]` is the column of a combination, -1 for none."""

    key: Key
    numbering: Numbering
    place: Codes

    def __post_init__(self) -> None:
        """Refuse columns that are not there.

        Raises
        ------
        ValueError
            Where a key has other codes than it says, or a place is none of its columns.
        """
        if len(self.key) != len(self.numbering.radix):
            raise ValueError("a key has other columns than it says")
        kept = self.place[self.place >= 0]
        if self.place.shape != (self.numbering.count,) or (self.place < -1).any():
            raise ValueError("a combination has no place")
        if not np.array_equal(kept, np.arange(len(kept))):
            raise ValueError("columns are not in order")

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

    def __post_init__(self) -> None:
        """Refuse keys of columns that are not there.

        Raises
        ------
        ValueError
            Where a key has a column beyond the table's.
        """
        keys = [at for block in self.blocks for at in block.key]
        if not all(0 <= at < len(self.columns.names) for at in keys):
            raise ValueError("a key has a column that the table has not")

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
    numbering = Numbering.learn(codes_of(X, key))
    often = np.bincount(numbering.of(codes_of(X, key)), minlength=numbering.count) >= least
    return Block(key, numbering, np.where(often, np.cumsum(often) - 1, -1).astype(np.int64))


def _spread(block: Block, X: Floats) -> sp.csr_matrix:
    number = block.numbering.of(codes_of(X, block.key))
    # What was never seen has number -1, which finds the last place: none.
    place = np.append(block.place, -1)[number]
    row = np.flatnonzero(place >= 0)
    entries = (np.ones(len(row)), (row, place[row]))
    return sp.csr_matrix(entries, shape=(len(X), block.width))
