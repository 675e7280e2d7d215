"""Titles get columns for keywords and people, without losing a row, and lose them again."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from app.backend.store.library_rows import read_title_texts
from app.backend.store.schema import alembic_config, upgrade
from app.backend.store.session import Database
from app.backend.store.tables import Table
from tests.store.evening import library_of
from tests.store.test_migration_0002 import GIVEN, SHOWN, to_first_revision, write_evenings
from tests.store.test_session import opened
from tests.workflows.evenings import record

ADDED: Final = {"keywords", "directors", "cast", "source_genres", "own_minutes"}
POINTING: Final = {"feedback": len(GIVEN), "recommendations": len(SHOWN)}


@pytest.fixture
def second_database(empty_database_url: str) -> Iterator[Database]:
    """A database at the second revision, with titles that impressions and feedback point at."""
    with opened(empty_database_url) as database:
        to_first_revision(database, command.upgrade)
        with database.writing() as session:
            write_evenings(session)
        to_second_revision(database, command.upgrade)
        yield database


def to_second_revision(database: Database, way: Callable[[Config, str], None]) -> None:
    """Lead a database up or down to the second revision."""
    with database.writing() as session:
        way(alembic_config(session.connection()), "0002")


def media_of(database: Database) -> list[dict[str, Any]]:
    """Return every title with all its columns, by plain SQL."""
    with database.reading() as session:
        found = session.execute(text("SELECT * FROM media ORDER BY id")).mappings()
        return [dict(row) for row in found]


def rows_pointing(database: Database) -> dict[str, int]:
    """Count the rows of the tables that point at titles."""
    with database.reading() as session:
        return {
            name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608
            for name in POINTING
        }


def constraints_of(database: Database) -> set[str | None]:
    """Return the names of everything that titles are bound by."""
    with database.reading() as session:
        inspector = inspect(session.connection())
        found = [*inspector.get_unique_constraints("media"), *inspector.get_indexes("media")]
    return {one["name"] for one in found}


def test_titles_keep_what_they_had_and_know_nothing_more(second_database: Database) -> None:
    """Upwards every old column stays, the new ones are empty; the tables are those declared."""
    before, bound = media_of(second_database), constraints_of(second_database)
    upgrade(second_database)
    after = media_of(second_database)
    assert after == [row | dict.fromkeys(ADDED) for row in before]
    assert len(before) == 2
    assert constraints_of(second_database) == bound
    assert rows_pointing(second_database) == POINTING
    with second_database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_downwards_titles_and_what_points_at_them_stay(second_database: Database) -> None:
    """Only the new columns go; impressions and feedback keep their titles."""
    before, bound = media_of(second_database), constraints_of(second_database)
    upgrade(second_database)
    to_second_revision(second_database, command.downgrade)
    assert media_of(second_database) == before
    assert constraints_of(second_database) == bound
    assert rows_pointing(second_database) == POINTING
    upgrade(second_database)
    assert media_of(second_database)[0].keys() >= ADDED


def test_what_is_written_afterwards_is_read(second_database: Database) -> None:
    """Beside older titles, of which nothing is known."""
    upgrade(second_database)
    told = {"keywords": ("heist", "cat|mouse"), "directors": ("Michael Mann",), "cast": ("Al P.",)}
    library_of(second_database, record("Heat", overview="A heist.", **told))
    with second_database.reading() as session:
        texts = read_title_texts(session)
    columns = (texts.overview, texts.keywords, texts.directors, texts.cast)
    said = set(zip(*columns, strict=True))
    assert said == {("A heist.", "heist|cat mouse", "Michael Mann", "Al P."), (None,) * 4}
    assert len(texts.id) == 3
