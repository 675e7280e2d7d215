"""Permutation importance in a household of known truth: what a model loses when columns lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.context import every_context
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.features.posterior import MixedPosterior
from app.backend.features.schema import (
    COMMUNITY_RATING,
    CONTEXT_COLUMNS,
    DURATION,
    GENRE_COLUMNS,
    KIND_SERIES,
    MEDIA_ID,
    YEAR,
)
from tests.worlds import World, ndcg_at_5

SHUFFLES: Final = 3


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns that are shuffled together, among contexts or among titles."""

    label: str
    at: tuple[int, ...]
    of_context: bool = False


def _said(prefix: str) -> tuple[int, ...]:
    return tuple(at for at, name in enumerate(CONTEXT_COLUMNS) if name.startswith(prefix))


COLUMNS: Final[Mapping[str, Columns]] = {
    "mood": Columns("mood", _said("mood"), of_context=True),
    "company": Columns("company", _said("group"), of_context=True),
    "session": Columns("session length", _said("session"), of_context=True),
    "genres": Columns("genres", tuple(GENRE_COLUMNS)),
    "length": Columns("minutes and kind", (DURATION, KIND_SERIES)),
    "year": Columns("year", (YEAR,)),
    "rating": Columns("community rating", (COMMUNITY_RATING,)),
    # Of a title that was never judged, a model knows nothing else by its id.
    "words": Columns("words, by the title's id", (MEDIA_ID,)),
}


def losses(world: World, model: MixedPosterior, seed: int) -> dict[str, float]:
    """Return by columns how much NDCG@5 on unseen titles falls, the mean over some shuffles."""
    rng = np.random.default_rng(seed)
    X = np.stack([for_context(context.code, world.encoded) for context in every_context()])
    X = X[:, world.unseen]
    whole = _ndcg(world, model, X)
    found = {}
    for name, columns in COLUMNS.items():
        parts = [
            _ndcg(world, model, shuffled(X, columns, rng.permutation)) for _ in range(SHUFFLES)
        ]
        found[name] = whole - float(np.mean(parts))
    return found


def shuffled(X: Floats, columns: Columns, permutation: Callable[[int], Codes]) -> Floats:
    """Return X with some columns of other contexts, or of other titles.

    Parameters
    ----------
    X : ndarray of float64, shape (contexts, titles, FEATURE_COUNT)
    columns : Columns
    permutation : callable
        From a length to an order.
    """
    mixed, at = X.copy(), list(columns.at)
    if columns.of_context:
        mixed[:, :, at] = X[permutation(X.shape[0])][:, :, at]
    else:
        mixed[:, :, at] = X[:, permutation(X.shape[1])][:, :, at]
    return mixed


def _ndcg(world: World, model: MixedPosterior, X: Floats) -> float:
    scores = np.zeros(world.truth.shape)
    answers = model.moments(X.reshape(-1, X.shape[2])).probability
    scores[:, world.unseen] = answers.reshape(X.shape[:2])
    return ndcg_at_5(world, scores, world.unseen)
