"""Connections that are safe to share: who reads, who writes, and what each database needs."""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NewType

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from app.backend.domain.errors import (
    DatabaseBusy,
    DatabaseUnreachable,
    EncoreError,
    SettingsInvalid,
    StorageFull,
)

BUSY_TIMEOUT_SECONDS: Final = 15

# PostgreSQL would else show a reader, at each statement, what others wrote in the meantime.
_READER: Final[Mapping[str, Mapping[str, Any]]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    "sqlite": {},
}

ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", Session)
WriteConnection = NewType("WriteConnection", Connection)


def take_turns(session: Session, over: str) -> None:
    """Wait until no other transaction holds the turn of that name; it is held until the end.

    SQLite's writers take turns by themselves.
    """
    if session.get_bind().dialect.name == "postgresql":
        turn = zlib.crc32(over.encode())
        session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": turn})


@dataclass(frozen=True, slots=True)
class Database:
    """One database, and the two ways to speak with it."""

    engine: Engine

    @property
    def url(self) -> str:
        """What other processes open it by, with its password; see `is_shared`."""
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def is_shared(self) -> bool:
        """Whether other processes can open it: a database in memory is nobody else's."""
        return self.engine.url.get_backend_name() != "sqlite" or not _is_in_memory(self.engine.url)

    @contextmanager
    def reading(self) -> Iterator[ReadSession]:
        """Open a session that sees one moment and writes nothing."""
        reader = self.engine.execution_options(**_READER[self.engine.dialect.name])
        with _named_errors(), Session(reader, autoflush=False) as session:
            yield ReadSession(session)
            session.rollback()

    @contextmanager
    def writing(self) -> Iterator[WriteSession]:
        """Open a session that is one transaction: committed at the end, or not at all."""
        writer = self.engine.execution_options(encore_writes=True)
        with _named_errors(), Session(writer) as session, session.begin():
            yield WriteSession(session)

    @contextmanager
    def writing_plainly(self) -> Iterator[WriteConnection]:
        """Open a connection that is one transaction, for what is too frequent for a session."""
        # Options of the connection cost nothing; those of an engine slow each of its events.
        with _named_errors(), self.engine.connect() as connection:
            connection.execution_options(encore_writes=True)
            with connection.begin():
                yield WriteConnection(connection)

    @contextmanager
    def reading_plainly(self) -> Iterator[Connection]:
        """Open a connection for a question or two, for what is too frequent for a session."""
        with _named_errors(), self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open a database by URL.

    Raises
    ------
    SettingsInvalid
        Where the URL is none, or names a kind of database that Encore does not speak.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsInvalid(
            "ENCORE_DATABASE_URL is not a database URL; write sqlite:///path/encore.db or "
            "postgresql://user:password@host/name."
        ) from error
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite_engine(parsed))
    if parsed.get_backend_name() == "postgresql":
        return Database(_postgresql_engine(parsed.set(drivername="postgresql+psycopg")))
    raise SettingsInvalid(
        f"ENCORE_DATABASE_URL names {parsed.get_backend_name()!r}; Encore speaks sqlite and "
        "postgresql."
    )


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Say whether this SQLite's write-ahead log is free of the WAL-reset fault.

    Fixed in 3.51.3, with back-ports in 3.50.7 and 3.44.6; earlier ones may corrupt a database
    that two connections write and checkpoint.

    Examples
    --------
    >>> wal_is_safe((3, 40, 1)), wal_is_safe((3, 44, 6)), wal_is_safe((3, 51, 2))
    (False, True, False)
    """
    if version >= (3, 51, 3):
        return True
    return (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)


def _sqlite_engine(url: URL) -> Engine:
    in_memory = _is_in_memory(url)
    if in_memory:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        _make_folder(Path(str(url.database)).parent)
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    pragmas = ["foreign_keys = ON", f"busy_timeout = {round(BUSY_TIMEOUT_SECONDS * 1000)}"]
    if not in_memory:
        journal = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "DELETE"
        pragmas += [f"journal_mode = {journal}", "synchronous = FULL"]

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        try:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.Error:
            connection.close()  # the pool forgets a connection whose set-up failed
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that starts as a reader loses its update to another one, or fails half-way.
        writes = connection.get_execution_options().get("encore_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    except ModuleNotFoundError as error:
        raise SettingsInvalid(
            "ENCORE_DATABASE_URL names PostgreSQL, whose driver is not installed; install "
            "encore-tonight[postgres]."
        ) from error

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {round(BUSY_TIMEOUT_SECONDS * 1000)}")
        cursor.close()
        connection.commit()  # else the first transaction to fail would take the setting back

    return engine


def _is_in_memory(url: URL) -> bool:
    return url.database in {None, "", ":memory:"}


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFull(
            f"The folder of the database, {folder}, cannot be made: {error.strerror}. Choose "
            "another with ENCORE_DATA_DIR or ENCORE_DATABASE_URL."
        ) from error


@contextmanager
def _named_errors() -> Iterator[None]:
    """Give the failures of a database the names that faces know."""
    try:
        yield
    except NoConnectionInTime as error:
        raise DatabaseBusy("Too much is asked of the database at once; try again soon.") from error
    except DBAPIError as error:
        named = _named(error)
        # A full disk makes SQLite give up the whole transaction; its savepoints are then unknown.
        full = next((one for one in _before(error) if isinstance(one, StorageFull)), None)
        if named is None and full is None:
            raise
        raise (full or named or error) from error


def _before(error: BaseException) -> Iterator[EncoreError | None]:
    """Yield the names of the errors in whose handling another one came up."""
    context = error.__context__
    while context is not None:
        yield _named(context) if isinstance(context, DBAPIError) else None
        context = context.__context__


def _named(error: DBAPIError) -> EncoreError | None:
    if isinstance(error, IntegrityError):
        return None
    text = str(error.orig).casefold()  # without the statement, whose values may hold any word
    if any(sign in text for sign in ("database is locked", "lock timeout", "deadlock detected")):
        return DatabaseBusy("Another process is writing to the database; try again in a moment.")
    if "disk is full" in text or "readonly database" in text or "no space left" in text:
        return StorageFull("The database cannot grow or be written; make room, or grant the right.")
    if "not a database" in text or "malformed" in text:
        return DatabaseUnreachable("The file of the database is not one; restore it from a backup.")
    if isinstance(error, OperationalError):
        return DatabaseUnreachable(
            "The database does not answer; check ENCORE_DATABASE_URL and that the server runs."
        )
    return None
