"""Contexts and titles become columns of X: each is encoded once, and X is a gather from both."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Final, TypeAlias

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
# Whoever reads an array from a file asks for two axes where it says so, and for one elsewhere.
Matrix: TypeAlias = Annotated[Floats, 2]

_TITLE_START = len(schema.CONTEXT_COLUMNS)
_ROWS_AT_ONCE: Final = 1_024


def encode_columns(
    media_id: Codes,
    genres: NDArray[np.bool_],
    minutes: Floats,
    year: Floats,
    is_series: NDArray[np.bool_],
    community_rating: Floats,
) -> Floats:
    """Encode titles as rows of the title columns.

    Parameters
    ----------
    media_id : ndarray of int64, shape (n,)
    genres : ndarray of bool, shape (n, len(CANON))
    minutes, year, community_rating : ndarray of float64, shape (n,)
        NaN where missing.
    is_series : ndarray of bool, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n, len(TITLE_COLUMNS))
        Genres as 0/1, duration in minutes, what is missing as 0.
    """
    rows = np.zeros((len(media_id), len(schema.TITLE_COLUMNS)))
    rows[:, np.array(schema.GENRE_COLUMNS) - _TITLE_START] = genres
    rows[:, schema.DURATION - _TITLE_START] = np.nan_to_num(minutes)
    rows[:, schema.YEAR - _TITLE_START] = np.nan_to_num(year)
    rows[:, schema.KIND_SERIES - _TITLE_START] = is_series
    rows[:, schema.COMMUNITY_RATING - _TITLE_START] = np.nan_to_num(community_rating)
    rows[:, schema.MEDIA_ID - _TITLE_START] = media_id
    return rows


def encode_titles(titles: Sequence[Title]) -> Floats:
    """Encode titles that were understood before: shape (len(titles), len(TITLE_COLUMNS))."""
    genres = np.zeros((len(titles), len(CANON)), dtype=bool)
    for row, title in zip(genres, titles, strict=True):
        row[[CANON.index(genre) for genre in title.genres]] = True
    return encode_columns(
        np.array([title.id for title in titles], dtype=np.int64),
        genres,
        np.array([title.minutes or 0.0 for title in titles]),
        np.array([title.year or 0 for title in titles], dtype=np.float64),
        np.array([title.kind == "series" for title in titles], dtype=bool),
        np.array([title.community_rating or 0.0 for title in titles]),
    )


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
    _look_up(context_table(), context_codes, X[:, :_TITLE_START])
    _look_up(encoded_titles, title_rows, X[:, _TITLE_START:])
    return X


def for_context(code: int, encoded_titles: Floats) -> Floats:
    """Assemble X for every title in one context."""
    count = len(encoded_titles)
    return gather(np.full(count, code), np.arange(count), encoded_titles)


def _look_up(table: Floats, at: Codes, into: Floats) -> None:
    """Write the rows of a table at some positions, as `into[:] = table[at]` does."""
    if len(at) and not 0 <= int(at.min()) <= int(at.max()) < len(table):
        raise IndexError(f"a position is outside the {len(table)} rows of the table")
    # A small part stays in the processor's cache between being looked up and being written.
    part = np.empty((_ROWS_AT_ONCE, table.shape[1]))
    for start in range(0, len(at), _ROWS_AT_ONCE):
        wanted = at[start : start + _ROWS_AT_ONCE]
        found = part[: len(wanted)]
        np.take(table, wanted, axis=0, out=found, mode="clip")
        into[start : start + len(wanted)] = found


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
