"""Feedback written before it had codes gets those of its impressions, and loses nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import column, insert, inspect, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.backend.domain.context import Context
from app.backend.domain.evidence import DAY_MS
from app.backend.features.dataset import TrainingSet, build
from app.backend.store.schema import alembic_config, upgrade
from app.backend.store.session import Database
from app.backend.store.tables import Table
from app.backend.store.training_rows import read_feedback
from tests.bare_database import mood
from tests.store.test_session import opened

OLD_COLUMNS: Final = (
    "id", "recommendation_id", "rating", "would_watch_again", "member_id", "source", "event_id",
    "created_at",
)  # fmt: skip
NEW_COLUMNS: Final = ("slate_id", "media_id", "context_code", "day")
LAST_NIGHT: Final = "2026-01-01 23:59:59.999000"
SAID: Final = {7: Context("funny", "couple", "short"), 8: Context("dramatic", "solo", "binge")}
# Id, slate, title and position of each impression.
SHOWN: Final = ((21, 7, 3, 1), (22, 7, 5, 2), (23, 8, 5, 1), (24, 8, 3, 2))
# Id, impression, rating, answer, member, event, moment.
GIVEN: Final = (
    (1, 21, 5, True, None, None, "1970-01-01 00:00:00.000000"),
    (2, 24, 1, False, 1, "evening-1", "2026-01-01 00:00:00.000000"),
    (3, 23, 4, True, 1, None, LAST_NIGHT),
    (7, 22, 3, False, None, "evening-2", "2026-01-02 00:00:00.000000"),
    (9, 23, 2, True, 1, None, "2243-10-15 23:59:59.000000"),
)
# What the migration is to add to each: slate, title, context, day.
ADDED: Final = {
    1: (7, 3, SAID[7].code, 0),
    2: (8, 3, SAID[8].code, 20_454),
    3: (8, 5, SAID[8].code, 20_454),
    7: (7, 5, SAID[7].code, 20_455),
    9: (8, 5, SAID[8].code, 99_998),
}
WRONG: Final[Mapping[str, Sequence[object]]] = {
    "context_code": (-1, 80, None),
    "would_watch_again": (2, None),
    "day": (-1, 99_999, None),
    "rating": (0, 6, None),
    "slate_id": (9, None),
    "media_id": (4, None),
    "recommendation_id": (99, None),
    "event_id": ("evening-1",),
}


@pytest.fixture
def old_database(empty_database_url: str) -> Iterator[Database]:
    """A database at the first revision, with feedback on two slates."""
    with opened(empty_database_url) as database:
        to_first_revision(database, command.upgrade)
        with database.writing() as session:
            write_evenings(session)
        yield database


def to_first_revision(database: Database, way: Callable[[Config, str], None]) -> None:
    """Lead a database up or down to the first revision."""
    with database.writing() as session:
        way(alembic_config(session.connection()), "0001")


def write(session: Session, into: str, **values: object) -> None:
    """Write a row by plain SQL."""
    session.execute(insert(table(into, *(column(one) for one in values))).values(values))


def utc(session: Session, moment: str) -> Any:  # noqa: ANN401  # whatever the column takes
    """Return a moment of UTC as Encore writes it into each kind of database."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return moment if is_sqlite else text(f"TIMESTAMPTZ '{moment}+00'")


def write_evenings(session: Session) -> None:
    """Write two titles, a member, two slates, four impressions and five verdicts."""
    at = utc(session, "2026-01-01 20:00:00.000000")
    write(session, "members", id=1, name="Ada", created_at=at)
    for number in (3, 5):
        write(
            session, "media", id=number, title=f"Title {number}", genres="Comedy", duration=95,
            year=1999, kind="movie", source="csv", source_key=str(number), identity=str(number),
            is_hidden=False, added_at=at, updated_at=at,
        )  # fmt: skip
    for slate, said in SAID.items():
        write(
            session, "slates", id=slate, requested_at=at, mood=said.mood,
            group_size=said.group_size, session_length=said.session_length, context_code=said.code,
            members=text("'[]'"), policy="tests", seed=1, candidates=9, left_out=text("'{}'"),
        )  # fmt: skip
    for number, slate, title, position in SHOWN:
        said = SAID[slate]
        write(
            session, "recommendations", id=number, slate_id=slate, media_id=title,
            mood=mood(str(said.mood)), group_size=said.group_size,
            session_length=said.session_length, context_code=said.code, position=position,
            propensity=0.5, policy="tests", probability=0.5, features=text("'{}'"),
            reasons=text("'[]'"), shown_at=at,
        )  # fmt: skip
    for row in GIVEN:
        values = dict(zip((*OLD_COLUMNS[:5], *OLD_COLUMNS[6:]), row, strict=True))
        values["created_at"] = utc(session, str(values["created_at"]))
        write(session, "feedback", **values, source="household")


def columns_of(session: Session) -> list[str]:
    """Return the names of feedback's columns."""
    return [found["name"] for found in inspect(session.connection()).get_columns("feedback")]


def rows_of(session: Session, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Return some columns of feedback, in the order of ids."""
    said = f"SELECT {', '.join(names)} FROM feedback ORDER BY id"  # noqa: S608  # a test's own
    return [tuple(row) for row in session.execute(text(said))]


def constraints_of(session: Session) -> set[str]:
    """Return the names of everything that feedback is bound by."""
    inspector = inspect(session.connection())
    found = [
        *inspector.get_check_constraints("feedback"),
        *inspector.get_foreign_keys("feedback"),
        *inspector.get_unique_constraints("feedback"),
        *inspector.get_indexes("feedback"),
    ]
    return {str(one["name"]) for one in found}


def possible_row(session: Session, number: int) -> dict[str, object]:
    """Return a row of feedback that may be written."""
    return {
        "id": number, "recommendation_id": 21, "rating": 5, "would_watch_again": True,
        "slate_id": 7, "media_id": 3, "context_code": 79, "day": 20_454, "member_id": None,
        "source": "household", "event_id": None, "created_at": utc(session, LAST_NIGHT),
    }  # fmt: skip


def trained_on(session: Session) -> TrainingSet:
    """Return what training would read."""
    return build(read_feedback(session), latest_year=2028)


def by_id(training: TrainingSet) -> dict[int, tuple[Any, ...]]:
    """Return, by the id of each row, what a model would learn from."""
    rows = zip(
        training.feedback_id.tolist(),
        training.X.tolist(),
        training.y.tolist(),
        training.slate.tolist(),
        training.member.tolist(),
        strict=True,
    )
    return {one: tuple(row) for one, *row in rows}


def test_feedback_gets_the_codes_of_its_impression(old_database: Database) -> None:
    """Slate, title and context of what was shown, and the day in UTC, to its last moment."""
    upgrade(old_database)
    with old_database.reading() as session:
        assert set(columns_of(session)) == {*OLD_COLUMNS, *NEW_COLUMNS}
        assert {one: tuple(row) for one, *row in rows_of(session, ("id", *NEW_COLUMNS))} == ADDED


def test_what_was_there_stays_as_it_was(old_database: Database) -> None:
    """Every old column of every row, upwards, and downwards again."""
    with old_database.reading() as session:
        before, columns = rows_of(session, OLD_COLUMNS), columns_of(session)
    upgrade(old_database)
    with old_database.reading() as session:
        assert rows_of(session, OLD_COLUMNS) == before
    to_first_revision(old_database, command.downgrade)
    with old_database.reading() as session:
        assert rows_of(session, OLD_COLUMNS) == before
        assert columns_of(session) == columns
        assert len(before) == len(GIVEN)


def test_up_down_and_up_again_ends_where_it_was(old_database: Database) -> None:
    """The codes come back from the impressions."""
    upgrade(old_database)
    to_first_revision(old_database, command.downgrade)
    upgrade(old_database)
    with old_database.reading() as session:
        assert {one: tuple(row) for one, *row in rows_of(session, ("id", *NEW_COLUMNS))} == ADDED


def test_a_database_with_feedback_ends_at_the_same_tables(old_database: Database) -> None:
    """Nothing is left to generate, and constraints and indexes of before are still there."""
    with old_database.reading() as session:
        before = constraints_of(session)
    upgrade(old_database)
    with old_database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
        assert constraints_of(session) >= before
        assert constraints_of(session) - before == {"ix_feedback_slate_id",
            "ck_feedback_context_code", "ck_feedback_day", "ck_feedback_would_watch_again",
            "fk_feedback_media_id", "fk_feedback_slate_id",
        }  # fmt: skip
    to_first_revision(old_database, command.downgrade)
    with old_database.reading() as session:
        assert constraints_of(session) == before


def test_training_reads_the_same_before_and_after(old_database: Database) -> None:
    """By words then, by codes now: the same matrix, labels, slates and members."""
    with old_database.reading() as session:
        before, moments = by_id(trained_on(session)), read_feedback(session).moment
    upgrade(old_database)
    with old_database.reading() as session:
        after, rows = by_id(trained_on(session)), read_feedback(session)
    assert after == before
    assert sorted(after) == [1, 2, 7, 9], "the third verdict is superseded by the last"
    assert [context.code for context in rows.contexts] == [said.code for said in SAID.values()]
    assert rows.moment.tolist() == (moments // DAY_MS * DAY_MS).tolist()


def test_impossible_rows_are_refused(old_database: Database) -> None:
    """By the database itself, whoever writes them; a possible one is taken."""
    upgrade(old_database)
    with old_database.writing() as session:
        write(session, "feedback", **possible_row(session, 10))
    for name, values in WRONG.items():
        for value in values:
            with pytest.raises(DBAPIError), old_database.writing() as session:
                write(session, "feedback", **(possible_row(session, 11) | {name: value}))
    with old_database.reading() as session:
        assert [one for (one,) in rows_of(session, ("id",))] == [1, 2, 3, 7, 9, 10]
