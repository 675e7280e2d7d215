"""Many rows are written, and found again by many values, as they are on either database."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import select

from app.backend.store.among import among
from app.backend.store.bulk import add_rows
from app.backend.store.session import Database
from app.backend.store.source_tables import TitleId
from app.backend.store.tables import Media

AT = datetime(2026, 2, 3, 4, 5, 6, 789_012, UTC)
# What ends a text, a document or a statement somewhere, and what looks like something else.
TEXTS = (
    "plain",
    'it\'s "quoted" \\ and \\u0041',
    "NULL",
    "{a,b}",
    "[1, 2]",
    "%s :rows ?",
    "line\nbreak\ttab",
    "Amélie ß 映画 🎬",
    " ",
)


def row(number: int, text: str) -> dict[str, Any]:
    """Return a title of which some values are missing."""
    return {
        "title": text,
        "genres": text,
        "duration": None if number % 2 else 90 + number,
        "year": 1999,
        "kind": "movie",
        "community_rating": 0.1 + number / 3,
        "cast": None if number % 3 else text,
        "source": "csv",
        "source_key": text,
        "identity": text,
        "is_hidden": number % 2 == 0,
        "added_at": AT.astimezone(timezone(timedelta(hours=5, minutes=30))),
        "updated_at": AT,
    }


def test_rows_are_what_was_written(database: Database) -> None:
    """Every value of it, also those that are missing; ids are given out by the database."""
    rows = [row(number, text) for number, text in enumerate(TEXTS)]
    with database.writing() as session:
        add_rows(session, Media, rows)
        add_rows(session, Media, [])
        add_rows(session, Media, [row(99, "one more")])
    with database.reading() as session:
        found = session.scalars(select(Media).order_by(Media.id)).all()
        told = [{name: getattr(one, name) for name in rows[0]} for one in found]
        assert told == [*rows, row(99, "one more")]
        assert len({one.id for one in found}) == len(found)
        assert all(one.removed_at is None and one.own_minutes is None for one in found)


def test_rows_are_found_among_many_values(database: Database) -> None:
    """Texts and numbers; of no value none, and of very many those that are there."""
    with database.writing() as session:
        add_rows(session, Media, [row(number, text) for number, text in enumerate(TEXTS)])
        ids = {one.title: one.id for one in session.scalars(select(Media))}
        add_rows(session, TitleId, [{"key": text, "media_id": ids[text]} for text in TEXTS])
        for wanted in (list(TEXTS), list(TEXTS[1:3]), [], [*TEXTS, *map(str, range(100_000))]):
            by_text = session.scalars(
                select(TitleId.key).where(among(session, TitleId.key, wanted))
            )
            assert set(by_text) == set(wanted) & set(TEXTS)
            numbers = {ids.get(text, -1) for text in wanted}
            by_number = session.scalars(
                select(Media.title).where(among(session, Media.id, numbers))
            )
            assert set(by_number) == set(wanted) & set(TEXTS)
