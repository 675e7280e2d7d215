"""Reads the library for training and serving from any database that has the promised columns."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Result, func, select
from sqlalchemy.orm import Session

from app.backend.domain.evidence import RawTitles, TitleTexts
from app.backend.store import values
from app.backend.store.promised import Found, described

ROWS_AT_ONCE: Final = 500
COLUMNS = ("title", "genres", "duration", "year", "kind", "community_rating", "age_rating")
TEXTS: Final = ("overview", "keywords", "directors", "cast")


def read_titles(session: Session) -> RawTitles:
    """Read the whole library in the order of its ids, hidden and removed titles included.

    Raises
    ------
    DatabaseUnreachable
        Where the table or a promised column is missing.
    """
    media = described(session, "media")
    names = ("id", *COLUMNS, "source", "is_hidden", "removed_at")
    columns = [_lengths(media) if n == "duration" else media.optional(n) for n in names]
    query = select(*columns).order_by(media.table.c.id)
    ids, *told, hidden, removed = _columns(session.execute(query), len(names))
    is_hidden = np.fromiter(map(bool, hidden), bool, len(ids))
    is_removed = np.array([moment is not None for moment in removed], dtype=bool)
    return RawTitles(
        id=_keys(ids),
        **dict(zip((*COLUMNS, "source"), told, strict=True)),
        is_set_aside=is_hidden | is_removed,
    )


def read_title_texts(session: Session) -> TitleTexts:
    """Read what every title says of itself, in the order and number of `read_titles`.

    Raises
    ------
    DatabaseUnreachable
        Where the table or a promised column is missing.
    """
    media = described(session, "media")
    names = ("id", *TEXTS)
    query = select(*(media.optional(name) for name in names)).order_by(media.table.c.id)
    ids, *texts = _columns(session.execute(query), len(names))
    return TitleTexts(_keys(ids), **dict(zip(TEXTS, texts, strict=True)))


def _lengths(media: Found) -> ColumnElement[Any]:
    """Return the column of lengths; what the household says goes before what the source does."""
    columns = media.table.c
    if "own_minutes" not in columns:
        return columns.duration
    return func.coalesce(columns.own_minutes, columns.duration)


def _keys(ids: Sequence[Any]) -> NDArray[np.int64]:
    """Return ids as keys; plain numbers need no looking at one by one."""
    usual = set(map(type, ids)) <= {int} and all(
        -values.LARGEST_KEY < end < values.LARGEST_KEY
        for end in (min(ids, default=0), max(ids, default=0))
    )
    return np.array(ids if usual else [values.key(one) for one in ids], dtype=np.int64)


def _columns(result: Result[Any], count: int) -> list[list[Any]]:
    """Return rows as columns; few rows at a time, so that the garbage collector finds no heap."""
    columns: list[list[Any]] = [[] for _ in range(count)]
    for rows in result.partitions(ROWS_AT_ONCE):
        for column, values_of_it in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values_of_it)
    return columns
