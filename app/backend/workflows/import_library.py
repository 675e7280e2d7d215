"""A source becomes the library: read, normalise, write in batches, count everything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

from app.backend.domain.clock import Clock
from app.backend.domain.evidence import DEMO
from app.backend.domain.progress import Progress, Step
from app.backend.domain.runs import Promotion
from app.backend.domain.title import ImportCounts, Refusal, TitleRecord
from app.backend.features.genres import in_house, name_key, normalise, stored_text
from app.backend.sources.library_source import LibrarySource
from app.backend.store import reads, versions, writes
from app.backend.store.batches import in_batches
from app.backend.store.known_titles import Filing
from app.backend.store.session import WriteSession, take_turns
from app.backend.store.title_writes import write_titles
from app.backend.workflows.histories import rematch
from app.backend.workflows.shelf import known_aliases

MOST_REFUSALS: Final = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the counts add up to what was read.

    `entries_found` are entries of imported histories of which nobody knew the title until now.
    """

    counts: ImportCounts
    unknown_genres: dict[str, int]
    without_minutes: int
    demo_titles_retired: int
    entries_found: int = 0


def import_library(
    session: WriteSession,
    source: LibrarySource,
    clock: Clock,
    progress: Progress,
    name: str | None = None,
) -> Imported:
    """Bring a source's titles into the library, all in the caller's one transaction.

    The first real library takes the demo's place: its titles leave the shelf, its simulated
    feedback no longer trains, and the rules serve until there is a model of this household.
    Titles are kept under `name`, where it is given, rather than under the source's own.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where the source as a whole cannot be read.
    """
    total = source.total()
    writing = LibraryWriting(session, name or source.name, clock())
    for batch in in_batches(source.read()):
        writing.write(batch)
        progress(Step("Reading titles", writing.counts.read, total))
    return writing.finish(clock)


class LibraryWriting:
    """One source on its way into the library, a batch after the other, in one transaction.

    Attributes
    ----------
    counts : ImportCounts
        What became of what was written so far.
    touched : set of int
        The titles that were written.
    """

    def __init__(
        self, session: WriteSession, name: str, at: datetime, source_id: int | None = None
    ) -> None:
        # Nobody says meanwhile what a genre stands for.
        take_turns(session, "library")
        self._session, self._aliases = session, known_aliases(session)
        in_words = cache(partial(in_house, aliases=self._aliases))
        self._filing = Filing(name, at, in_words, source_id)
        # A library has far more titles than combinations of genres.
        self._stored, self._unknown_in = cache(stored_text), cache(self._unknown_of)
        self._unknown: Counter[str] = Counter()
        self._without_minutes = 0
        self.counts = ImportCounts()

    @property
    def touched(self) -> AbstractSet[int]:
        """The titles that were written."""
        return self._filing.touched

    def write(self, entries: Sequence[TitleRecord | Refusal]) -> list[int]:
        """Write a batch; return the id of each title, in their order."""
        records = self.records_of(entries)
        self.counts.refused += [entry for entry in entries if isinstance(entry, Refusal)]
        for record in records:
            self._unknown.update(self._unknown_in(record.genres))
        self._without_minutes += sum(record.minutes is None for record in records)
        prepared = [(record, self._stored(record.genres)) for record in records]
        return write_titles(self._session, self._filing, prepared, self.counts)

    def _unknown_of(self, genres: tuple[str, ...]) -> list[str]:
        names = normalise(genres).unknown
        return [name for name in names if name_key(name) not in self._aliases]

    @staticmethod
    def records_of(entries: Sequence[TitleRecord | Refusal]) -> list[TitleRecord]:
        """Return the titles among some entries."""
        return [entry for entry in entries if isinstance(entry, TitleRecord)]

    def finish(self, clock: Clock) -> Imported:
        """End the demo, where this is the first real library, and say what was done.

        Entries of histories that waited for their title are looked for among what came.
        """
        counts = self.counts
        is_real = self._filing.source != DEMO and counts.read > len(counts.refused)
        retired = _end_demo(self._session, clock) if is_real else 0
        found = rematch(self._session) if counts.added or counts.updated else 0
        unknown = dict(self._unknown.most_common())
        return Imported(counts, unknown, self._without_minutes, retired, found)


def counts_of(done: Imported) -> Mapping[str, Any]:
    """Return what an import did, as it is kept."""
    counts = done.counts
    return {
        "added": counts.added,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "duplicates": counts.duplicates,
        "removed": counts.removed,
        "refused": len(counts.refused),
        "refusals": [
            {"where": one.where, "reason": one.reason} for one in counts.refused[:MOST_REFUSALS]
        ],
        "without_minutes": done.without_minutes,
        "unknown_genres": len(done.unknown_genres),
        "demo_titles_retired": done.demo_titles_retired,
        "entries_found": done.entries_found,
    }


def _end_demo(session: WriteSession, clock: Clock) -> int:
    if not reads.is_demo(session):
        return 0
    retired = writes.retire_demo(session, clock())
    if versions.champion_name(session) is not None:
        reason = "A real library took the demo's place, so the demo's model no longer serves."
        moved = Promotion(None, clock(), reason, "library", "import")
        versions.write_promotion(session, moved)
    return retired
