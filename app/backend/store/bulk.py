"""Many rows at once, in the way that costs each database least."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.backend.store.plain_sql import written
from app.backend.store.tables import Table

Rows = Sequence[Mapping[str, Any]]


def add_rows(session: Session, table: type[Table], rows: Rows) -> None:
    """Add rows that all have the same columns."""
    if not rows:
        return
    connection = session.connection()
    quote = connection.dialect.identifier_preparer.quote
    name, columns = quote(table.__tablename__), ", ".join(map(quote, rows[0]))
    if connection.dialect.name == "postgresql":
        # In one text, which the database takes apart.
        statement = (
            f"INSERT INTO {name} ({columns}) SELECT {columns} FROM "  # noqa: S608  # our own names
            f"json_populate_recordset(NULL::{name}, CAST(:rows AS json))"
        )
        connection.execute(text(statement), {"rows": json.dumps(rows, default=_moment)})
    else:
        # One by one, without layers between.
        places = ", ".join("?" for _ in rows[0])
        statement = f"INSERT INTO {name} ({columns}) VALUES ({places})"  # noqa: S608
        written(connection, statement, list(_as_driver_takes(connection, table, rows)))


def _as_driver_takes(
    connection: Connection, table: type[Table], rows: Rows
) -> Iterator[tuple[object, ...]]:
    dialect, columns = connection.dialect, table.__table__.columns
    types = {name: columns[name].type.dialect_impl(dialect) for name in rows[0]}
    to_driver = {name: kind.bind_processor(dialect) for name, kind in types.items()}
    for row in rows:
        values = ((row[name], say) for name, say in to_driver.items())
        yield tuple(value if say is None else say(value) for value, say in values)


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no value of a row")
    return value.isoformat()
