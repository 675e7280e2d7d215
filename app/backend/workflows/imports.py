"""Imports beside the requests: a source is read in a thread of its own, then written at once.

Reading a source may take minutes, and whoever writes keeps every other writer waiting. So all of it
is read into memory first, and nothing is locked meanwhile; then one short transaction brings every
title and says what came of it, or neither.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, Thread
from typing import Any, Final, Protocol, TypeAlias

from app.backend.domain.clock import Clock
from app.backend.domain.errors import Conflict, EncoreError, OperationError, ShuttingDown
from app.backend.domain.progress import Progress, Step, silent
from app.backend.sources.library_source import Entry, LibrarySource
from app.backend.store import import_rows
from app.backend.store.batches import AT_ONCE
from app.backend.store.import_rows import DONE, FAILED, INTERRUPTED, RUNNING, ImportFacts
from app.backend.store.session import ReadSession, WriteSession
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, counts_of, import_library
from app.backend.workflows.turns import turn_of

__all__ = ["DONE", "FAILED", "INTERRUPTED", "RUNNING", "ImportFacts"]

_log = logging.getLogger(__name__)

MOST_IMPORTS: Final = 5
_FAULT: Final = "Something broke inside Encore; its log says what. Nothing was changed."
_TAKEN: Final = "An import is under way already; begin the next one when it is done."

Writing: TypeAlias = Callable[[WriteSession], Mapping[str, Any]]


class Work(Protocol):
    """What an import does: it reads, however long that takes, and then says how to write."""

    @property
    def name(self) -> str:
        """The word under which its titles are kept."""

    @property
    def place(self) -> str:
        """Where it reads from, for people."""

    def gather(self, household: Household, progress: Progress) -> Writing:
        """Read everything; return what writes it, in one transaction, and counts it."""

    def done(self) -> None:
        """Tidy up after everything was written."""

    def failed(self, household: Household, error: EncoreError) -> None:
        """Take note that nothing was written, and why."""


@dataclass(frozen=True, slots=True)
class FileWork:
    """Bringing the titles of a source that is read once."""

    source: LibrarySource
    place: str

    @property
    def name(self) -> str:
        """The word under which its titles are kept."""
        return self.source.name

    def gather(self, household: Household, progress: Progress) -> Writing:
        """Read the source into memory."""
        read, clock = gathered(self.source, progress), household.clock
        return lambda session: counts_of(import_library(session, read, clock, silent))

    def done(self) -> None:
        """Leave nothing behind."""

    def failed(self, household: Household, error: EncoreError) -> None:
        """Leave nothing behind."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A source that was read already."""

    name: str
    entries: Sequence[Entry]

    def total(self) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    def read(self) -> Iterator[Entry]:
        """Yield them."""
        return iter(self.entries)


def gathered(source: LibrarySource, progress: Progress) -> Gathered:
    """Read a source into memory, so that no transaction waits for it.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where the source as a whole cannot be read.
    """
    total = source.total()
    progress(Step("Reading titles", 0, total))
    entries: list[Entry] = []
    for entry in source.read():
        entries.append(entry)
        if len(entries) % AT_ONCE == 0:
            progress(Step("Reading titles", len(entries), total))
    progress(Step("Reading titles", len(entries), total))
    return Gathered(source.name, entries)


def note(session: WriteSession, source: str, place: str, done: Imported, clock: Clock) -> None:
    """Note an import among the others, in the transaction that brings its titles."""
    at = clock()
    number = import_rows.add_import(session, source, place, at)
    import_rows.finish_import(session, number, counts_of(done), at)


def import_here(household: Household, work: Work, progress: Progress) -> Mapping[str, Any]:
    """Carry an import out in this thread, and note it among the others; return its counts.

    Raises
    ------
    EncoreError
        Where nothing came of it.
    """
    try:
        write = work.gather(household, progress)
        with household.database.writing() as session:
            number = import_rows.add_import(session, work.name, work.place, household.clock())
            counts = write(session)
            import_rows.finish_import(session, number, counts, household.clock())
    except EncoreError as error:
        work.failed(household, error)
        raise
    work.done()
    return counts


def last_imports(session: ReadSession) -> list[ImportFacts]:
    """Return the last imports, the newest first."""
    return import_rows.read_imports(session, MOST_IMPORTS)


def remembered(session: ReadSession) -> list[ImportFacts]:
    """Return every import that is remembered, the newest first."""
    return import_rows.read_imports(session, import_rows.MOST_KEPT)


def last_of_each(session: ReadSession) -> dict[tuple[str, str], ImportFacts]:
    """Return the last import that is remembered of each source and place."""
    return {(facts.source, facts.place): facts for facts in reversed(remembered(session))}


def running(session: ReadSession) -> ImportFacts | None:
    """Return the import under way, if there is one."""
    found = import_rows.read_imports(session, 1)
    return found[0] if found and found[0].state == RUNNING else None


@dataclass(slots=True)
class Importer:
    """Carries imports out, one at a time.

    Where the database is in memory, which is nobody else's, an import is over when it has begun.
    """

    household: Household
    _lock: Lock = field(default_factory=Lock)
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def open(self) -> None:
        """Note that imports which were under way when their process ended came to nothing."""
        with self.household.database.reading() as session:
            if not import_rows.is_running(session):
                return
        with suppress(Conflict), self._turn(), self.household.database.writing() as session:
            import_rows.interrupt_imports(session, self.household.clock())
            _log.warning("An import was interrupted; nothing of it was kept")

    def begin(self, source: LibrarySource, place: str) -> int:
        """Start to import a source that is read once, as `begin_work` does."""
        return self.begin_work(FileWork(source, place))

    def begin_work(self, work: Work) -> int:
        """Start an import and return its number at once.

        Raises
        ------
        Conflict
            Where an import is under way.
        ShuttingDown, StorageFull
            Where the server was told to stop, or there is no room for a file.
        """
        household = self.household
        with self._lock:
            if self._stop.is_set():
                raise ShuttingDown("Encore is shutting down; import again when it is back.")
            if self._thread is not None and self._thread.is_alive():
                raise Conflict(_TAKEN)
            with ExitStack() as turn:
                turn.enter_context(self._turn())
                with household.database.writing() as session:
                    at = household.clock()
                    import_rows.interrupt_imports(session, at)
                    number = import_rows.add_import(session, work.name, work.place, at)
                work_on = partial(self._carry_out, number, work, turn.pop_all())
            self._thread = Thread(target=work_on, name="importer", daemon=True)
            self._thread.start()
        if not household.database.is_shared:
            self.wait()
        return number

    def wait(self) -> None:
        """Wait until the import under way is over."""
        if self._thread is not None:
            self._thread.join()

    def finish(self) -> None:
        """Stop the import under way, unless it is being written already."""
        self._stop.set()
        self.wait()

    def _turn(self) -> AbstractContextManager[None]:
        """Let no other process import; what stands as under way else was killed."""
        return turn_of(self.household.folder / "imports.lock", _TAKEN)

    def _carry_out(self, number: int, work: Work, turn: ExitStack) -> None:
        with turn:
            self._carried_out(number, work)

    def _carried_out(self, number: int, work: Work) -> None:
        try:
            self._import(number, work)
        except EncoreError as error:
            is_told = isinstance(error, ShuttingDown)
            self._give_up(
                number, INTERRUPTED if is_told else FAILED, None if is_told else error.message
            )
            with suppress(EncoreError):
                work.failed(self.household, error)
        except Exception:  # noqa: BLE001  # a thread has nobody above it
            _log.exception("An import met a fault")
            fault = EncoreError(_FAULT)
            self._give_up(number, FAILED, fault.message)
            with suppress(EncoreError):
                work.failed(self.household, fault)

    def _import(self, number: int, work: Work) -> None:
        database, clock = self.household.database, self.household.clock

        def told(step: Step, /) -> None:
            if self._stop.is_set():
                raise ShuttingDown("Encore is shutting down; import again when it is back.")
            # A busy database must not end an import because of a number on a page.
            with suppress(OperationError), database.writing() as session:
                import_rows.tell_progress(session, number, step.done, step.total)

        write = work.gather(self.household, told)
        with database.writing() as session:
            import_rows.finish_import(session, number, write(session), clock())
        work.done()

    def _give_up(self, number: int, state: str, problem: str | None) -> None:
        try:
            with self.household.database.writing() as session:
                at = self.household.clock()
                import_rows.give_import_up(session, number, state, problem, at)
        except EncoreError as error:
            _log.warning("What became of an import could not be noted: %s", error.message)
