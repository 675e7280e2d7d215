"""Watches over training: takes the run that waits, lets a process carry it out, and tidies up."""

import logging
import os
import socket
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import EncoreError, NotFound
from app.backend.domain.progress import Progress, Step, silent
from app.backend.domain.runs import CANCELLED, Run
from app.backend.store import jobs, runs
from app.backend.store.session import Database
from app.backend.workflows.damage import set_damaged_aside
from app.backend.workflows.here import learn_here
from app.backend.workflows.jobs import claim, queue_if_night
from app.backend.workflows.retention import keep_house
from app.backend.workflows.serving import Shelf
from app.backend.workflows.steps import SENTENCES, STEPS
from app.backend.workflows.training_child import OUT_OF_MEMORY, Child, spawn
from app.backend.workflows.training_options import LEASE_SECONDS, TrainingOptions

GLANCE_SECONDS: Final = 0.2
# How long a process whose run is over may take to end by itself.
LAST_WORDS_SECONDS: Final = 10.0
# Where it tells a tracking server of the run, it may take a little longer.
TRACKING_SECONDS: Final = 90.0
# Beyond this share of its limit, a process that came to a bad end did so for its memory.
NEARLY_ALL: Final = 0.8
TOLD_BYTES: Final = 2_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with an attempt, if anything did, and whether another one may do better."""

    reason: str | None
    again: bool = True


NONE: Final = Trouble(None)
INTERRUPTED: Final = "Training was interrupted; train again."


@dataclass(slots=True)
class Supervisor:
    """Carries out the runs of one household, one at a time, each in a process of its own."""

    database: Database
    shelf: Shelf
    clock: Clock
    options: TrainingOptions
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    is_stopping: bool = False

    def tick(self) -> bool:
        """Do what is due; say whether a run was carried out."""
        set_damaged_aside(self.database, self.shelf, self.clock)
        queue_if_night(self.database, self.options.schedule, self.clock)
        return self.next_run(silent) is not None

    def next_run(self, progress: Progress) -> Run | None:
        """Carry out the run that waits, to its end; `None` where there is none."""
        run = claim(self.database, self.worker, self.clock)
        if run is None:
            return None
        if self.database.is_shared:
            self._in_a_process(run, progress)
        else:
            learn_here(self.database, self.shelf, run, self.clock, progress)
        ended = _read(self.database, run.id)
        if not ended.is_active:
            keep_house(self.database, self.shelf, self.options, self.clock)
        return ended

    def _in_a_process(self, run: Run, progress: Progress) -> None:
        with tempfile.TemporaryFile() as log:
            child = spawn(self.database, self.shelf, run, self.options, log)
            try:
                trouble = self._watched(child, run, Follower(self.database, run.id, progress))
            except BaseException:
                self._give_back(run, Trouble(INTERRUPTED, again=False))
                raise
            finally:
                child.kill()
            if trouble.reason is not None:
                _log.warning("Run %d, attempt %d: %s %s", *_ids(run), trouble.reason, _tail(log))
                self._give_back(run, trouble)

    def _give_back(self, run: Run, trouble: Trouble) -> None:
        at, reason = self.clock(), trouble.reason or ""
        with self.database.writing() as session:
            if jobs.give_back(session, run.hold, reason, at, again=trouble.again):
                told = {"reason": reason, "again": trouble.again}
                runs.write_event(session, run.hold, at, "retry", "", told)

    def _watched(self, child: Child, run: Run, follower: "Follower") -> Trouble:
        """Wait for a process; return what went wrong, if anything did."""
        began = seen = time.monotonic()
        most = 0
        while (code := child.wait(GLANCE_SECONDS)) is None:
            now, most = time.monotonic(), max(most, child.address_bytes())
            trouble = self._impatience(now - began, now - seen)
            if trouble.reason is not None:
                return trouble
            with suppress(EncoreError):
                follower.look()
                if not self._is_held(run):
                    return self._lost(child, run)
                seen = now
        follower.look()
        limit = self.options.limits.memory_mb
        is_full = limit > 0 and most > NEARLY_ALL * limit * 2**20
        if code == OUT_OF_MEMORY or (code != 0 and is_full):
            return Trouble(
                f"It asked for more memory than the {limit} MB that are allowed; allow more with "
                "ENCORE_TRAINING_MEMORY_MB.",
                again=False,
            )
        if self._is_held(run):
            return Trouble(f"The process that trained ended with {_ending(code)}.")
        return NONE

    def _impatience(self, running_seconds: float, silent_seconds: float) -> Trouble:
        """Return why a process is not waited for any longer, if that is so."""
        most = self.options.limits.seconds
        if self.is_stopping:
            return Trouble("Encore was stopped while training.")
        if running_seconds > most:
            told = (
                f"It took longer than {most:.0f} seconds; allow more with ENCORE_TRAINING_SECONDS."
            )
            return Trouble(told, again=False)
        if silent_seconds > 2 * LEASE_SECONDS:
            # A process that stopped in the midst of a transaction may be what is in the way.
            return Trouble("The database did not answer while it trained.")
        return NONE

    def _lost(self, child: Child, run: Run) -> Trouble:
        """Return what to make of a process whose run it no longer holds."""
        now = _read(self.database, run.id)
        if now.is_active and now.attempt == run.attempt:
            return Trouble("It gave no sign of life.")
        if now.state != CANCELLED:
            is_told = bool(self.options.mlflow_tracking_uri)
            self._hear_out(child, TRACKING_SECONDS if is_told else LAST_WORDS_SECONDS)
        return NONE

    def _hear_out(self, child: Child, most_seconds: float) -> None:
        """Let a process whose run is over end by itself, unless everybody goes home."""
        end = time.monotonic() + most_seconds
        while not self.is_stopping and time.monotonic() < end:
            if child.wait(GLANCE_SECONDS) is not None:
                return

    def _is_held(self, run: Run) -> bool:
        with self.database.reading() as session:
            return jobs.holds(session, run.hold)


@dataclass(slots=True)
class Follower:
    """Shows whoever watches what a run tells of itself, whoever carries it out."""

    database: Database
    run_id: int
    progress: Progress
    seen: int = 0

    def look(self) -> None:
        """Show what is new."""
        with self.database.reading() as session:
            new = runs.read_events(session, self.run_id, self.seen, 100)
        for event in new:
            self.seen = event.id
            if event.kind == "step":
                self.progress(Step(SENTENCES[event.step], STEPS.index(event.step), len(STEPS)))

    def until_the_end(self) -> Run:
        """Show what is new until the run is over, and return it.

        Raises
        ------
        NotFound
            Where it is erased meanwhile.
        """
        while (run := _read(self.database, self.run_id)).is_active:
            self.look()
            time.sleep(GLANCE_SECONDS)
        self.look()
        return run


def _read(database: Database, run_id: int) -> Run:
    with database.reading() as session:
        found = runs.read_run(session, run_id)
    if found is None:
        raise NotFound(f"The training run {run_id} was erased while it ran; train again.")
    return found


def _ids(run: Run) -> tuple[int, int]:
    return run.id, run.attempt


def _tail(log: IO[bytes]) -> str:
    end = log.seek(0, os.SEEK_END)
    log.seek(max(0, end - TOLD_BYTES))
    return log.read().decode(errors="replace").strip()


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
