"""Keeps a media server's titles in step: reads what changed, beside the requests, then writes it.

What is read is staged in a file, so that a sync that was broken off goes on where it was. Then one
transaction brings all of it, or nothing. A sync that would take away more than a fifth of a
source's titles stops, and asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from app.backend.domain.media_server import ItemState
from app.backend.domain.progress import Progress, Step
from app.backend.domain.title import TitleRecord
from app.backend.sources.library_source import Entry, LibrarySource
from app.backend.sources.media_server import MediaServer, Page
from app.backend.sources.nfo_folder import NfoFolder
from app.backend.store import source_items, sources
from app.backend.store.batches import in_batches
from app.backend.store.sources import ConnectedSource, Person
from app.backend.workflows.connections import NFO, keyring, server_of
from app.backend.workflows.household import Household
from app.backend.workflows.staging import Staging

READING: Final = "Reading titles"
READING_PEOPLE: Final = "Reading what people watched"
# Changes that a server does not tell of are found by reading everything, this often.
WHOLE_EVERY: Final = timedelta(days=7)


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
    began : datetime
    is_whole : bool
        Whether everything was read, so that what is missing is gone.
    staging : Staging
        The titles.
    gone : frozenset of str
        Items that are not at the server any more.
    people : tuple of PersonStates
    """

    source: ConnectedSource
    began: datetime
    is_whole: bool
    staging: Staging
    gone: frozenset[str] = frozenset()
    people: tuple[PersonStates, ...] = ()


@dataclass(slots=True)
class _Ids:
    """The items that a sync has met."""

    seen: set[str] = field(default_factory=set)

    def of(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Take note of the items of some entries, which are handed on."""
        records = (entry for entry in entries if isinstance(entry, TitleRecord))
        self.seen.update(record.item.id for record in records if record.item is not None)
        return entries


def read_source(
    household: Household, source_id: int, progress: Progress, *, is_whole: bool = False
) -> Reading:
    """Read what changed of a source, or everything where that is due or asked for.

    Raises
    ------
    NotFound, SourceError, StorageFull
        Where there is no such source, it cannot be read, or there is no room.
    """
    at = household.clock()
    with household.database.reading() as session:
        source = sources.read_source(session, source_id)
        people = sources.read_people(session, source_id)
        known = source_items.read_items(session, source_id)
    completed = source.completed_at
    is_due = completed is None or at - completed >= WHOLE_EVERY or source.asks is not None
    whole = is_whole or is_due or source.read_until is None or source.kind == NFO
    purpose = f"{source.id}|{source.address}|{'|'.join(source.libraries)}|{whole}"
    path = household.folder / "syncs" / f"source-{source.id}.jsonl"
    if not whole:
        path.unlink(missing_ok=True)
    staging = Staging.open(path, purpose, at)
    if source.kind == NFO:
        _stage_folder(NfoFolder(_path(source), latest_year=at.year + 2), staging, progress)
        return Reading(source, at, True, staging)
    server = server_of(source, keyring(household).read(source.id), at.year + 2)
    try:
        gone, has_new = _stage_server(server, source, staging, known, progress, whole=whole)
        read = _read_people(server, people, progress, is_whole=whole or has_new)
    finally:
        server.close()
    return Reading(source, at, whole, staging, frozenset(gone), tuple(read))


def _stage_folder(folder: LibrarySource, staging: Staging, progress: Progress) -> None:
    if staging.is_complete or staging.read:
        return
    for batch in in_batches(folder.read()):
        staging.add(batch, "")
        progress(Step(READING, staging.read))
    staging.complete()


def _stage_server(
    server: MediaServer,
    source: ConnectedSource,
    staging: Staging,
    known: dict[str, int],
    progress: Progress,
    *,
    whole: bool,
) -> tuple[set[str], bool]:
    """Stage titles; return which known items are gone, and whether there are new ones."""
    ids = _Ids()
    for entries in staging.pages():
        ids.of(entries)
    for page in _pages(server, source, staging, whole=whole):
        staging.add(ids.of(page.entries), page.after)
        progress(Step(READING, staging.read, page.total))
    there = ids.seen if whole else ids.seen | known.keys()
    if server.count() != len(there):
        # Something came or went while we read, or since: its ids alone say what.
        now = set(server.item_ids())
        for batch in in_batches(sorted(now - there)):
            staging.add(ids.of(server.items(batch)), staging.after)
            progress(Step(READING, staging.read))
        there = now
    if not staging.is_complete:
        staging.complete()
    return (known.keys() | ids.seen) - there, bool(ids.seen - known.keys())


def _pages(
    server: MediaServer, source: ConnectedSource, staging: Staging, *, whole: bool
) -> Iterator[Page]:
    if staging.is_complete:
        return iter(())
    if whole or source.read_until is None:
        return server.pages(staging.after)
    return server.changed(source.read_until)


def _read_people(
    server: MediaServer, people: Sequence[Person], progress: Progress, *, is_whole: bool
) -> Iterator[PersonStates]:
    """Read what each member's account did; everything, where new titles may be withheld."""
    for number, person in enumerate(people):
        progress(Step(READING_PEOPLE, number, len(people)))
        since = None if is_whole else person.read_until
        touched, visible = list[ItemState](), set[str]()
        for state in server.states(person.user_id, since):
            visible.add(state.item_id)
            if state.is_watched or state.rating is not None:
                touched.append(state)
        is_told = since is None and server.tells_visibility(person.user_id)
        shown = frozenset(visible) if is_told else None
        yield PersonStates(person, tuple(touched), since is None, shown)


def _path(source: ConnectedSource) -> Path:
    return Path(source.address)
