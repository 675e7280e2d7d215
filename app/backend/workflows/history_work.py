"""A history from a file as the importer carries it out, listed among the other imports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.backend.domain.errors import EncoreError
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.progress import Progress, Step
from app.backend.domain.title import Refusal
from app.backend.sources.history_source import HistorySource
from app.backend.store.batches import AT_ONCE
from app.backend.store.session import WriteSession
from app.backend.workflows.histories import HistoryImported, import_history
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import MOST_REFUSALS
from app.backend.workflows.imports import Writing
from app.backend.workflows.jobs import queue_if_due


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """A history that was read already."""

    name: str
    entries: Sequence[HistoryEntry | Refusal]

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield them."""
        return iter(self.entries)


@dataclass(frozen=True, slots=True)
class HistoryWork:
    """Keeping a history as one member's; no member is the household."""

    source: HistorySource
    place: str
    member: str | None

    @property
    def name(self) -> str:
        """The source's own word."""
        return self.source.name

    def gather(self, household: Household, progress: Progress) -> Writing:
        """Read the file into memory."""
        entries: list[HistoryEntry | Refusal] = []
        for entry in self.source.read():
            entries.append(entry)
            if len(entries) % AT_ONCE == 0:
                progress(Step("Reading a history", len(entries)))
        read = ReadHistory(self.name, entries)
        return lambda session: self._written(session, read, household)

    def done(self) -> None:
        """Leave nothing behind."""

    def failed(self, household: Household, error: EncoreError) -> None:
        """Leave nothing behind."""

    def _written(
        self, session: WriteSession, read: ReadHistory, household: Household
    ) -> Mapping[str, Any]:
        done = import_history(session, read, self.member, household.clock)
        queue_if_due(session, household.training.schedule, household.clock)
        return history_counts(done)


def history_counts(done: HistoryImported) -> Mapping[str, Any]:
    """Return what became of a history, as it is kept."""
    return {
        "added": done.new,
        "updated": done.changed,
        "unchanged": done.unchanged,
        "matched": done.matched,
        "unmatched": done.unmatched,
        "ambiguous": done.ambiguous,
        "set_aside": done.set_aside,
        "member": done.member,
        "refused": done.refused,
        "refusals": [
            {"where": one.where, "reason": one.reason} for one in done.refusals[:MOST_REFUSALS]
        ],
    }
