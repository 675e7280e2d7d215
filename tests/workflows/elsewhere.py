"""A household with a media server, for tests of what is told of it; the server itself is none."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select

from app.backend.domain.evening import StoredPick
from app.backend.domain.media_server import Notice
from app.backend.sources.keyring import Credentials
from app.backend.store import sources
from app.backend.store.source_tables import SourceItemRow
from app.backend.store.sources import ConnectedSource
from app.backend.store.tables import Media, Table
from app.backend.workflows import browse, connections, notices, people
from app.backend.workflows.household import Household
from app.backend.workflows.notices import Prefilled

SERVER = "f" * 32
# The server's owner, whose account is nobody's here, comes first.
OLGA, ANNA, BEN = "0" * 32, "a" * 32, "b" * 32
SECRET = "s3cret-of-the-first-source"  # noqa: S105  # a test's


def item_of(media_id: int, kind: str = "jellyfin") -> str:
    """Return the id of the item that a title is at the server."""
    return f"{media_id:032x}" if kind == "jellyfin" else str(1_000 + media_id)


@dataclass(frozen=True)
class Home:
    """A household whose titles all stand at one server, where Anna and Ben have accounts."""

    household: Household
    source: ConnectedSource

    @classmethod
    def of(cls, household: Household, kind: str = "jellyfin", secret: str = SECRET) -> "Home":
        """Connect a server; of its accounts, two belong to members."""
        values = {
            "kind": kind, "address": f"http://{kind}.local", "server_id": SERVER,
            "server_name": "Attic", "writes_ratings": False,
        }  # fmt: skip
        ids = (ANNA, BEN) if kind == "jellyfin" else ("7", "8")
        with household.database.writing() as session:
            source = sources.add_source(session, values, household.clock())
            here = {person.name for person in people.everybody(session)}
            for name in sorted({"Anna", "Ben"} - here):
                people.add(session, name, None, household.clock)
            accounts = zip(ids, ("anna", "ben"), ("Anna", "Ben"), strict=True)
            connections.assign_people(session, source.id, list(accounts))
            rows = [
                {"source_id": source.id, "item_id": item_of(one, kind), "media_id": one,
                 "library": ""}
                for one in session.scalars(select(Media.id))
            ]  # fmt: skip
            session.execute(insert(SourceItemRow), rows)
        connections.keyring(household).write(source.id, Credentials("key", secret))
        return cls(household, source)

    def take(self, notice: Notice) -> str:
        """Take a notice in, as a face does."""
        with self.household.database.reading() as session:
            found = notices.meant(session, self.source, notice)
        if isinstance(found, str):
            return found
        with self.household.database.writing() as session:
            return notices.take(session, found, self.household.clock)

    def pending(self) -> list[StoredPick]:
        """Return what is asked about, the latest first."""
        with self.household.database.reading() as session:
            return browse.unanswered(session)

    def prefilled(self) -> list[Prefilled | None]:
        """Return what is known of the answers to what is asked."""
        pending = self.pending()
        with self.household.database.reading() as session:
            told = notices.prefilled(session, pending)
        return [told.get(pick.recommendation_id) for pick in pending]

    def count(self, table: type[Table]) -> int:
        """Count the rows of a table."""
        with self.household.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0
