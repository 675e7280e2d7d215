"""A sync as the importer carries it out, and when syncs are due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.backend.domain.errors import EncoreError, RemovalsUnconfirmed, ShuttingDown
from app.backend.domain.progress import Progress
from app.backend.store import sources
from app.backend.store.session import ReadSession, WriteSession
from app.backend.store.sources import ConnectedSource
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import counts_of
from app.backend.workflows.imports import Writing
from app.backend.workflows.jobs import queue_if_due
from app.backend.workflows.sync import Reading, read_source
from app.backend.workflows.sync_writing import write_reading

# A server that did not answer is asked again after so long.
TRY_AGAIN: Final = timedelta(hours=1)


@dataclass(slots=True)
class SyncWork:
    """One sync of a connected source.

    `is_whole` reads everything, also what did not change; `is_confirmed` lets titles go, however
    many.
    """

    source: ConnectedSource
    is_whole: bool = False
    is_confirmed: bool = False
    _reading: Reading | None = None

    @property
    def name(self) -> str:
        """The word under which its titles are kept."""
        return self.source.name

    @property
    def place(self) -> str:
        """Where it reads from, for people."""
        return self.source.address

    def gather(self, household: Household, progress: Progress) -> Writing:
        """Read what changed, into a file."""
        self._reading = read_source(household, self.source.id, progress, is_whole=self.is_whole)
        return lambda session: self._written(session, household)

    def done(self) -> None:
        """Forget what was staged, and take its notes."""
        if self._reading is not None:
            self._reading.done()

    def failed(self, household: Household, error: EncoreError) -> None:
        """Remember a question, or put the next sync off; what was staged stays for it."""
        if self._reading is not None:
            self._reading.staging.close()
        at = household.clock()
        values: dict[str, Any] = {"due_at": at + TRY_AGAIN}
        if isinstance(error, ShuttingDown):
            values = {"due_at": at}
        if isinstance(error, RemovalsUnconfirmed):
            # Nobody needs to ask again by itself: somebody has to answer first.
            values = {"asks": dict(error.details), "due_at": None}
        if self.source.every_hours is None:
            values.pop("due_at")
        with household.database.writing() as session:
            sources.change_source(session, self.source.id, values)

    def _written(self, session: WriteSession, household: Household) -> Mapping[str, Any]:
        assert self._reading is not None  # noqa: S101  # gather() came before
        done = write_reading(
            session, self._reading, household.clock, is_confirmed=self.is_confirmed
        )
        queue_if_due(session, household.training.schedule, household.clock)
        return {
            **counts_of(done.imported),
            "history_changes": done.history_changes,
            "absent_accounts": done.absent_accounts,
        }


def keep_titles(session: WriteSession, source_id: int, at: datetime) -> ConnectedSource:
    """Answer the question of a sync with no: its titles stay until the next one asks again.

    Raises
    ------
    NotFound
        Where there is no such source.
    """
    hours = sources.read_source(session, source_id).every_hours
    due_at = None if hours is None else at + timedelta(hours=hours)
    return sources.change_source(session, source_id, {"asks": None, "due_at": due_at})


def due(session: ReadSession, at: datetime) -> list[ConnectedSource]:
    """Return the sources that are to be read by now, the longest overdue first; none by hand."""
    by_clock = (one for one in sources.read_sources(session) if one.every_hours is not None)
    found = [one for one in by_clock if one.due_at and one.due_at <= at]
    return sorted(found, key=lambda one: (one.due_at, one.id))
