"""Brings a database to the tables that this Encore knows, or says why it cannot."""

from importlib import resources
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.backend.domain.errors import DatabaseTooNew, EncoreError, SettingsInvalid
from app.backend.store.access_tables import METADATA
from app.backend.store.session import Database, WriteSession, take_turns

if TYPE_CHECKING:
    from alembic.config import Config

# What the newest migration calls itself: where a database is there already, nothing is loaded
# that migrates.
NEWEST: Final = "0007"


def upgrade(database: Database) -> None:
    """Apply the migrations that are missing, all in one transaction.

    Raises
    ------
    DatabaseTooNew
        Where a newer Encore migrated the database.
    SettingsInvalid
        Where its tables were made by something else.
    """
    if _is_newest(database):
        return
    with database.writing() as session:
        _upgrade(session)


def alembic_config(connection: Connection) -> "Config":
    """Return Alembic's configuration for a connection."""
    from alembic.config import Config  # noqa: PLC0415  # see NEWEST

    config = Config()
    config.set_main_option("script_location", str(resources.files(__package__) / "migrations"))
    config.attributes["connection"] = connection
    return config


def read_revision(session: Session) -> str | None:
    """Return the revision of a database's tables; `None` where it has none."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _is_newest(database: Database) -> bool:
    try:
        with database.reading() as session:
            return read_revision(session) == NEWEST
    except (DBAPIError, EncoreError):
        return False  # there is no database yet: the migration finds out


def _upgrade(session: WriteSession) -> None:
    from alembic import command  # noqa: PLC0415  # see NEWEST
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    connection = session.connection()
    take_turns(session, "migration")
    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = read_revision(session)
    taken = set(METADATA.tables).intersection(inspect(connection).get_table_names())
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
