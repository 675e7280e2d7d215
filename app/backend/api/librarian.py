"""Keeps the library in step beside the requests: a thread that looks what is due."""

import logging
from dataclasses import dataclass, field
from threading import Event, Thread

from app.backend.domain.errors import EncoreError, ShuttingDown
from app.backend.domain.progress import Step
from app.backend.workflows.household import Household
from app.backend.workflows.imports import Importer
from app.backend.workflows.upkeep import Upkeep

_log = logging.getLogger(__name__)

GLANCE_SECONDS = 60.0


@dataclass(slots=True)
class Librarian:
    """Looks every minute, the first time a minute after the start.

    A database in memory, which has one connection, is left alone.
    """

    household: Household
    importer: Importer
    glance_seconds: float = GLANCE_SECONDS
    _upkeep: Upkeep = field(init=False)
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def __post_init__(self) -> None:
        """Say what is looked after."""
        self._upkeep = Upkeep(self.household, self.importer)

    def begin(self) -> None:
        """Start to look."""
        if self.household.database.is_shared:
            self._thread = Thread(target=self._watch, name="librarian", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Stop, after the one rating that is being written."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self.glance_seconds):
            try:
                self._upkeep.tick(self._insist_on_going_on)
            except ShuttingDown:
                return
            except EncoreError as error:
                _log.warning("Keeping the library in step waits: %s", error.message)
            except Exception:  # noqa: BLE001  # a thread has nobody above it, and must go on
                _log.exception("Keeping the library in step met a fault")

    def _insist_on_going_on(self, _step: Step, /) -> None:
        if self._stop.is_set():
            raise ShuttingDown("Encore is shutting down; what is left is done when it is back.")
