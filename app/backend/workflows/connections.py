"""Connecting media servers and folders: address, key, libraries, whose account is whose, when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from app.backend.domain.errors import InvalidInput
from app.backend.domain.media_server import ServerFacts, ServerLibrary, ServerUser
from app.backend.domain.title import comparable
from app.backend.sources.fields import shown
from app.backend.sources.jellyfin import jellyfin
from app.backend.sources.keyring import Credentials, Keyring
from app.backend.sources.links import checked_template
from app.backend.sources.media_server import MediaServer
from app.backend.sources.nfo_folder import NfoFolder
from app.backend.sources.plex import plex
from app.backend.sources.server_address import ServerAddress
from app.backend.sources.upstream import PATIENT, Patience
from app.backend.store import rating_writes, sources
from app.backend.store.session import ReadSession, WriteSession
from app.backend.store.sources import ConnectedSource, Person
from app.backend.workflows.household import Household
from app.backend.workflows.people import called
from app.backend.workflows.source_values import checked_hours, checked_token, library_ids
from app.backend.workflows.tokens import fresh_token

__all__ = ["ConnectedSource", "Person"]

JELLYFIN: Final = "jellyfin"
PLEX: Final = "plex"
NFO: Final = "nfo"
SERVERS: Final = (JELLYFIN, PLEX)
KINDS: Final = (*SERVERS, NFO)
# Somebody waits in front of a page while a server is asked who it is.
PROMPT: Final = Patience(answer_seconds=20.0, attempts=1)
# Where it is to be connected, one that is just starting is worth a few seconds more.
AT_FIRST: Final = Patience(answer_seconds=20.0, attempts=3, most_wait_seconds=4.0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source that is to be connected; `address` is a folder's path where it is one.

    `libraries` are the ids or the names of those to read; none means all.
    """

    kind: str
    address: str
    token: str = ""
    libraries: tuple[str, ...] = ()
    every_hours: int | None = 24


@dataclass(frozen=True, slots=True)
class Looked:
    """What a server tells before anything of it is read."""

    facts: ServerFacts
    libraries: list[ServerLibrary]
    users: list[ServerUser]

    def account(self, wanted: str) -> ServerUser:
        """Return the account of that id, or of that name in whatever case where it is one alone.

        Raises
        ------
        InvalidInput
            Where there is none.
        """
        for user in self.users:
            if wanted in (user.id, user.name):
                return user
        alike = [user for user in self.users if comparable(user.name) == comparable(wanted)]
        if len(alike) != 1:
            known = ", ".join(shown(user.name) for user in self.users) or "none"
            raise InvalidInput(f"There is no account {shown(wanted)}; accounts there: {known}.")
        return alike[0]


def keyring(household: Household) -> Keyring:
    """Return where the household's keys are."""
    return Keyring(household.folder / "keys")


def server_of(
    source: ConnectedSource,
    credentials: Credentials,
    latest_year: int,
    patience: Patience = PATIENT,
) -> MediaServer:
    """Return the client of a connected server; whoever asks for it closes it."""
    address, chosen = ServerAddress.of(source.address), source.libraries
    return _client(source.kind, address, credentials, chosen, latest_year, patience)


def look(wanted: Wanted, latest_year: int) -> Looked:
    """Ask a server who it is, without keeping anything.

    Raises
    ------
    InvalidInput, SourceError
        Where the address or the key is none, or the server cannot be asked.
    """
    address, token = ServerAddress.of(wanted.address), checked_token(wanted.token)
    client = _client(wanted.kind, address, Credentials(token), (), latest_year, AT_FIRST)
    try:
        return Looked(client.facts(), client.libraries(), client.users())
    finally:
        client.close()


def connect(household: Household, wanted: Wanted) -> ConnectedSource:
    """Connect a source, after having asked it who it is.

    Raises
    ------
    InvalidInput, Conflict, SourceError
        Where it cannot be asked, or is connected already.
    """
    if wanted.kind not in KINDS:
        raise InvalidInput(
            f"There is no source of the kind {wanted.kind!r}; choose one of: {', '.join(KINDS)}."
        )
    year = household.clock().year + 2
    if wanted.kind == NFO:
        address, facts = wanted.address, ServerFacts("", Path(wanted.address).name, "")
        NfoFolder(Path(wanted.address), latest_year=year).total()
        chosen = list[str]()
    else:
        address, looked = str(ServerAddress.of(wanted.address)), look(wanted, year)
        facts, chosen = looked.facts, library_ids(wanted.libraries, looked.libraries)
    values = {
        "kind": wanted.kind,
        "address": address,
        "server_id": facts.server_id[:100],
        "server_name": facts.name[:200],
        "libraries": chosen or None,
        "every_hours": checked_hours(wanted.every_hours),
        "writes_ratings": False,
    }
    with household.database.writing() as session:
        source = sources.add_source(session, values, household.clock())
        token = checked_token(wanted.token) if wanted.kind in SERVERS else ""
        keyring(household).write(source.id, Credentials(token, fresh_token()))
    return source


def change(household: Household, source_id: int, changes: Mapping[str, Any]) -> ConnectedSource:
    """Change a source: `address`, `token`, `libraries`, `link`, `every_hours`, `writes_ratings`.

    With another address comes its key: a key is for one server, and so are those of its people.

    Raises
    ------
    NotFound, InvalidInput, SourceError
        Where there is no such source, or a value cannot be.
    """
    values = {name: value for name, value in changes.items() if name != "token"}
    if "every_hours" in values:
        values["every_hours"] = checked_hours(values["every_hours"])
    if values.get("link"):
        values["link"] = checked_template(str(values["link"]))
    with household.database.reading() as session:
        before = sources.read_source(session, source_id)
    token, fresh = changes.get("token"), Credentials("", fresh_token())
    is_new = bool(token) or before.kind == NFO
    credentials = keyring(household).read(source_id, fresh if is_new else None)
    if before.kind in SERVERS and "address" in values:
        values["address"] = str(ServerAddress.of(str(values["address"])))
        if values["address"] != before.address and not token:
            raise InvalidInput("Another address needs its key once more; write it too.")
    if token:
        token = checked_token(token)
        wanted = Wanted(before.kind, str(values.get("address", before.address)), token)
        facts = look(wanted, household.clock().year + 2).facts
        values |= {"server_id": facts.server_id[:100], "server_name": facts.name[:200]}
        people = credentials.people if values["server_id"] == before.server_id else {}
        credentials = replace(credentials, token=token, people=people)
    # What is read from elsewhere, or of other libraries, is read as a whole.
    is_another = values.get("server_id", before.server_id) != before.server_id
    if is_another or {"address", "libraries"} & values.keys():
        values["read_until"] = None
    at = household.clock()
    hours = values.get("every_hours", before.every_hours)
    values["due_at"] = None if hours is None else (before.synced_at or at) + timedelta(hours=hours)
    with household.database.writing() as session:
        changed = sources.change_source(session, source_id, values)
        if is_another:
            rating_writes.forget_all_written(session, source_id)
        keyring(household).write(source_id, credentials)
    return changed


def disconnect(household: Household, source_id: int) -> int:
    """Forget a source, its key, and what its accounts did; say how many titles left the shelf."""
    with household.database.writing() as session:
        removed = sources.remove_source(session, source_id, household.clock())
    keyring(household).forget(source_id)
    return removed


def connected(session: ReadSession | WriteSession) -> list[ConnectedSource]:
    """Return all sources, the oldest first."""
    return sources.read_sources(session)


def at_address(household: Household, kind: str, address: str) -> ConnectedSource | None:
    """Return the source of a kind at an address, however that is spelt; `None` where there is none.

    Raises
    ------
    InvalidInput
        Where it is no address.
    """
    wanted = address if kind == NFO else str(ServerAddress.of(address))
    with household.database.reading() as session:
        found = sources.read_sources(session)
    return next((one for one in found if (one.kind, one.address) == (kind, wanted)), None)


def source(session: ReadSession | WriteSession, source_id: int) -> ConnectedSource:
    """Return one source.

    Raises
    ------
    NotFound
        Where there is none of that number.
    """
    return sources.read_source(session, source_id)


def people_of(session: ReadSession | WriteSession, source_id: int) -> list[Person]:
    """Return whose accounts of a source are known."""
    return sources.read_people(session, source_id)


def assign_people(
    session: WriteSession, source_id: int, people: Sequence[tuple[str, str, str]]
) -> None:
    """Say whose an account is: its id, its name, and the member's name. Of others all is forgotten.

    Nobody's account ever stands for somebody else: what the server's owner watched is theirs alone.

    Raises
    ------
    NotFound, InvalidInput
        Where there is no such source or member, or one has two accounts.
    """
    wanted = [
        (user_id[:100], user_name, called(session, member).id)
        for user_id, user_name, member in people
    ]
    if len({member for _, _, member in wanted}) < len(wanted):
        raise InvalidInput("A member can have one account of a server; choose which it is.")
    if len({user for user, _, _ in wanted}) < len(wanted):
        raise InvalidInput("An account of a server can belong to one member; choose who it is.")
    sources.write_people(session, source_id, wanted)


def accounts_of(household: Household, source_id: int) -> Looked:
    """Ask a connected server for its libraries and accounts.

    Raises
    ------
    NotFound, SourceError
        Where there is no such source, or the server cannot be asked.
    """
    with household.database.reading() as session:
        found = sources.read_source(session, source_id)
    credentials = keyring(household).read(source_id)
    server = server_of(found, credentials, household.clock().year + 2, PROMPT)
    try:
        return Looked(server.facts(), server.libraries(), server.users())
    finally:
        server.close()


def webhook_secret(household: Household, source_id: int) -> str:
    """Return the secret part of the address that a server calls."""
    return keyring(household).read(source_id).webhook_secret


def _client(
    kind: str,
    address: ServerAddress,
    credentials: Credentials,
    libraries: Sequence[str],
    latest_year: int,
    patience: Patience,
) -> MediaServer:
    ask = partial(plex, people=credentials.people) if kind == PLEX else jellyfin
    token, among = credentials.token, tuple(libraries)
    return ask(address, token, libraries=among, latest_year=latest_year, patience=patience)
