"""Rows become lines of JSON and rows again, on either database."""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import inspect, text

from app.backend.domain.errors import BackupDamaged, DatabaseBusy
from app.backend.store import dump
from app.backend.store.schema import read_revision
from app.backend.store.session import Database, open_database
from app.backend.store.tables import Media, Member, Table
from tests.store.evening import shown
from tests.workflows.archives import all_rows, furnish

AT = datetime(2026, 11, 20, 20, 15, 0, 7, tzinfo=UTC)


def member(number: int) -> dict[str, Any]:
    """Return a member as a row."""
    return {"id": number, "name": f"Member {number}", "created_at": AT}


def written(database: Database, table: str, *rows: Mapping[str, Any]) -> list[int]:
    """Write rows; return how many each batch had."""
    with database.writing() as session:
        done = list(dump.write_rows(session, table, rows))
        dump.finish(session)
    return done


def test_every_table_of_the_database_is_kept_or_named(database: Database) -> None:
    """What a migration adds is in the next backup, unless it is named as not to be kept."""
    with database.reading() as session:
        there = set(inspect(session.connection()).get_table_names()) - {"alembic_version"}
    kept = dump.kept_tables()
    assert set(kept) == there - dump.NOT_KEPT
    assert len(kept) == len(set(kept))


def test_what_is_pointed_at_comes_first() -> None:
    """Rows can be written in the order of the tables."""
    kept = dump.kept_tables()
    for name in kept:
        for key in Table.metadata.tables[name].foreign_keys:
            assert kept.index(key.column.table.name) < kept.index(name)


@pytest.mark.parametrize("table", dump.kept_tables())
def test_every_column_can_be_read(table: str) -> None:
    """No table has a column of a kind that a backup cannot hold."""
    dump.parser(table, dump.columns_of(table))


def test_rows_come_back_as_they_were(database: Database) -> None:
    """Moments, floats, JSON, text in any language and what is missing: all are the same."""
    shown(database)
    furnish(database)
    before = all_rows(database)
    lines = {}
    with database.reading() as session:
        for name in dump.kept_tables():
            lines[name] = [line for batch in dump.read_lines(session, name) for line in batch]
    with database.writing() as session:
        dump.empty(session)
    assert not any(all_rows(database).values())
    for name, told in lines.items():
        parse = dump.parser(name, dump.columns_of(name))
        written(database, name, *(parse(line) for line in told))
    assert all_rows(database) == before
    assert before["rank_events"][0]["reward"] == 0.1 + 0.2


def test_rows_are_read_and_written_in_batches(database: Database) -> None:
    """However many there are, a batch is what is held; they come in the order of their keys."""
    many = dump.BATCH * 2 + 1
    rows = [member(number) for number in range(many, 0, -1)]
    assert written(database, "members", *rows) == [dump.BATCH, dump.BATCH, 1]
    with database.reading() as session:
        assert dump.count(session, "members") == many
        assert dump.filled_tables(session) == ["members"]
        batches = list(dump.read_lines(session, "members"))
    assert [len(batch) for batch in batches] == [dump.BATCH, dump.BATCH, 1]
    assert [json.loads(line)["id"] for batch in batches for line in batch] == [*range(1, many + 1)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "1"),
        ("id", True),
        ("id", 1.0),
        ("id", 2**63),
        ("name", 7),
        ("name", ["Ada"]),
        ("created_at", "soon"),
        ("created_at", 7),
    ],
)
def test_a_value_of_another_kind_is_refused(column: str, value: object) -> None:
    """The reason names the column."""
    parse = dump.parser("members", dump.columns_of("members"))
    nothing = dict.fromkeys(dump.columns_of("members"))
    told = {**nothing, "id": 1, "name": "Ada", "created_at": AT.isoformat(), column: value}
    with pytest.raises(ValueError, match=f"its {column} is"):
        parse(json.dumps(told).encode())


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"{}", b"\xff", b'{"id": 1}', b"[" * 100_000, b"9" * 5_000],
    ids=["empty", "cut", "list", "bare", "no text", "half", "deep", "long"],
)
def test_what_is_no_row_is_refused(line: bytes) -> None:
    """It is a ValueError, whatever is wrong with the line."""
    with pytest.raises(ValueError, match=r".+"):
        dump.parser("members", dump.columns_of("members"))(line)


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1, "name": None, "created_at": AT},
        {"id": 7, "name": "Ada", "created_at": AT},
    ],
    ids=["nothing where something must be", "an id that is taken"],
)
def test_a_row_that_the_database_refuses_is_a_named_error(
    database: Database, row: dict[str, Any]
) -> None:
    """The table is named, and no row of the transaction stays."""
    with pytest.raises(BackupDamaged, match="members"):
        written(database, "members", member(7), row)
    assert not all_rows(database)["members"]


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    """References hold while rows are restored."""
    session = {
        "event_id": "e", "request_hash": "h", "recommendation_id": 5, "answer": {},
        "is_active": False, "reward": None, "created_at": AT,
    }  # fmt: skip
    with pytest.raises(BackupDamaged, match="rank_events"):
        written(database, "rank_events", session)


def test_what_a_row_lacks_takes_its_default(database: Database) -> None:
    """A column that an older backup does not have is as a migration would have left it."""
    row = {
        "id": 3, "title": "Heat", "genres": "Crime", "kind": "movie", "source": "list",
        "source_key": "heat", "identity": "heat", "added_at": AT, "updated_at": AT,
    }  # fmt: skip
    assert dump.required_columns("media") == row.keys()
    written(database, "media", row)
    with database.reading() as session:
        media = session.get_one(Media, 3)
        assert (media.is_hidden, media.duration) == (False, None)


def test_ids_go_on_after_those_that_were_written(database: Database) -> None:
    """The next row takes the next id, and a sequence never goes back."""
    written(database, "members", member(41))
    with database.writing() as session:
        session.add(Member(name="Grace", created_at=AT))
    assert {row["id"] for row in all_rows(database)["members"]} == {41, 42}
    with database.writing() as session:
        dump.empty(session)
    written(database, "members", member(1))
    with database.writing() as session:
        added = Member(name="Grace", created_at=AT)
        session.add(added)
        session.flush()
        assert added.id == (2 if session.get_bind().dialect.name == "sqlite" else 43)


def test_processes_are_told_that_all_has_changed(database: Database) -> None:
    """What they keep in memory is counted on, never back, and nothing empties the count."""
    generations = text("SELECT sum(number) FROM generations")
    with database.writing() as session:
        before = session.scalar(generations)
        dump.empty(session)
        dump.finish(session)
        assert session.scalar(generations) == before + 3


@pytest.mark.postgres
def test_nobody_else_writes_while_rows_are_restored(postgres_url: str) -> None:
    """On PostgreSQL another writer waits, as it always does on SQLite; readers go on."""
    one, other = open_database(postgres_url), open_database(postgres_url)
    with closing(one), closing(other), one.writing() as session:
        dump.lock(session)
        assert all_rows(other)["members"] == []
        with pytest.raises(DatabaseBusy):
            write_impatiently(other)


def write_impatiently(database: Database) -> None:
    """Write a member, and do not wait for others."""
    with database.writing() as session:
        session.execute(text("SET LOCAL lock_timeout = 50"))
        session.add(Member(name="Grace", created_at=AT))


def test_revisions_are_known_without_a_database(database: Database) -> None:
    """The newest of them is that of a migrated database."""
    with database.reading() as session:
        assert read_revision(session) == dump.revisions()[0]
    assert dump.revisions()[-1] == "0001"
