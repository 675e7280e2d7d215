"""Splits by time, with slates kept together: what is tested is always later than what trained."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from app.backend.domain.errors import LeakageFound
from app.backend.features.encode import Codes

FIRST_TEST_SHARE: Final = 0.4
BLOCKS: Final = 5
TRAIN_SHARE: Final = 0.6
VALIDATION_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Block:
    """Positions of the rows that train and of the later rows that test, in time order."""

    train: Codes
    test: Codes


@dataclass(frozen=True, slots=True)
class Split:
    """Positions of the rows of three parts, in time order: what is later is never learnt from."""

    train: Codes
    validation: Codes
    test: Codes

    def record(self, feedback_id: Codes) -> dict[str, Any]:
        """Return sizes and a digest of which row is where, for whoever wants to make it again."""
        digest = hashlib.sha256()
        for rows in (self.train, self.validation, self.test):
            digest.update(len(rows).to_bytes(8, "big") + feedback_id[rows].astype("<i8").tobytes())
        return {
            "train": len(self.train),
            "validation": len(self.validation),
            "test": len(self.test),
            "fingerprint": digest.hexdigest(),
        }


def split_by_time(slate: Codes) -> Split:
    """Split rows in time order into three parts, whole slates in each.

    Parameters
    ----------
    slate : ndarray of int64, shape (n,)
        The slate of each row; it counts with its first row.
    """
    rank, slates = _in_order(slate)
    low = round(slates * TRAIN_SHARE)
    high = round(slates * (TRAIN_SHARE + VALIDATION_SHARE))
    return Split(
        np.flatnonzero(rank < low),
        np.flatnonzero((rank >= low) & (rank < high)),
        np.flatnonzero(rank >= high),
    )


def refuse_leakage(slate: Codes, parts: Sequence[Codes]) -> None:
    """Refuse parts of which an earlier one holds what a later one is asked about.

    Parameters
    ----------
    slate : ndarray of int64, shape (n,)
    parts : sequence of ndarray of int64
        Positions of rows, the earliest part first.

    Raises
    ------
    LeakageFound
        Where a slate is in two parts, or begins before one of an earlier part.
    """
    rank, _ = _in_order(slate)
    ends = [(int(rank[rows].min()), int(rank[rows].max())) for rows in parts if len(rows)]
    if any(later[0] <= earlier[1] for earlier, later in pairwise(ends)):
        raise LeakageFound(
            "A part of the data that is learnt from reaches into a later part that is asked "
            "about; split by time, with whole slates: encore data-quality shows the parts."
        )


def rolling_blocks(slate: Codes) -> list[Block]:
    """Split rows in time order into blocks, each tested by what was learnt before it.

    Parameters
    ----------
    slate : ndarray of int64, shape (n,)
        The slate of each row. A slate counts with its first row: rows of an earlier slate that
        come later (someone changed a verdict) stay with it.

    Returns
    -------
    list of Block
        At most `BLOCKS`; together their tests are all slates after the first
        `FIRST_TEST_SHARE`. Empty where there are fewer than two slates.
    """
    rank, slates = _in_order(slate)
    if slates < 2:
        return []
    start = max(1, int(np.ceil(slates * FIRST_TEST_SHARE)))
    edges = np.unique(np.linspace(start, slates, BLOCKS + 1).astype(np.int64))
    return [
        Block(np.flatnonzero(rank < low), np.flatnonzero((rank >= low) & (rank < high)))
        for low, high in pairwise(edges)
    ]


def _in_order(slate: Codes) -> tuple[Codes, int]:
    """Return each row's slate, numbered by when it began, and how many slates there are."""
    _, first, number = np.unique(slate, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number], len(first)
