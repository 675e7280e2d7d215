"""Many at once lose nothing, readers see one moment, and failures have names."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Integer, column, create_engine, func, select, table, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.backend.domain.errors import (
    DatabaseBusy,
    DatabaseUnreachable,
    SettingsInvalid,
    StorageFull,
)
from app.backend.store import session as session_module
from app.backend.store.session import Database, open_database, wal_is_safe
from app.backend.store.tables import Member
from tests.workflows.evenings import FRIDAY_EVENING

WRITERS = 16
TURNS = 40


def member(name: str) -> Member:
    """Return a member, not yet written."""
    return Member(name=name, created_at=FRIDAY_EVENING)


def write(database: Database, *members: Member) -> None:
    """Write members down in one transaction."""
    with database.writing() as session:
        session.add_all(members)


def names(database: Database) -> list[str]:
    """Read the members' names."""
    with database.reading() as session:
        return list(session.scalars(select(Member.name).order_by(Member.id)))


def count_members(session: Session) -> int:
    """Count the members."""
    return session.scalar(select(func.count(Member.id))) or 0


def in_threads(work: Callable[[int], None], count: int = WRITERS) -> None:
    """Run work in so many threads that start together; raise what any of them raised."""
    ready = Barrier(count)

    def started(number: int) -> None:
        ready.wait()
        work(number)

    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(started, number) for number in range(count)]:
            future.result()


def opened(url: str) -> closing[Database]:
    """Open a database for as long as a block runs."""
    return closing(open_database(url))


def test_concurrent_read_then_write_loses_nothing(database: Database) -> None:
    """Sixteen threads that read a number and write it plus one, forty times each, end at 640."""
    with database.writing() as session:
        session.execute(text("CREATE TABLE counters (id INTEGER PRIMARY KEY, n INTEGER)"))
        session.execute(text("INSERT INTO counters VALUES (1, 0)"))
    counters = table("counters", column("id", Integer), column("n", Integer))

    def count_up(_: int) -> None:
        for _turn in range(TURNS):
            with database.writing() as session:
                # SQLite has no such clause: its writers stand in line from their first word on.
                n = session.scalar(select(counters.c.n).with_for_update()) or 0
                session.execute(update(counters).values(n=n + 1))

    in_threads(count_up)
    with database.reading() as reader:
        assert reader.scalar(select(counters.c.n)) == WRITERS * TURNS


def test_foreign_keys_are_enforced_on_every_connection(database: Database) -> None:
    """A pick of a slate that does not exist is refused, whichever connection writes it."""
    row = (
        "INSERT INTO feedback (id, recommendation_id, rating, would_watch_again, source,"
        " created_at) VALUES (1, 99, 5, true, 'household', '2026-11-20 20:15:00+00:00')"
    )

    def write_an_orphan(_: int) -> None:
        with pytest.raises(IntegrityError), database.writing() as session:
            session.execute(text(row))

    in_threads(write_an_orphan, count=4)


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    """Whatever was written before a fault in the block is undone."""
    with pytest.raises(IntegrityError):
        write(database, member("Ada"), member("Grace"), member("Ada"))
    assert names(database) == []


def test_a_read_session_writes_nothing(database: Database) -> None:
    """What is added to a read session is not in the database afterwards."""
    with suppress(DBAPIError), database.reading() as session:
        session.add(member("Ada"))
        session.flush()
    assert names(database) == []


def test_a_read_session_sees_one_moment(database: Database) -> None:
    """What another writes meanwhile is not seen before the next read session."""
    write(database, member("Ada"))
    writer = Thread(target=write, args=(database, member("Grace")))
    with database.reading() as session:
        assert count_members(session) == 1
        writer.start()
        writer.join(timeout=0.3)
        assert count_members(session) == 1
    writer.join()
    assert names(database) == ["Ada", "Grace"]


def test_a_connection_that_read_can_write_again(database: Database) -> None:
    """Reading leaves no mark on the connection that the next writer gets."""
    for turn in range(3):
        assert len(names(database)) == turn
        write(database, member(f"Member {turn}"))


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 9), True),
        ((3, 45, 0), False),
        ((3, 46, 1), False),
        ((3, 50, 4), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_wal_reset_fault_are_known(
    version: tuple[int, int, int], *, safe: bool
) -> None:
    """The fault is gone from 3.51.3 on, and in the back-ports 3.50.7 and 3.44.6."""
    assert wal_is_safe(version) is safe


@pytest.mark.parametrize(("version", "mode"), [((3, 40, 1), "delete"), ((3, 51, 3), "wal")])
def test_the_journal_is_what_the_version_can_bear(
    version: tuple[int, int, int], mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite writes ahead only where that is safe; it always syncs, and waits for others."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with opened(f"sqlite:///{tmp_path / 'encore.db'}") as database, database.reading() as session:
        found = [
            session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == [mode, 2, 1, session_module.BUSY_TIMEOUT_SECONDS * 1000]


def test_a_writer_that_waited_too_long_is_told_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another holds the row or the file for longer than the time-out, the name is busy."""
    monkeypatch.setattr(session_module, "BUSY_TIMEOUT_SECONDS", 0.1)
    with opened(database_url) as database, database.writing() as session:
        session.add(member("Ada"))
        session.flush()
        with pytest.raises(DatabaseBusy, match="try again"):
            write(database, member("Ada"))


@pytest.mark.postgres
def test_a_deadlock_is_told_as_busy(postgres_url: str) -> None:
    """Two writers that wait for each other: one goes on, the other may try again."""
    with opened(postgres_url) as database:
        write(database, member("Ada"), member("Grace"))
        both_hold_one = Barrier(2)
        faults: list[Exception] = []

        def rename(first: str, second: str) -> None:
            statement = text("UPDATE members SET created_at = created_at WHERE name = :name")
            try:
                with database.writing() as session:
                    session.execute(statement, {"name": first})
                    both_hold_one.wait()
                    session.execute(statement, {"name": second})
            except DatabaseBusy as fault:
                faults.append(fault)

        who = ("Ada", "Grace")
        in_threads(lambda number: rename(who[number], who[1 - number]), count=2)
        assert len(faults) == 1


def test_running_out_of_connections_is_told_as_busy(tmp_path: Path) -> None:
    """A reader for whom no connection comes free in time is told to try again."""
    engine = create_engine(
        f"sqlite:///{tmp_path / 'encore.db'}", pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    database = Database(engine)
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(DatabaseBusy), database.reading() as other:
            other.execute(text("SELECT 1"))
    database.close()


def test_a_file_that_is_no_database_has_a_name(tmp_path: Path) -> None:
    """A file of something else is refused with a sentence, and not changed."""
    path = tmp_path / "encore.db"
    path.write_bytes(b"This is a shopping list. " * 100)
    with opened(f"sqlite:///{path}") as database:
        for way in (database.reading, database.writing):
            with pytest.raises(DatabaseUnreachable, match="not one"), way() as session:
                session.execute(text("SELECT 1"))
    assert path.read_bytes() == b"This is a shopping list. " * 100


def test_a_damaged_database_has_a_name(sqlite_template: Path, tmp_path: Path) -> None:
    """A database whose pages were overwritten is refused with a sentence."""
    content = bytearray(sqlite_template.read_bytes())
    content[1_000:] = b"\xff" * (len(content) - 1_000)
    (tmp_path / "encore.db").write_bytes(content)
    with (
        opened(f"sqlite:///{tmp_path / 'encore.db'}") as database,
        pytest.raises(DatabaseUnreachable),
    ):
        names(database)


@pytest.mark.postgres
def test_a_server_that_does_not_answer_has_a_name(tmp_path: Path) -> None:
    """No server at the address: the sentence names the setting."""
    with (
        opened(f"postgresql://nobody@/none?host={tmp_path}") as database,
        pytest.raises(DatabaseUnreachable, match="ENCORE_DATABASE_URL"),
    ):
        names(database)


def test_a_full_disk_has_a_name(sqlite_template: Path, tmp_path: Path) -> None:
    """A database that may not grow says so, and keeps what it had."""
    path = tmp_path / "encore.db"
    path.write_bytes(sqlite_template.read_bytes())
    with opened(f"sqlite:///{path}") as database:
        write(database, member("Ada"))
        with database.reading() as session:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StorageFull, match="room"):
            write(database, *(member(f"{number:099}") for number in range(1_000)))
        assert names(database) == ["Ada"]


def test_a_folder_that_cannot_be_made_has_a_name(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, the sentence names the setting."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageFull, match="ENCORE_DATA_DIR"):
        open_database(f"sqlite:///{tmp_path / 'data' / 'deep' / 'encore.db'}")


def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    """A first start needs no folder."""
    url = f"sqlite:///{tmp_path / 'a' / 'b' / 'encore.db'}"
    with opened(url) as database, database.writing() as session:
        session.execute(text("CREATE TABLE one (id INTEGER)"))
    assert (tmp_path / "a" / "b" / "encore.db").is_file()


@pytest.mark.parametrize("url", ["encore.db", "", "mysql://home/encore", "postgres://home/encore"])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    """The sentence names the setting and what to write."""
    with pytest.raises(SettingsInvalid, match="ENCORE_DATABASE_URL"):
        open_database(url)


def test_words_in_the_data_do_not_name_a_failure(database: Database) -> None:
    """A member called like a fault does not turn one fault into another."""
    write(database, member("database is locked"))
    with pytest.raises(IntegrityError):
        write(database, member("database is locked"))


def test_a_moment_without_a_zone_cannot_be_stored(database: Database) -> None:
    """A naive datetime is a mistake that is found where it is made."""
    with pytest.raises(StatementError, match="without a time zone"):
        write(database, Member(name="Ada", created_at=FRIDAY_EVENING.replace(tzinfo=None)))


def test_a_database_in_memory_keeps_what_is_written() -> None:
    """Without a file, every session sees the same database."""
    with opened("sqlite://") as database:
        with database.writing() as session:
            Member.metadata.create_all(session.connection())
        write(database, member("Ada"))
        assert names(database) == ["Ada"]
