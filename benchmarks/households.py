"""What can be measured of promises in a household whose truth is known."""

from typing import Final

import numpy as np

from app.backend.features.encode import Codes, Floats
from app.backend.learning.metrics import BINS, CLIP
from tests.worlds import World

SHOWN: Final = 20
TOP: Final = 5


def calibration_of_shown(world: World, p: Floats) -> float:
    """Return promise against truth, in bins, for what a model would show of the unseen titles."""
    unseen = p[:, world.unseen]
    at = tops(unseen, SHOWN)
    promised = np.take_along_axis(unseen, at, axis=1).ravel()
    true = np.take_along_axis(world.truth[:, world.unseen], at, axis=1).ravel()
    bin_of = np.minimum((promised * BINS).astype(np.int64), BINS - 1)
    return float(np.abs(np.bincount(bin_of, promised - true)).sum() / len(true))


def distinct_top_fives(p: Floats) -> int:
    """Return how many different sets of five titles the contexts have, of the whole library."""
    return len({frozenset(top.tolist()) for top in tops(p, TOP)})


def expected_log_loss(world: World, p: Floats) -> float:
    """Return the log loss that verdicts on the unseen titles would have on average, in nats."""
    inside = np.clip(p[:, world.unseen], CLIP, 1.0 - CLIP)
    true = world.truth[:, world.unseen]
    return float(-np.mean(true * np.log(inside) + (1.0 - true) * np.log1p(-inside)))


def tops(p: Floats, most: int) -> Codes:
    """Return the titles that stand first in each context, shape (36, most)."""
    return np.argsort(-p, axis=1, kind="stable")[:, :most]
