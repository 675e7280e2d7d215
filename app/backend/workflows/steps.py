"""The steps of a training run, each told when it begins and recorded when it is done."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from app.backend.domain.clock import Clock
from app.backend.domain.progress import Progress, Step
from app.backend.domain.runs import Hold
from app.backend.store import jobs, runs
from app.backend.store.session import Database

SENTENCES: Final[Mapping[str, str]] = {
    "ingest": "Reading feedback and library",
    "check": "Checking what was read",
    "features": "Making features",
    "select": "Choosing what to train",
    "fit": "Learning from all evenings",
    "evaluate": "Comparing on later evenings",
    "artefact": "Saving the model",
    "gate": "Asking whether it may serve",
    "promote": "Deciding which model serves",
}
STEPS: Final = tuple(SENTENCES)

_log = logging.getLogger(__name__)


class RunLost(Exception):
    """The run was cancelled, or another attempt carries it out: nothing more may be written."""


@dataclass(slots=True)
class Told:
    """What a step took in, gave out and measured: plain values, filled in while it works."""

    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Recorder:
    """Tells the database, the log and whoever watches what a run is doing."""

    database: Database
    hold: Hold
    clock: Clock
    progress: Progress
    steps: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[Told]:
        """Carry out one step; its record is written when it is done.

        Raises
        ------
        RunLost
            Where the run is no longer this attempt's.
        """
        self._write("step", name, {}, {"step": name})
        self.progress(Step(SENTENCES[name], STEPS.index(name), len(STEPS)))
        told, began = Told(), time.perf_counter()
        yield told
        record = {
            "name": name,
            "seconds": round(time.perf_counter() - began, 3),
            "inputs": told.inputs,
            "outputs": told.outputs,
            "metrics": told.metrics,
        }
        self.steps.append(record)
        _log.info("Run %d, attempt %d: %s", self.hold.run_id, self.hold.attempt, record)
        self._write("done", name, record, {"steps": self.steps})

    def _write(
        self, kind: str, step: str, data: Mapping[str, Any], values: Mapping[str, Any]
    ) -> None:
        with self.database.writing() as session:
            if not jobs.change(session, self.hold, values):
                raise RunLost
            runs.write_event(session, self.hold, self.clock(), kind, step, data)
