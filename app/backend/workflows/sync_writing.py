"""What a sync has read becomes the library, in the caller's one transaction."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import RemovalsUnconfirmed
from app.backend.domain.ratings import SCALES
from app.backend.store import source_items, sources
from app.backend.store.server_states import Doings, write_states, write_withheld
from app.backend.store.session import WriteSession
from app.backend.workflows.import_library import Imported, LibraryWriting
from app.backend.workflows.sync import PersonStates, Reading

# A sync that would take away a larger share of a source's titles asks first.
MOST_REMOVED: Final = 0.2


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did: with titles, and how many entries of people's histories changed."""

    imported: Imported
    history_changes: int


def write_reading(
    session: WriteSession, reading: Reading, clock: Clock, *, is_confirmed: bool = False
) -> Synced:
    """Bring what was read into the library.

    Raises
    ------
    RemovalsUnconfirmed
        Where more than a fifth of the source's titles would go and nobody said that they may; the
        caller's transaction has to be given up.
    """
    source = reading.source
    before = source_items.titles_of(session, source.name)
    writing = LibraryWriting(session, source.name, clock(), source.id)
    for entries in reading.staging.pages():
        media_ids = writing.write(entries)
        items = zip(writing.records_of(entries), media_ids, strict=True)
        found = ((record.item, media_id) for record, media_id in items if record.item is not None)
        source_items.write_items(session, source.id, found)
    _remove(session, reading, writing)
    # What came and went while it was read was never there.
    removed = len(before - source_items.titles_of(session, source.name))
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
    return Synced(replace(imported, counts=counts), changes)


def _remove(session: WriteSession, reading: Reading, writing: LibraryWriting) -> None:
    source, at = reading.source, reading.began
    source_items.remove_items(session, source.id, source.name, reading.gone, at)
    if reading.is_whole:
        source_items.remove_untouched(session, source.name, writing.touched, at)


def _write_people(session: WriteSession, reading: Reading) -> int:
    source = reading.source
    media_of = source_items.read_items(session, source.id)
    changes = 0
    for one in reading.people:
        doings = Doings(source.name, SCALES[source.kind], one.person.member_id, reading.began)
        changes += write_states(session, doings, one.touched, media_of, is_whole=one.is_whole)
        if one.visible is not None:
            withheld = _withheld(one, media_of)
            write_withheld(session, source.id, one.person.member_id, withheld)
        sources.person_read(session, source.id, one.person.user_id, reading.began)
    return changes


def _withheld(one: PersonStates, media_of: Mapping[str, int]) -> set[int]:
    """Return the titles of which an account may see no copy at all."""
    items = defaultdict(list)
    for item_id, media_id in media_of.items():
        items[media_id].append(item_id)
    visible = one.visible or frozenset()
    return {media for media, copies in items.items() if visible.isdisjoint(copies)}


def _note(session: WriteSession, reading: Reading) -> None:
    source, began = reading.source, reading.began
    hours = source.every_hours
    values = {
        "read_until": began,
        "synced_at": began,
        "due_at": None if hours is None else began + timedelta(hours=hours),
        "asks": None,
    }
    if reading.is_whole:
        values["completed_at"] = began
    sources.change_source(session, source.id, values)
