"""Reads feedback row by row, whatever its columns hold: for the rows that no pack can carry."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.backend.domain.evidence import DEMO, NO_CONTEXT, RawContext
from app.backend.store import values
from app.backend.store.columns import TYPES, Columns, Contexts, TitlePositions
from app.backend.store.promised import Found

FETCHED_AT_ONCE: Final = 10_000
NO_KEY: Final = values.LARGEST_KEY  # keys are below it


def read_singly(
    session: Session,
    tables: Mapping[str, Found],
    which: ColumnElement[bool] | None,
    titles: TitlePositions,
    contexts: Contexts,
) -> Columns:
    """Read the rows of feedback for which a condition holds, or all of them."""
    query = _query(tables)
    found = session.execute(query if which is None else query.where(which))
    partitions = found.partitions(FETCHED_AT_ONCE)
    parts = [_as_columns(rows, titles, contexts) for rows in partitions]
    return {
        name: np.concatenate([part[name] for part in parts] or [np.zeros(0, kind)])
        for name, kind in TYPES.items()
    }


def _query(tables: Mapping[str, Found]) -> Select[Any]:
    feedback, shown = tables["feedback"], tables["recommendations"]
    f, r = feedback.table.c, shown.table.c
    columns = (
        f.id,
        f.recommendation_id,
        r.id.label("found_recommendation"),
        r.media_id,
        shown.optional("slate_id"),
        feedback.optional("member_id"),
        r.mood,
        r.group_size,
        r.session_length,
        f.rating,
        f.would_watch_again,
        feedback.optional("source"),
        feedback.optional("created_at"),
    )
    joined = feedback.table.outerjoin(shown.table, f.recommendation_id == r.id)
    return select(*columns).select_from(joined)


def _as_columns(
    rows: Iterable[Sequence[Any]], titles: TitlePositions, contexts: Contexts
) -> Columns:
    read: list[tuple[Any, ...]] = []
    for feedback, wanted, found, media, slate, member, *rest in rows:
        mood, group, session_length, rating, again, source, created = rest
        said = RawContext(None, *map(values.frozen, (mood, group, session_length)))
        read.append(
            (
                values.key(feedback),
                values.key(slate if slate is not None else wanted if found is None else found),
                values.key(member),
                NO_CONTEXT if found is None else contexts.position(said),
                NO_KEY if media is None else values.key(media),
                values.rating(rating),
                values.answer(again),
                source == DEMO,
                values.moment(created),
            )
        )
    told = zip(*read, strict=True) if read else ((),) * len(TYPES)
    columns: dict[str, NDArray[Any]] = {
        name: np.array(column, dtype=np.int64 if name == "title" else kind)
        for (name, kind), column in zip(TYPES.items(), told, strict=True)
    }
    columns["title"] = titles.of(columns["title"])
    return columns
