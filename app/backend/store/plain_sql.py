"""Statements as the driver takes them: for what is asked so often that layers between cost."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def fetched(connection: Connection, statement: str) -> tuple[Any, ...]:
    """Return the one row of a question.

    Raises
    ------
    DBAPIError
        Where the database does not answer it.
    """
    with _as_elsewhere(connection, statement):
        cursor = connection.connection.cursor()
        try:
            cursor.execute(statement)
            found: tuple[Any, ...] = tuple(cursor.fetchone() or ())
        finally:
            cursor.close()
    return found


def written(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Write rows, whose values are as the driver takes them.

    Raises
    ------
    DBAPIError
        Where the database does not take them.
    """
    with _as_elsewhere(connection, statement):
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(statement, rows)
        finally:
            cursor.close()


@contextmanager
def _as_elsewhere(connection: Connection, statement: str) -> Iterator[None]:
    """Give the driver's errors the names that they have everywhere else."""
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(
            statement, None, error, driver.Error, dialect=connection.dialect
        ) from error
