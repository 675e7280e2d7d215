"""Splits by time, with slates kept together: what is tested is always later than what trained."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from app.backend.features.encode import Codes

FIRST_TEST_SHARE: Final = 0.4
BLOCKS: Final = 5


@dataclass(frozen=True, slots=True)
class Block:
    """Positions of the rows that train and of the later rows that test, in time order."""

    train: Codes
    test: Codes


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
    _, first, number = np.unique(slate, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))[number]
    slates = len(first)
    if slates < 2:
        return []
    start = max(1, int(np.ceil(slates * FIRST_TEST_SHARE)))
    edges = np.unique(np.linspace(start, slates, BLOCKS + 1).astype(np.int64))
    return [
        Block(np.flatnonzero(rank < low), np.flatnonzero((rank >= low) & (rank < high)))
        for low, high in pairwise(edges)
    ]
