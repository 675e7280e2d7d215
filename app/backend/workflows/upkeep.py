"""What happens by itself: sources are read when they are due, and ratings are written back."""

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from app.backend.domain.errors import Conflict, EncoreError, ShuttingDown
from app.backend.domain.progress import Progress
from app.backend.store import sources
from app.backend.workflows.connections import SERVERS
from app.backend.workflows.household import Household
from app.backend.workflows.imports import Importer
from app.backend.workflows.rating_writes import Written, write
from app.backend.workflows.sync_work import TRY_AGAIN, SyncWork, due

_log = logging.getLogger(__name__)

# Whoever rates something may think again for so long, more or less.
WRITE_EVERY: Final = timedelta(minutes=15)


@dataclass(slots=True)
class Upkeep:
    """Keeps a household's sources in step, as the clock says. One at a time, in any process."""

    household: Household
    importer: Importer
    _begun: dict[int, datetime] = field(default_factory=dict)
    _write_at: dict[int, datetime] = field(default_factory=dict)

    def tick(self, progress: Progress) -> None:
        """Do what is due, but no more than one reading; that goes on beside.

        Raises
        ------
        ShuttingDown
            Where `progress` says that it is time to end.
        EncoreError
            Where the database does not answer.
        """
        self.importer.open()
        self._begin_reading()
        self._write_ratings(progress)

    def _begin_reading(self) -> None:
        now = self.household.clock()
        with self.household.database.reading() as session:
            waiting = due(session, now)
        for source in waiting:
            # One that met a fault, and is due still, lets others be read first.
            if now - self._begun.get(source.id, now - TRY_AGAIN) >= TRY_AGAIN:
                try:
                    self.importer.begin_work(SyncWork(source))
                except Conflict:  # something else is being read; this comes next
                    return
                self._begun[source.id] = now
                return

    def _write_ratings(self, progress: Progress) -> None:
        now = self.household.clock()
        with self.household.database.reading() as session:
            connected = sources.read_sources(session)
        for source in connected:
            is_wanted = source.writes_ratings and source.kind in SERVERS
            if not is_wanted or now < self._write_at.get(source.id, now):
                continue
            self._write_at[source.id] = now + WRITE_EVERY
            try:
                with suppress(Conflict):  # another process writes them
                    _tell(source.name, write(self.household, source.id, progress))
            except ShuttingDown:
                raise
            except EncoreError as error:
                self._write_at[source.id] = now + TRY_AGAIN
                _log.warning("Ratings wait to be written to %s: %s", source.name, error.message)


def _tell(name: str, done: Written) -> None:
    if done.written or done.taken_back:
        _log.info("Ratings at %s: %d written, %d taken back", name, done.written, done.taken_back)
    for problem in done.problems:
        _log.warning("Ratings wait to be written to %s: %s", name, problem)
