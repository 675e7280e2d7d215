"""Reads the titles of a source into the file of its sync, and finds out which are gone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from app.backend.domain.progress import Progress, Step
from app.backend.domain.title import Refusal
from app.backend.sources.episode_lengths import with_length
from app.backend.sources.library_source import Entry, LibrarySource
from app.backend.sources.media_server import MediaServer, Page
from app.backend.store.batches import in_batches
from app.backend.workflows.staging import Staging
from app.backend.workflows.sync_notes import Notes

READING: Final = "Reading titles"
# Each series without a length costs a request; of the others the next sync finds out.
MOST_LENGTHS: Final = 500


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a server before it is read.

    Attributes
    ----------
    items : mapping of str to int
        The titles that its items are.
    lengths : mapping of str to int or None
        How long an episode runs, of the items that are series.
    notes : Notes
    """

    items: Mapping[str, int]
    lengths: Mapping[str, int | None]
    notes: Notes


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the reading of titles.

    Attributes
    ----------
    gone : frozenset of str
        Items that are not there any more.
    has_new : bool
        Whether there are items that were not known.
    notes : Notes
    """

    gone: frozenset[str] = frozenset()
    has_new: bool = False
    notes: Notes = field(default_factory=Notes)


def stage_folder(folder: LibrarySource, staging: Staging, progress: Progress) -> None:
    """Read a folder, or nothing where it was read as a whole already: it has no pages."""
    if staging.is_complete:
        return
    for batch in in_batches(folder.read()):
        staging.add(batch, "")
        progress(Step(READING, staging.read))
    staging.complete()


def stage_titles(
    server: MediaServer,
    staging: Staging,
    known: Known,
    progress: Progress,
    since: datetime | None,
) -> Found:
    """Read all titles of a server, or those that changed since a moment.

    Raises
    ------
    SourceError, StorageFull
        Where it cannot be read, or there is no room.
    """
    reading = _Reading(server, staging, known, progress, since is None)
    reading.take_staged()
    if not staging.is_complete:
        reading.take(server.pages(staging.after) if since is None else server.changed(since))
        reading.take_waiting()
    return reading.compare()


@dataclass(slots=True)
class _Reading:
    """One reading of titles.

    Attributes
    ----------
    seen : set of str
        The items that it met.
    refused : set of str
        Where it met what can be no title.
    lengths_left : int
        Of how many series it may still ask how long they run.
    """

    server: MediaServer
    staging: Staging
    known: Known
    progress: Progress
    is_whole: bool
    seen: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    without_length: set[str] = field(default_factory=set)
    lengths_left: int = MOST_LENGTHS

    def take_staged(self) -> None:
        """Take note of what an earlier sync read."""
        for entries in self.staging.pages():
            self._note(entries)

    def take(self, pages: Iterator[Page]) -> None:
        """Keep pages."""
        for page in pages:
            self._keep(page.entries, page.after, page.total)

    def take_waiting(self) -> None:
        """Ask for the lengths that earlier syncs did not come to."""
        if self.is_whole:
            return
        lengths = self.known.lengths.items()
        waiting = (item for item, minutes in lengths if minutes is None and self._is_waiting(item))
        for batch in in_batches(islice(waiting, self.lengths_left)):
            self._keep(self.server.items(batch), self.staging.after)

    def compare(self) -> Found:
        """Compare what was met with what is there, and end the reading."""
        known, notes = self.known, self.known.notes
        there = set(self.seen) if self.is_whole else self.seen | known.items.keys()
        count = self.server.count()
        if count != len(there) + notes.uncounted:
            # Something came or went while we read, or since: its ids alone say what.
            now = set(self.server.item_ids())
            for batch in in_batches(sorted(now - there)):
                self._keep(self.server.items(batch), self.staging.after)
            there = now & (self.seen | known.items.keys())
        if not self.staging.is_complete:
            self.staging.complete()
        gone = (known.items.keys() | self.seen) - there
        noted = Notes(count - len(there), frozenset(self._without_length()))
        return Found(frozenset(gone), bool(self.seen - known.items.keys()), noted)

    def _keep(self, entries: Sequence[Entry], after: str, total: int | None = None) -> None:
        taken = (entry for entry in entries if not self._is_refused(entry))
        kept = [with_length(entry, self._length) for entry in taken]
        self._note(kept)
        self.staging.add(kept, after)
        self.progress(Step(READING, self.staging.read, total))

    def _note(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if isinstance(entry, Refusal):
                self.refused.add(entry.where)
            elif entry.item is not None:
                self.seen.add(entry.item.id)

    def _is_refused(self, entry: Entry) -> bool:
        return isinstance(entry, Refusal) and entry.where in self.refused

    def _length(self, item_id: str) -> int | None:
        """Return what an episode of a series runs, as is known, or as the server may be asked."""
        known = self.known.lengths.get(item_id)
        if known is not None or not self.lengths_left or self._is_known_to_have_none(item_id):
            return known
        self.lengths_left -= 1
        found = self.server.episode_minutes(item_id)
        if found is None:
            self.without_length.add(item_id)
        return found

    def _is_waiting(self, item_id: str) -> bool:
        return item_id not in self.seen and not self._is_known_to_have_none(item_id)

    def _is_known_to_have_none(self, item_id: str) -> bool:
        """Say whether no episode told it; whoever reads everything asks once more."""
        return not self.is_whole and item_id in self.known.notes.without_length

    def _without_length(self) -> set[str]:
        before = set() if self.is_whole else self.known.notes.without_length
        return self.without_length | before
