"""Migrations lead every database to the same tables, once, or say why they cannot."""

import subprocess
import sys
from threading import Barrier, Thread

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.backend.domain.errors import DatabaseTooNew, SettingsInvalid
from app.backend.store.schema import NEWEST, alembic_config, upgrade
from app.backend.store.session import Database
from app.backend.store.tables import Table
from tests.store.test_session import member, names, opened, write

PROGRAM = """
import sys
from app.backend.store.schema import upgrade
from app.backend.store.session import open_database
database = open_database(sys.argv[1])
sys.stdin.readline()
upgrade(database)
database.close()
"""


def tables_of(database: Database) -> set[str]:
    """Return the names of the tables, without the one that Alembic keeps."""
    with database.reading() as session:
        found = set(inspect(session.connection()).get_table_names())
    return found - {"alembic_version"}


def downgrade(database: Database) -> None:
    """Undo every migration."""
    with database.writing() as session:
        command.downgrade(alembic_config(session.connection()), "base")


def test_upgrading_twice_changes_nothing(empty_database_url: str) -> None:
    """The second upgrade finds everything in place, and what was written since stays."""
    with opened(empty_database_url) as database:
        upgrade(database)
        assert tables_of(database) == set(Table.metadata.tables)
        write(database, member("Ada"))
        upgrade(database)
        assert names(database) == ["Ada"]


def test_the_newest_migration_is_known_by_name(empty_database_url: str) -> None:
    """What is compared before anything is loaded that migrates is what the migrations end with."""
    with opened(empty_database_url) as database, database.reading() as session:
        scripts = ScriptDirectory.from_config(alembic_config(session.connection()))
    assert scripts.get_current_head() == NEWEST


def test_threads_may_upgrade_at_once(empty_database_url: str) -> None:
    """Six threads that start on the same empty database all find it ready, and none fails."""
    ready, faults = Barrier(6), list[BaseException]()

    def start() -> None:
        try:
            with opened(empty_database_url) as database:
                ready.wait()
                upgrade(database)
        except BaseException as fault:  # noqa: BLE001  # a thread must not swallow it
            faults.append(fault)

    threads = [Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with opened(empty_database_url) as database:
        assert tables_of(database) == set(Table.metadata.tables)


def test_processes_may_upgrade_at_once(empty_database_url: str) -> None:
    """Two programs that start on the same empty database both find it ready."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, empty_database_url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [program.communicate("go\n")[1] for program in programs]
    assert [(program.returncode, words) for program, words in zip(programs, told, strict=True)] == [
        (0, ""),
        (0, ""),
    ]
    with opened(empty_database_url) as database:
        assert tables_of(database) == set(Table.metadata.tables)


def test_a_newer_revision_is_refused(database: Database) -> None:
    """A database that a newer Encore migrated is left as it is, and the sentence names both."""
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        upgrade(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_tables_of_something_else_are_refused(empty_database_url: str) -> None:
    """A database in which someone else's table has one of Encore's names is left alone."""
    with opened(empty_database_url) as database:
        for name in Table.metadata.tables:
            with database.writing() as session:
                session.execute(text(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, other TEXT)"))
            with pytest.raises(SettingsInvalid, match=f"make: {name}. .*ENCORE_DATABASE_URL"):
                upgrade(database)
            assert tables_of(database) == {name}
            with database.writing() as session:
                session.execute(text(f"DROP TABLE {name}"))


def test_other_tables_beside_encores_do_no_harm(empty_database_url: str) -> None:
    """A table of another name is no reason to refuse, and it stays."""
    with opened(empty_database_url) as database:
        with database.writing() as session:
            session.execute(text("CREATE TABLE recipes (id INTEGER PRIMARY KEY)"))
        upgrade(database)
        assert tables_of(database) == {"recipes", *Table.metadata.tables}


def test_an_upgrade_that_fails_leaves_nothing_behind(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables come all together or not at all, and the next upgrade succeeds."""
    with opened(empty_database_url) as database:
        with monkeypatch.context() as broken:
            broken.setattr("alembic.op.create_index", None, raising=False)
            broken.setattr("alembic.operations.BatchOperations.create_index", None)
            with pytest.raises(TypeError):
                upgrade(database)
        assert tables_of(database) == set()
        upgrade(database)
        assert tables_of(database) == set(Table.metadata.tables)


def test_migrations_and_tables_agree(database: Database) -> None:
    """What the migrations make is what the code declares: nothing is left to generate."""
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_migrations_lead_down_and_up_again(database: Database) -> None:
    """Undone to nothing and done again, the tables are there, and empty."""
    write(database, member("Ada"))
    downgrade(database)
    assert tables_of(database) == set()
    upgrade(database)
    assert tables_of(database) == set(Table.metadata.tables)
    assert names(database) == []
