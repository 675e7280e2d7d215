"""Contexts and titles become columns of X: each is encoded once, and X is a gather from both."""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.context import (
    CODE_COUNT,
    GROUP_SIZES,
    MOODS,
    SESSION_LENGTHS,
    Context,
)
from app.backend.domain.title import Title
from app.backend.features import schema
from app.backend.features.genres import CANON

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

_TITLE_START = len(schema.CONTEXT_COLUMNS)


def encode_titles(titles: Sequence[Title]) -> Floats:
    """Encode titles as rows of the title columns.

    Parameters
    ----------
    titles : sequence of Title
        Genres are canonical keys; `minutes`, `year` and `community_rating` may be missing.

    Returns
    -------
    ndarray of float64, shape (len(titles), len(TITLE_COLUMNS))
        Genres as 0/1, duration in minutes, what is missing as 0.
    """
    rows = np.zeros((len(titles), len(schema.TITLE_COLUMNS)))
    genre_at = {genre: schema.GENRE_COLUMNS[i] - _TITLE_START for i, genre in enumerate(CANON)}
    for row, title in zip(rows, titles, strict=True):
        for genre in title.genres:
            row[genre_at[genre]] = 1.0
        row[schema.DURATION - _TITLE_START] = title.minutes or 0.0
        row[schema.YEAR - _TITLE_START] = title.year or 0
        row[schema.KIND_SERIES - _TITLE_START] = title.kind == "series"
        row[schema.COMMUNITY_RATING - _TITLE_START] = title.community_rating or 0.0
        row[schema.MEDIA_ID - _TITLE_START] = title.id
    return rows


def gather(context_codes: Codes, title_rows: Codes, encoded_titles: Floats) -> Floats:
    """Assemble X from context codes and rows of encoded titles.

    Parameters
    ----------
    context_codes : ndarray of int64, shape (n,)
    title_rows : ndarray of int64, shape (n,)
        Positions in `encoded_titles`.
    encoded_titles : ndarray of float64, shape (titles, len(TITLE_COLUMNS))

    Returns
    -------
    ndarray of float64, shape (n, FEATURE_COUNT)
    """
    X = np.empty((len(context_codes), schema.FEATURE_COUNT))
    X[:, :_TITLE_START] = context_table()[context_codes]
    X[:, _TITLE_START:] = encoded_titles[title_rows]
    return X


def for_context(code: int, encoded_titles: Floats) -> Floats:
    """Assemble X for every title in one context."""
    count = len(encoded_titles)
    return gather(np.full(count, code), np.arange(count), encoded_titles)


@cache
def context_table() -> Floats:
    """Return the context columns of every code, shape (CODE_COUNT, len(CONTEXT_COLUMNS))."""
    table = np.zeros((CODE_COUNT, len(schema.CONTEXT_COLUMNS)))
    for code in range(CODE_COUNT):
        context = Context.from_code(code)
        said = (
            *(context.mood == mood for mood in MOODS),
            *(context.group_size == size for size in GROUP_SIZES),
            *(context.session_length == length for length in SESSION_LENGTHS),
        )
        table[code] = said
    table.setflags(write=False)
    return table
