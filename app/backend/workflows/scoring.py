"""Rows in the columns that exported models read, scored by a version as it serves."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from app.backend.domain.errors import InvalidInput, NotFound
from app.backend.domain.model import Moments
from app.backend.features import plain_rows as rows
from app.backend.features.encode import Floats
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import FEATURE_COUNT
from app.backend.features.serving import moments_for
from app.backend.store.session import ReadSession
from app.backend.workflows import browse
from app.backend.workflows.serving import Serving, Shelf

RULES: Final = "rules"
LARGEST: Final = rows.LARGEST
MOST_ROWS: Final = 10_000
CONTEXT_WORDS: Final = rows.CONTEXT_WORDS
TEXT_COLUMNS: Final = rows.TEXTS
NUMBER_COLUMNS: Final = rows.NUMBERS
KNOWN_COLUMNS: Final = frozenset(rows.COLUMNS)
MATRIX_WIDTH: Final = FEATURE_COUNT


def serving_of(session: ReadSession, shelf: Shelf, version: str | None) -> Serving:
    """Return a version as it serves; without a name, what serves now.

    Raises
    ------
    NotFound
        Where there is no such version.
    ModelError
        Where its files cannot be trusted or read.
    """
    serving = shelf.serving(session)
    if version is None or version == name_of(serving):
        return serving
    if version == RULES:
        return Serving(rules_posterior(), None, "They were asked for.")
    found = browse.version(session, version)
    if not found.is_usable:
        raise NotFound("That version was set aside or pruned; list them with: encore models list")
    return shelf.opened(found)


def name_of(serving: Serving) -> str:
    """Return what a version is called where a name is asked for."""
    return serving.version or RULES


def scored(serving: Serving, columns: Mapping[str, Sequence[object]]) -> Moments:
    """Return the belief about rows, given by column; see `plain_rows`.

    Raises
    ------
    InvalidInput
        Where a column or a value cannot be, or there are too many rows.
    """
    count = max((len(values) for values in columns.values()), default=0)
    _insist_on_count(count)
    return moments_for(serving.predictor, rows.plain_rows(columns))


def scored_matrix(serving: Serving, X: Floats) -> Moments:
    """Return the belief about rows of X.

    Raises
    ------
    InvalidInput
        Where the matrix has other columns, or numbers that are none.
    """
    _insist_on_count(len(X))
    # NaN is within no bounds.
    if X.shape[1:] != (FEATURE_COUNT,) or not (np.abs(X) <= LARGEST).all():
        raise InvalidInput(f"X has {FEATURE_COUNT} columns of finite numbers; see docs/features.md")
    return moments_for(serving.predictor, X)


def _insist_on_count(count: int) -> None:
    if not 1 <= count <= MOST_ROWS:
        raise InvalidInput(f"Send 1 to {MOST_ROWS} rows at a time.")
