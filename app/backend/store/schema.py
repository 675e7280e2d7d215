"""Brings a database to the tables that this Encore knows, or says why it cannot."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.backend.domain.errors import DatabaseTooNew, SettingsInvalid
from app.backend.store.session import Database, WriteSession, take_turns
from app.backend.store.tables import Table


def upgrade(database: Database) -> None:
    """Apply the migrations that are missing, all in one transaction.

    Raises
    ------
    DatabaseTooNew
        Where a newer Encore migrated the database.
    SettingsInvalid
        Where its tables were made by something else.
    """
    with database.writing() as session:
        _upgrade(session)


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", str(resources.files(__package__) / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(session: WriteSession) -> None:
    connection = session.connection()
    take_turns(session, "migration")
    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    taken = set(Table.metadata.tables).intersection(inspect(connection).get_table_names())
    if current is None and taken:
        raise SettingsInvalid(
            f"The database has tables that Encore did not make: {', '.join(sorted(taken))}. Give "
            "Encore a database of its own with ENCORE_DATABASE_URL, or train on this one with "
            "prepare_training_data."
        )
    if current is not None and current not in known:
        raise DatabaseTooNew(
            f"The database is at revision {current}, which this Encore does not know; run the "
            "newer Encore that made it, or restore an older backup."
        )
    command.upgrade(config, "head")
