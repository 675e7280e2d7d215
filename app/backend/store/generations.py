"""What processes keep in memory of the library and of evenings, and whether it is still so."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text, update
from sqlalchemy.orm import Session

from app.backend.store.access_tables import Generation
from app.backend.store.plain_sql import fetched

LIBRARY: Final = "library"
VIEWINGS: Final = "viewings"
ACCESS: Final = "access"

# One question for all of it, because it is asked with every slate. The greatest ids tell of rows
# that other programs wrote into the tables themselves.
_NOW: Final = (
    "SELECT (SELECT max(id) FROM promotions), "
    "(SELECT number FROM generations WHERE name = 'library'), "
    "(SELECT max(id) FROM media), "
    "(SELECT number FROM generations WHERE name = 'viewings'), "
    "(SELECT max(id) FROM feedback), "
    "(SELECT number FROM generations WHERE name = 'access')"
)
_ACCESS_NOW: Final = text("SELECT number FROM generations WHERE name = 'access'")


@dataclass(frozen=True, slots=True)
class Now:
    """How far the database has come: what is kept of an earlier moment may be outdated.

    Each part is compared with one from earlier, and means nothing else.
    """

    champion: int | None
    library: tuple[int | None, int | None]
    viewings: tuple[int | None, int | None]
    access: int


def read_now(connection: Connection) -> Now:
    """Read how far the database has come."""
    promotion, library, media, viewings, feedback, access = fetched(connection, _NOW)
    return Now(promotion, (library, media), (viewings, feedback), access or 0)


def read_access(session: Session) -> int:
    """Read how often rights were taken away, or an owner came."""
    return session.scalar(_ACCESS_NOW) or 0


def advance(session: Session, name: str) -> None:
    """Say that something changed, in the transaction that changes it."""
    session.execute(
        update(Generation)
        .where(Generation.name == name)
        .values(number=Generation.number + 1)
        .execution_options(synchronize_session=False)
    )
