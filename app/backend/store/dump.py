"""Rows as lines of JSON and back, the same on every database: what a backup is made of."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Integer,
    String,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy import Table as Rows
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.backend.domain.clock import as_utc
from app.backend.domain.errors import BackupDamaged
from app.backend.store.generations import ACCESS, LIBRARY, VIEWINGS, advance
from app.backend.store.house_tables import RetractedFeedback
from app.backend.store.source_tables import Source  # noqa: F401  # its tables are kept too
from app.backend.store.tables import Feedback, Table, UtcDateTime

# What ends with an installation: who is signed in, who was locked out, and what was answered. The
# generations tell the processes of one installation that something changed; they never go back.
NOT_KEPT: Final = frozenset({"sessions", "login_attempts", "idempotency_keys", "generations"})
BATCH: Final = 500

_STAYS: Final = frozenset({"generations"})
_LARGEST: Final = 2**63

Parser = Callable[[bytes], dict[str, Any]]


def kept_tables() -> tuple[str, ...]:
    """Return the tables of a backup in an order in which their rows can be written."""
    return tuple(table.name for table in Table.metadata.sorted_tables if table.name not in NOT_KEPT)


def columns_of(table: str) -> tuple[str, ...]:
    """Return the names of a table's columns."""
    return tuple(column.name for column in _rows(table).columns)


def required_columns(table: str) -> frozenset[str]:
    """Return the columns that every row must bring: they have no default and cannot be empty."""
    return frozenset(column.name for column in _rows(table).columns if _must_be_said(column))


@cache
def revisions() -> tuple[str, ...]:
    """Return every revision of the tables that this Encore knows, the newest first."""
    script = ScriptDirectory(str(Path(__file__).with_name("migrations")))
    return tuple(revision.revision for revision in script.walk_revisions())


def count(session: Session, table: str) -> int:
    """Count the rows of a table."""
    return int(session.scalar(select(func.count()).select_from(_rows(table))) or 0)


def filled_tables(session: Session) -> list[str]:
    """Return which tables of a backup have a row."""
    return [name for name in kept_tables() if session.execute(_first(name)).first() is not None]


def read_lines(session: Session, table: str) -> Iterator[list[bytes]]:
    """Yield a table's rows in batches, each row a line of JSON, in the order of their keys."""
    rows = _rows(table)
    query = select(rows).order_by(*rows.primary_key.columns)
    found = session.execute(query.execution_options(stream_results=True, yield_per=BATCH))
    names = columns_of(table)
    for batch in found.partitions(BATCH):
        yield [_line(names, row) for row in batch]


def parser(table: str, columns: Sequence[str]) -> Parser:
    """Return what reads a line of a table that was written with those columns.

    It raises ValueError with the reason where a line is not such a row.
    """
    readers = {name: _reader(_rows(table).columns[name]) for name in columns}

    def parse(line: bytes) -> dict[str, Any]:
        try:
            told = json.loads(line.decode())
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        if not isinstance(told, dict) or told.keys() != readers.keys():
            raise ValueError("it has other columns than the table")
        return {name: read(told[name]) for name, read in readers.items()}

    return parse


def write_rows(session: Session, table: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    """Write rows in batches; yield how many each batch had.

    Raises
    ------
    BackupDamaged
        Where the database refuses a row.
    """
    waiting = iter(rows)
    while batch := [dict(row) for row in islice(waiting, BATCH)]:
        try:
            session.execute(insert(_rows(table)), batch)
        except (IntegrityError, DataError) as error:
            raise _refused(table, error) from error
        except DBAPIError:
            raise
        except StatementError as error:
            raise _refused(table, error) from error
        yield len(batch)


def lock(session: Session) -> None:
    """Let nobody else write until the transaction ends; SQLite's writers are alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        names = _named(session, Table.metadata.sorted_tables)
        session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


def empty(session: Session) -> None:
    """Delete every row, also those that no backup keeps."""
    going = [table for table in Table.metadata.sorted_tables if table.name not in _STAYS]
    if session.get_bind().dialect.name == "postgresql":
        # Row by row it would look, for each, through all that pointed at it a moment ago.
        session.execute(text(f"TRUNCATE TABLE {_named(session, going)}"))
        return
    for table in reversed(going):
        session.execute(delete(table))


def finish(session: Session) -> None:
    """Let ids go on after those that were written, and processes read everything again.

    A sequence never goes back: a trainer that outlives its run must not find another of that id.
    """
    if session.get_bind().dialect.name == "postgresql":
        for table in Table.metadata.sorted_tables:
            _move_sequence(session, table)
    advance(session, LIBRARY)
    advance(session, VIEWINGS)
    advance(session, ACCESS)


def _move_sequence(session: Session, table: Rows) -> None:
    column = table.autoincrement_column
    if column is None:
        return
    # The id of a verdict that was taken back is never given anew: runs count from ids on.
    taken = [column, RetractedFeedback.id] if table is Feedback.__table__ else [column]
    found = [session.scalar(select(func.max(one))) for one in taken]
    greatest = max((one for one in found if one is not None), default=None)
    named = {"table": table.name, "column": column.name}
    sequence = session.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), named)
    if greatest is not None and sequence is not None:
        session.execute(
            text(
                "SELECT setval(CAST(:sequence AS regclass), greatest(:greatest, "
                "pg_sequence_last_value(CAST(:sequence AS regclass))))"
            ),
            {"sequence": sequence, "greatest": greatest},
        )


def _named(session: Session, tables: Iterable[Rows]) -> str:
    quote = session.get_bind().dialect.identifier_preparer.quote
    return ", ".join(quote(table.name) for table in tables)


def _rows(table: str) -> Rows:
    return Table.metadata.tables[table]


def _first(table: str) -> Any:  # noqa: ANN401  # a query of whatever columns the table has
    return select(*_rows(table).primary_key.columns).limit(1)


def _must_be_said(column: Column[Any]) -> bool:
    has_default = column.server_default is not None or column.default is not None
    return not column.nullable and not has_default


def _line(names: Sequence[str], row: Sequence[Any]) -> bytes:
    return _JSON.encode(dict(zip(names, row, strict=True))).encode() + b"\n"


def _spelt(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a backup has no way to write a {type(value).__name__}")


_JSON: Final = json.JSONEncoder(default=_spelt, separators=(",", ":"))


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    """Return what reads a column's values, and refuses those of another kind."""
    kinds: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
        (UtcDateTime, _moment),
        (JSON, lambda value: value),
        (Boolean, _of(bool)),
        (Integer, _whole),
        (Float, _number),
        (String, _of(str)),
    )
    read = next(read for kind, read in kinds if isinstance(column.type, kind))

    def judge(value: Any) -> Any:  # noqa: ANN401  # JSON
        try:
            return None if value is None else read(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"its {column.name} is {str(value)[:40]!r}") from error

    return judge


def _of(kind: type[Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:  # noqa: ANN401  # JSON
        if type(value) is not kind:
            raise TypeError
        return value

    return read


def _moment(value: Any) -> datetime:  # noqa: ANN401  # JSON
    return as_utc(datetime.fromisoformat(value))


def _whole(value: Any) -> int:  # noqa: ANN401  # JSON
    if type(value) is not int or not -_LARGEST <= value < _LARGEST:
        raise TypeError
    return value


def _number(value: Any) -> float:  # noqa: ANN401  # JSON
    if type(value) not in (int, float):
        raise TypeError
    return float(value)


def _refused(table: str, error: StatementError) -> BackupDamaged:
    reason = str(error.orig).splitlines()[0] if error.orig else "a value of the wrong kind"
    return BackupDamaged(
        f"The database refuses rows of the table {table}: {reason}. Nothing was changed; take "
        "another backup."
    )
