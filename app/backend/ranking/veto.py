"""Least misery as a veto: a title that somebody present would hardly enjoy is not for everybody."""

from typing import Final

import numpy as np

from app.backend.features.encode import Codes, Floats

LEAST_PROBABILITY: Final = 0.2
# A veto is a member's against what the others would take: it needs two.
FEWEST_MEMBERS: Final = 2


def after_veto(own: Floats, shared: Floats, fewest: int) -> Codes:
    """Return the positions of the candidates that nobody vetoes, in order.

    A title is vetoed where a member's own probability is below `LEAST_PROBABILITY` and that of all
    together is not. Where fewer than `fewest` would remain, the mildest vetoes do not count.

    Parameters
    ----------
    own : ndarray of float64, shape (members, n)
        Each member's probability, as if alone.
    shared : ndarray of float64, shape (n,)
        The probability for all who are present.
    fewest : int
    """
    everyone = np.arange(len(shared))
    if len(own) < FEWEST_MEMBERS:
        return everyone
    worst = own.min(axis=0)
    vetoed = np.flatnonzero((worst < LEAST_PROBABILITY) & (shared >= LEAST_PROBABILITY))
    harshest_first = vetoed[np.argsort(worst[vetoed], kind="stable")]
    return np.setdiff1d(everyone, harshest_first[: max(0, len(shared) - fewest)])
