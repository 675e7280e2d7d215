"""Trains beside the requests: one run at a time, in a thread of its own."""

import logging
from dataclasses import dataclass, field
from threading import Thread

from app.backend.domain.progress import silent
from app.backend.domain.runs import Run
from app.backend.workflows import learn
from app.backend.workflows.household import Household

_log = logging.getLogger(__name__)

DEFAULT_SEED = 0


@dataclass(frozen=True, slots=True)
class Trainer:
    """Starts training and returns at once."""

    household: Household
    _threads: list[Thread] = field(default_factory=list)

    def start(self, seed: int = DEFAULT_SEED) -> tuple[Run, bool]:
        """Start a run, or find the one under way; say whether it is new."""
        house = self.household
        run, is_new = learn.start(house.database, house.clock, seed)
        if is_new:
            name = f"training-{run.id}"
            thread = Thread(target=self._carry_out, args=(run,), name=name, daemon=True)
            self._threads[:] = [one for one in self._threads if one.is_alive()] + [thread]
            thread.start()
        return run, is_new

    def finish(self) -> None:
        """Wait for the run under way: closing the database under it would lose its verdict."""
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _carry_out(self, run: Run) -> None:
        house = self.household
        try:
            learn.learn(house.database, house.shelf, run, house.clock, silent)
        except Exception:  # noqa: BLE001  # a thread has nobody above it; the run says so too
            _log.exception("Training run %d ended with a fault", run.id)
