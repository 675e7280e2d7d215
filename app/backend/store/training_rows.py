"""Reads feedback for training from any database that has the promised columns, and no more."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Select, inspect, literal_column, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import TableClause

from app.backend.domain.errors import DatabaseUnreachable
from app.backend.domain.evidence import (
    DEMO,
    NO_ANSWER,
    NO_TITLE,
    FeedbackRows,
    RawContext,
    RawTitle,
)
from app.backend.domain.randomness import derived_seed

PROMISED: Final[Mapping[str, tuple[str, ...]]] = {
    "media": ("id", "title", "genres", "duration", "year"),
    "recommendations": ("id", "media_id", "mood", "group_size", "session_length"),
    "feedback": ("id", "recommendation_id", "rating", "would_watch_again"),
}
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "media": ("kind", "community_rating", "age_rating", "is_hidden", "removed_at"),
    "recommendations": ("slate_id", "context_code"),
    "feedback": ("member_id", "source", "created_at"),
}
ANSWERS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("1", "true", "t", "yes", "y"), 1),
    **dict.fromkeys(("0", "false", "f", "no", "n"), 0),
}
# Ids become numbers in X, whose columns hold whole numbers exactly up to here.
LARGEST_KEY: Final = 2**53


def read_feedback(session: Session) -> FeedbackRows:
    """Read all feedback in time order, whatever state it is in.

    Nothing is judged or dropped here: an orphan keeps its place, and a value that makes no sense
    is passed on.

    Raises
    ------
    DatabaseUnreachable
        Where a promised table or column is missing.
    """
    tables = {name: _described(session, name) for name in PROMISED}
    titles = [_raw_title(row) for row in _rows(session, _title_query(tables["media"]))]
    position = {title.id: number for number, title in enumerate(titles)}
    return _as_columns(_rows(session, _feedback_query(tables)), titles, position)


def read_titles(session: Session) -> list[RawTitle]:
    """Read the whole library in the order of its ids, hidden and removed titles included."""
    query = _title_query(_described(session, "media"))
    return [_raw_title(row) for row in _rows(session, query)]


def _rows(session: Session, query: Select[Any]) -> Iterator[Sequence[Any]]:
    return (tuple(row) for row in session.execute(query))


def _described(session: Session, name: str) -> TableClause:
    """Describe a table by the columns it has: untyped, so that any value can be read."""
    inspector = inspect(session.connection())
    if not inspector.has_table(name):
        raise DatabaseUnreachable(
            f"The database has no table {name!r}; point Encore at a database that has the tables "
            "media, recommendations and feedback, or let it make its own with: encore serve"
        )
    present = {found["name"] for found in inspector.get_columns(name)}
    missing = [wanted for wanted in PROMISED[name] if wanted not in present]
    if missing:
        raise DatabaseUnreachable(
            f"The table {name!r} lacks {', '.join(missing)}; Encore trains on the columns "
            f"{', '.join(PROMISED[name])}."
        )
    optional = [wanted for wanted in OPTIONAL[name] if wanted in present]
    return sql_table(name, *(sql_column(c) for c in (*PROMISED[name], *optional)))


def _title_query(media: TableClause) -> Select[Any]:
    hidden, removed = _optional(media, "is_hidden"), _optional(media, "removed_at")
    return select(
        media.c.id,
        media.c.title,
        media.c.genres,
        media.c.duration,
        media.c.year,
        _optional(media, "kind"),
        _optional(media, "community_rating"),
        _optional(media, "age_rating"),
        hidden.label("is_hidden"),
        removed.label("removed_at"),
    ).order_by(media.c.id)


def _feedback_query(tables: Mapping[str, TableClause]) -> Select[Any]:
    feedback, shown = tables["feedback"], tables["recommendations"]
    query = select(
        feedback.c.id,
        feedback.c.recommendation_id,
        shown.c.id.label("found_recommendation"),
        shown.c.media_id,
        _optional(shown, "slate_id"),
        _optional(feedback, "member_id"),
        _optional(shown, "context_code"),
        shown.c.mood,
        shown.c.group_size,
        shown.c.session_length,
        feedback.c.rating,
        feedback.c.would_watch_again,
        _optional(feedback, "source"),
    ).select_from(feedback.outerjoin(shown, feedback.c.recommendation_id == shown.c.id))
    if "created_at" in feedback.c:
        moment = feedback.c.created_at
        return query.order_by(moment.is_(None), moment, feedback.c.id)
    return query.order_by(feedback.c.id)


def _optional(table: TableClause, name: str) -> ColumnElement[Any]:
    return table.c[name] if name in table.c else literal_column("NULL").label(name)


def _raw_title(values: Sequence[Any]) -> RawTitle:
    found, title, genres, duration, year, kind, community, age, hidden, removed = values
    return RawTitle(
        id=_key(found),
        title=title,
        genres=genres,
        duration=duration,
        year=year,
        kind=kind,
        community_rating=community,
        age_rating=age,
        set_aside=bool(hidden) or removed is not None,
    )


def _as_columns(
    rows: Iterable[Sequence[Any]], titles: list[RawTitle], position: Mapping[int, int]
) -> FeedbackRows:
    contexts: dict[tuple[object, ...], int] = {}
    whole: list[tuple[int, ...]] = []
    ratings: list[float] = []
    for feedback, wanted, found, media, slate, member, *rest in rows:
        code, mood, group, session_length, rating, again, source = rest
        said = (code, _frozen(mood), _frozen(group), _frozen(session_length))
        context = NO_TITLE if found is None else contexts.setdefault(said, len(contexts))
        title = NO_TITLE if media is None else position.get(_key(media), NO_TITLE)
        keys = map(_key, (feedback, wanted, found if slate is None else slate, member))
        whole.append((*keys, context, title, _answer(again), int(source == DEMO)))
        ratings.append(_number(rating))
    columns = np.array(whole, dtype=np.int64).reshape(-1, 8)
    return FeedbackRows(
        feedback_id=columns[:, 0],
        recommendation_id=columns[:, 1],
        slate_id=columns[:, 2],
        member_id=columns[:, 3],
        context=columns[:, 4],
        title=columns[:, 5],
        rating=np.array(ratings, dtype=np.float64),
        again=columns[:, 6],
        is_demo=columns[:, 7] == 1,
        contexts=[RawContext(*said) for said in contexts],
        titles=titles,
    )


def _frozen(value: object) -> object:
    """Return a value that can be a key: a JSON column may arrive parsed."""
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    return value


def _key(value: object) -> int:
    """Return an id as an integer: as it is, as it reads, or one that stands for it; none is 0."""
    if isinstance(value, int) and -LARGEST_KEY < value < LARGEST_KEY:
        return value
    if value is None:
        return 0
    try:
        number = int(value) if isinstance(value, float | str | Decimal) else LARGEST_KEY
    except (ValueError, OverflowError):
        number = LARGEST_KEY
    return number if abs(number) < LARGEST_KEY else derived_seed(str(value))


def _number(value: object) -> float:
    """Return a rating as a number, NaN where it is none."""
    try:
        return float(value) if isinstance(value, int | float | str | Decimal) else float("nan")
    except ValueError:
        return float("nan")


def _answer(value: object) -> int:
    if isinstance(value, str):
        word = value.strip().casefold()
        return ANSWERS.get(word, NO_ANSWER)
    return int(value) if isinstance(value, int | float | Decimal) and value in (0, 1) else NO_ANSWER
