"""Keeps a media server's titles in step: reads what changed, beside the requests, then writes it.

What is read is staged in a file, so that a sync that was broken off goes on where it was. Then one
transaction brings all of it, or nothing. A sync that would take away more than a fifth of a
source's titles stops, and asks.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from app.backend.domain.errors import AnotherServer
from app.backend.domain.media_server import ItemState
from app.backend.domain.progress import Progress, Step
from app.backend.sources.fields import shown
from app.backend.sources.media_server import MediaServer
from app.backend.sources.nfo_folder import NfoFolder
from app.backend.store import source_items, sources
from app.backend.store.sources import ConnectedSource, Person
from app.backend.workflows.connections import NFO, keyring, server_of
from app.backend.workflows.household import Household
from app.backend.workflows.staging import Staging
from app.backend.workflows.sync_notes import Notes
from app.backend.workflows.sync_titles import Found, Known, stage_folder, stage_titles

READING_PEOPLE: Final = "Reading what people watched"
# Changes that a server does not tell of are found by reading everything, this often.
WHOLE_EVERY: Final = timedelta(days=7)
LONGEST_SERVER_ID: Final = 100


@dataclass(frozen=True, slots=True)
class PersonStates:
    """What an account did.

    Attributes
    ----------
    person : Person
    touched : tuple of ItemState
        Of the items that it watched or rated.
    is_whole : bool
        Whether these are all of them, so that what is missing was taken back.
    visible : frozenset of str or None
        The items that it may see; `None` where the server did not tell.
    """

    person: Person
    touched: tuple[ItemState, ...]
    is_whole: bool
    visible: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a sync has read, and what is to be written of it.

    Attributes
    ----------
    source : ConnectedSource
    at : datetime
        When this sync began; what it goes on with may have been read before (`staging.began`).
    is_whole : bool
        Whether everything was read, so that what is missing is gone.
    staging : Staging
        The titles.
    notes_path : Path or None
        Where `found.notes` are kept, once everything is written.
    found : Found
    people : tuple of PersonStates
    absent_accounts : int
        How many accounts of members are not at the server any more.
    """

    source: ConnectedSource
    at: datetime
    is_whole: bool
    staging: Staging
    notes_path: Path | None = None
    found: Found = field(default_factory=Found)
    people: tuple[PersonStates, ...] = ()
    absent_accounts: int = 0

    def done(self) -> None:
        """Forget what was staged, after everything was written, and keep the notes."""
        if self.notes_path is not None:
            self.found.notes.write(self.notes_path)
        self.staging.discard()
        self.staging.close()


def read_source(
    household: Household, source_id: int, progress: Progress, *, is_whole: bool = False
) -> Reading:
    """Read what changed of a source, or everything where that is due or asked for.

    Whoever gets a reading closes its staging.

    Raises
    ------
    NotFound, Conflict, SourceError, StorageFull
        Where there is no such source, it is being read already, it cannot be read, or there is no
        room.
    """
    at = household.clock()
    with household.database.reading() as session:
        source = sources.read_source(session, source_id)
        people = sources.read_people(session, source_id)
        items = source_items.read_items(session, source_id)
        lengths = source_items.read_lengths(session, source_id)
    whole = is_whole or _is_due(source, at) or source.kind == NFO
    folder, name = household.folder / "syncs", f"source-{source.id}"
    with _staged(folder / f"{name}.jsonl", source, at, whole=whole) as staging:
        if source.kind == NFO:
            stage_folder(
                NfoFolder(Path(source.address), latest_year=at.year + 2), staging, progress
            )
            return Reading(source, at, True, staging)
        notes_path = folder / f"{name}.json"
        known = Known(items, lengths, Notes.read(notes_path))
        server = server_of(source, keyring(household).read(source.id), at.year + 2)
        try:
            insist_on_same_server(server, source)
            since = None if whole else source.read_until
            found = stage_titles(server, staging, known, progress, since)
            told, absent = _read_people(server, people, progress, is_whole=whole or found.has_new)
        finally:
            server.close()
        return Reading(source, at, whole, staging, notes_path, found, told, absent)


def _is_due(source: ConnectedSource, at: datetime) -> bool:
    """Say whether everything is to be read."""
    completed = source.completed_at
    is_old = completed is None or at - completed >= WHOLE_EVERY
    return is_old or source.asks is not None or source.read_until is None


@contextmanager
def _staged(path: Path, source: ConnectedSource, at: datetime, *, whole: bool) -> Iterator[Staging]:
    """Open what is staged of a source, and close it where the reading comes to nothing."""
    parts = (source.address, source.server_id, *source.libraries, source.read_until, whole)
    purpose = json.dumps([str(part) for part in parts])
    staging = Staging.open(path, purpose, at)
    try:
        # Only a list of all titles is gone on with: changes are few, and a folder has no pages.
        if not staging.is_complete and (source.kind == NFO or not whole):
            staging.begin_anew(purpose, at)
        yield staging
    except BaseException:
        staging.close()
        raise


def insist_on_same_server(server: MediaServer, source: ConnectedSource) -> None:
    """Refuse another server than the one that was connected.

    Raises
    ------
    AnotherServer, SourceError
        Where it is another one, or cannot be asked.
    """
    facts = server.facts()
    if facts.server_id[:LONGEST_SERVER_ID] != source.server_id:
        raise AnotherServer(
            f"At {source.address} is another server now: {shown(facts.name)}, not "
            f"{shown(source.server_name)}. Nothing was changed. If it is the right one, write its "
            "address and key once more; else disconnect it."
        )


def _read_people(
    server: MediaServer, people: Sequence[Person], progress: Progress, *, is_whole: bool
) -> tuple[tuple[PersonStates, ...], int]:
    """Read what each member's account did; everything, where new titles may be withheld.

    Returns
    -------
    tuple of PersonStates
    int
        How many accounts are not at the server any more; what they did stays.
    """
    there = {user.id for user in server.users()} if people else set[str]()
    told = list[PersonStates]()
    for number, person in enumerate(people):
        progress(Step(READING_PEOPLE, number, len(people)))
        if person.user_id in there:
            told.append(_states_of(server, person, None if is_whole else person.read_until))
    return tuple(told), len(people) - len(told)


def _states_of(server: MediaServer, person: Person, since: datetime | None) -> PersonStates:
    touched, visible = list[ItemState](), set[str]()
    for state in server.states(person.user_id, since):
        visible.add(state.item_id)
        if state.is_watched or state.rating is not None:
            touched.append(state)
    is_told = since is None and server.tells_visibility(person.user_id)
    shown_to = frozenset(visible) if is_told else None
    return PersonStates(person, tuple(touched), since is None, shown_to)
