"""A run carried out in a process of its own, so that serving never suffers from it.

`python -m app.backend.workflows.training_process` reads its order as one line of JSON and stays
until the run is over, or until whoever started it is gone: then its input ends, and so does it.
"""

import json
import os
import resource
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from app.backend.domain.clock import system_clock
from app.backend.domain.errors import EncoreError
from app.backend.domain.progress import silent
from app.backend.domain.runs import Run
from app.backend.store import runs
from app.backend.store.session import Database, open_database
from app.backend.workflows.learn import BEAT_SECONDS, learn
from app.backend.workflows.serving import Shelf
from app.backend.workflows.tracking import track
from app.backend.workflows.training_options import TrainingOptions

OUT_OF_MEMORY: Final = 70
LOST: Final = 71
ORPHANED: Final = 72
MODULE: Final = "app.backend.workflows.training_process"
# What the libraries of linear algebra ask for when they are loaded.
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a training process is told: where everything lies, which attempt, and its limits."""

    database_url: str
    models_dir: str
    run_id: int
    attempt: int
    memory_mb: int
    niceness: int
    mlflow_tracking_uri: str = ""


def spawn(
    database: Database, shelf: Shelf, run: Run, options: TrainingOptions, log: IO[bytes]
) -> "Child":
    """Start a process that carries out a run; what it says goes to `log`."""
    limits = options.limits
    errand = Errand(
        database_url=database.url,
        models_dir=str(shelf.folder.absolute()),
        run_id=run.id,
        attempt=run.attempt,
        memory_mb=limits.memory_mb,
        niceness=limits.niceness,
        mlflow_tracking_uri=options.mlflow_tracking_uri,
    )
    threads = dict.fromkeys(_THREADS, str(limits.threads))
    child = subprocess.Popen(  # noqa: S603  # this very program
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env={**os.environ, **threads},
        # A signal from the terminal is for whoever started it, which then ends it.
        start_new_session=True,
    )
    if child.stdin is None:
        raise RuntimeError("A process was started without an input.")
    # The order holds the password of the database, which arguments would show to everybody.
    child.stdin.write(json.dumps(asdict(errand)).encode() + b"\n")
    child.stdin.flush()
    return Child(child)


@dataclass(frozen=True, slots=True)
class Child:
    """A process that trains."""

    process: subprocess.Popen[bytes]

    def wait(self, seconds: float) -> int | None:
        """Wait so long at most; return how it ended, `None` where it has not."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once; what it has not published is lost, and nothing else."""
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Close its input."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def address_bytes(self) -> int:
        """Return how much address space it has now; 0 where the system does not say."""
        try:
            told = Path(f"/proc/{self.process.pid}/statm").read_text()
        except OSError:
            return 0
        return int(told.split()[0]) * resource.getpagesize()


def main() -> int:
    """Carry out the run that the first line of the input names."""
    errand = Errand(**json.loads(sys.stdin.buffer.readline()))
    _limit(errand)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    database = open_database(errand.database_url)
    with database.reading() as session:
        run = runs.read_run(session, errand.run_id)
    if run is None or run.attempt != errand.attempt or not run.is_active:
        return LOST
    is_over = threading.Event()
    threading.Thread(target=_end_when_lost, args=(database, run, is_over), daemon=True).start()
    try:
        shelf = Shelf(Path(errand.models_dir))
        ended = learn(database, shelf, run, system_clock, silent)
        is_over.set()
        if errand.mlflow_tracking_uri and not ended.is_active:
            track(database, shelf, ended, errand.mlflow_tracking_uri, system_clock)
    except MemoryError:
        return OUT_OF_MEMORY
    database.close()
    return 0


def _limit(errand: Errand) -> None:
    os.nice(errand.niceness)
    if errand.memory_mb:
        most = errand.memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _end_with_parent() -> None:
    # Not through `sys.stdin`, whose lock this thread would still hold when the interpreter ends.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(ORPHANED)


def _end_when_lost(database: Database, run: Run, is_over: threading.Event) -> None:
    """End the process once its attempt is no longer the one: cancelled, or taken over."""
    while not is_over.wait(BEAT_SECONDS):
        # A database that does not answer now says nothing about the run.
        with suppress(EncoreError), database.reading() as session:
            found = runs.read_run(session, run.id)
            if found is None or found.attempt != run.attempt or not found.is_active:
                os._exit(LOST)


if __name__ == "__main__":
    sys.exit(main())
