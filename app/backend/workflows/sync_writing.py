"""What a sync has read becomes the library, in the caller's one transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import attrgetter
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import Conflict, RemovalsUnconfirmed
from app.backend.domain.ratings import SCALES
from app.backend.store import source_items, sources
from app.backend.store.batches import in_batches
from app.backend.store.server_states import Doings, write_states, write_withheld
from app.backend.store.session import WriteSession
from app.backend.store.sources import ConnectedSource
from app.backend.workflows.import_library import Imported, LibraryWriting
from app.backend.workflows.sync import PersonStates, Reading

# A sync that would take away a larger share of a source's titles asks first.
MOST_REMOVED: Final = 0.2


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Attributes
    ----------
    imported : Imported
        With titles.
    history_changes : int
        How many entries of people's histories changed.
    absent_accounts : int
        How many accounts of members are not at the server any more.
    """

    imported: Imported
    history_changes: int
    absent_accounts: int


def write_reading(
    session: WriteSession, reading: Reading, clock: Clock, *, is_confirmed: bool = False
) -> Synced:
    """Bring what was read into the library.

    Raises
    ------
    RemovalsUnconfirmed
        Where more than a fifth of the source's titles would go and nobody said that they may.
    NotFound, Conflict
        Where the source is gone, or is another by now.
    SourceUnreadable
        Where what was read is damaged.

    After any of these the caller's transaction has to be given up.
    """
    source = reading.source
    writing = LibraryWriting(session, source.name, clock(), source.id)
    _insist_on_same(session, source)
    before = source_items.titles_of(session, source.name, source.id)
    former = _write_titles(session, reading, writing)
    _remove(session, reading, writing, former)
    # What came and went while it was read was never there.
    removed = source_items.count_off_shelf(session, before)
    if removed > MOST_REMOVED * len(before) and not is_confirmed:
        name = source.server_name or source.name
        raise RemovalsUnconfirmed(
            f"{removed} of the {len(before)} titles of {name} are gone from there, so nothing was "
            "changed. If that is right, let them go; if not, look whether a disk or a library is "
            "missing at the server.",
            {"removals": removed, "titles": len(before)},
        )
    imported = writing.finish(clock)
    counts = replace(imported.counts, removed=removed)
    changes = _write_people(session, reading)
    _note(session, reading)
    return Synced(replace(imported, counts=counts), changes, reading.absent_accounts)


def _write_titles(session: WriteSession, reading: Reading, writing: LibraryWriting) -> set[int]:
    """Write what was staged; return the titles that some items were before."""
    former = set[int]()
    staged = (entry for page in reading.staging.pages() for entry in page)
    for entries in in_batches(staged):
        media_ids = writing.write(entries)
        items = zip(writing.records_of(entries), media_ids, strict=True)
        found = ((record.item, media_id) for record, media_id in items if record.item is not None)
        former |= source_items.write_items(session, reading.source.id, found)
    return former


def _insist_on_same(session: WriteSession, read: ConnectedSource) -> None:
    now = sources.read_source(session, read.id)
    of_reading = attrgetter("address", "server_id", "libraries")
    if of_reading(now) != of_reading(read):
        raise Conflict("This source was changed while it was read; sync again.")


def _remove(
    session: WriteSession, reading: Reading, writing: LibraryWriting, former: Collection[int]
) -> None:
    source, at = reading.source, reading.at
    source_items.leave_where_untold(session, source.id, source.name, former, at)
    source_items.remove_items(session, source.id, source.name, reading.found.gone, at)
    if reading.is_whole:
        source_items.remove_untouched(session, source.name, writing.touched, at)


def _write_people(session: WriteSession, reading: Reading) -> int:
    source = reading.source
    media_of = source_items.read_items(session, source.id)
    # Whose account is nobody's by now, or another member's, is read again by the next sync.
    members = {one.user_id: one.member_id for one in sources.read_people(session, source.id)}
    changes = 0
    for one in reading.people:
        if members.get(one.person.user_id) != one.person.member_id:
            continue
        doings = Doings(source.name, SCALES[source.kind], one.person.member_id, reading.at)
        changes += write_states(
            session, doings, one.touched, media_of, is_whole=one.is_whole, visible=one.visible
        )
        if one.visible is not None:
            withheld = _withheld(one, media_of)
            write_withheld(session, source.id, one.person.member_id, withheld)
        sources.person_read(session, source.id, one.person.user_id, reading.at)
    return changes


def _withheld(one: PersonStates, media_of: Mapping[str, int]) -> set[int]:
    """Return the titles of which an account may see no copy at all."""
    items = defaultdict(list)
    for item_id, media_id in media_of.items():
        items[media_id].append(item_id)
    visible = one.visible or frozenset()
    return {media for media, copies in items.items() if visible.isdisjoint(copies)}


def _note(session: WriteSession, reading: Reading) -> None:
    source, at = reading.source, reading.at
    hours = source.every_hours
    values = {
        # What changed since the first page was read is read next time, whoever read that page.
        "read_until": reading.staging.began,
        "synced_at": at,
        "due_at": None if hours is None else at + timedelta(hours=hours),
        "asks": None,
    }
    if reading.is_whole:
        values["completed_at"] = reading.staging.began
    sources.change_source(session, source.id, values)
