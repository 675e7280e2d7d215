"""Trains beside the requests: a thread that waits for runs, each carried out by a process."""

import logging
from dataclasses import dataclass, field
from threading import Event, Thread

from app.backend.domain.errors import EncoreError
from app.backend.domain.runs import Order, Run
from app.backend.workflows.household import Household
from app.backend.workflows.jobs import ask_for_run
from app.backend.workflows.supervisor import Supervisor

_log = logging.getLogger(__name__)

# How late a run may begin that another process queued.
GLANCE_SECONDS = 1.0


@dataclass(slots=True)
class Trainer:
    """Starts training and returns at once."""

    household: Household
    _supervisor: Supervisor = field(init=False)
    _wake: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def __post_init__(self) -> None:
        """Hire whoever carries runs out."""
        self._supervisor = self.household.supervisor()

    def begin(self) -> None:
        """Start to wait for runs."""
        self._thread = Thread(target=self._watch, name="trainer", daemon=True)
        self._thread.start()

    def start(self, order: Order) -> tuple[Run, bool]:
        """Queue a run, or find the one under way; say whether it is new."""
        run, is_new = ask_for_run(self.household.database, order, self.household.clock)
        self._wake.set()
        return run, is_new

    def finish(self) -> None:
        """Stop the run under way: it is queued again, and begun anew at the next start."""
        self._supervisor.is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._supervisor.is_stopping:
            try:
                is_busy = self._supervisor.tick()
            except EncoreError as error:
                _log.warning("Training waits: %s", error.message)
                is_busy = False
            except Exception:  # noqa: BLE001  # a thread has nobody above it, and must go on
                _log.exception("Training met a fault")
                is_busy = False
            if not is_busy:
                self._wake.wait(GLANCE_SECONDS)
                self._wake.clear()
