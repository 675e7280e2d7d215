"""X as two bases whose products are the interactions: what is said, and what a title is.

A model over them is a matrix: `logit = c @ W @ t`. The rules are such matrices too.
"""

from functools import cache
from typing import Final

import numpy as np

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.errors import FeatureMismatch
from app.backend.features import schema
from app.backend.features.encode import Floats
from app.backend.features.genres import CANON
from app.backend.features.rules import SUBSCORES, default_rules

CONTEXT_BASIS: Final = ("any", *schema.CONTEXT_COLUMNS)
TITLE_BASIS: Final = (
    "any",
    *(f"genre_{genre}" for genre in CANON),
    "series",
    "length",
    "length_squared",
    "era",
    "era_squared",
    "rating",
    *(f"fit_{length}" for length in SESSION_LENGTHS),
)
GENRES: Final = slice(1, 1 + len(CANON))

# Fixed, so that a model means the same whatever library it meets: a log length around an evening
# film, a year around 2000, a community rating on its usual scale. Clipped: unclipped squares made
# small models worse than chance.
LENGTH_CENTRE_MINUTES: Final = 95.0
LENGTH_SCALE: Final = 0.5
YEAR_CENTRE: Final = 2000.0
YEAR_SCALE: Final = 18.0
RATING_CENTRE: Final = 6.5
RATING_SCALE: Final = 1.2
CLIP: Final = 2.0


def checked(X: Floats) -> Floats:
    """Return X with all of Encore's columns, or refuse it.

    Parameters
    ----------
    X : ndarray, shape (n, 17) or (n, FEATURE_COUNT)
        With 17 columns, the others are taken as missing.

    Raises
    ------
    FeatureMismatch
        Where X has another width, is not two-dimensional, or holds NaN or infinities.
    """
    matrix = np.asarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] not in {schema.PROMISED_COUNT, schema.FEATURE_COUNT}:
        raise FeatureMismatch(
            f"X has shape {matrix.shape}, but a model reads {schema.FEATURE_COUNT} columns (or "
            f"the first {schema.PROMISED_COUNT}); make X with prepare_training_data."
        )
    if not np.isfinite(matrix).all():
        raise FeatureMismatch("X holds NaN or infinite values; what is missing is written as 0.")
    if matrix.shape[1] == schema.FEATURE_COUNT:
        return matrix
    missing = np.zeros((len(matrix), schema.FEATURE_COUNT - schema.PROMISED_COUNT))
    return np.hstack([matrix, missing])


def context_basis(X: Floats) -> Floats:
    """Return what was said: shape (n, len(CONTEXT_BASIS)), a leading 1 and the one-hots."""
    return np.hstack([np.ones((len(X), 1)), X[:, : len(schema.CONTEXT_COLUMNS)]])


def title_basis(X: Floats) -> Floats:
    """Return what each title is: shape (n, len(TITLE_BASIS)); what is missing is 0."""
    genres = X[:, schema.GENRE_COLUMNS]
    spread = np.sqrt(np.maximum(genres.sum(axis=1, keepdims=True), 1.0))
    minutes, series = X[:, schema.DURATION], X[:, schema.KIND_SERIES]
    length = _standard(np.log(np.maximum(minutes, 1.0) / LENGTH_CENTRE_MINUTES), LENGTH_SCALE)
    length = np.where(minutes > 0, length, 0.0)
    year = X[:, schema.YEAR]
    era = np.where(year > 0, _standard(year - YEAR_CENTRE, YEAR_SCALE), 0.0)
    community = X[:, schema.COMMUNITY_RATING]
    rating = np.where(community > 0, _standard(community - RATING_CENTRE, RATING_SCALE), 0.0)
    columns = [np.ones(len(X)), *(genres / spread).T, series]
    columns += [length, length**2, era, era**2, rating, *_session_fits(minutes, series)]
    return np.column_stack(columns)


@cache
def rule_matrices() -> Floats:
    """Return the rules as matrices, shape (len(SUBSCORES), context basis, title basis)."""
    rules = default_rules()
    matrices = np.zeros((len(SUBSCORES), len(CONTEXT_BASIS), len(TITLE_BASIS)))
    for part, words, beliefs in (("mood", MOODS, rules.mood), ("group", GROUP_SIZES, rules.group)):
        for word in words:
            for genre, belief in beliefs[word].items():
                at = CONTEXT_BASIS.index(f"{part}_{word}"), TITLE_BASIS.index(f"genre_{genre}")
                matrices[SUBSCORES.index(part)][at] = belief
    for length in SESSION_LENGTHS:
        at = CONTEXT_BASIS.index(f"session_{length}"), TITLE_BASIS.index(f"fit_{length}")
        matrices[SUBSCORES.index("session")][at] = 1.0
    matrices[SUBSCORES.index("quality"), 0, TITLE_BASIS.index("rating")] = 1.0
    matrices.setflags(write=False)
    return matrices


def _standard(values: Floats, scale: float) -> Floats:
    return np.clip(values / scale, -CLIP, CLIP)


def _session_fits(minutes: Floats, series: Floats) -> list[Floats]:
    session = default_rules().session
    return [
        np.where(
            minutes > 0,
            np.where(
                series > 0,
                session[length, "series"].at(minutes),
                session[length, "movie"].at(minutes),
            ),
            0.0,
        )
        for length in SESSION_LENGTHS
    ]
