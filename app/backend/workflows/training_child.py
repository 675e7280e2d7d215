"""A process that trains, as whoever started it sees it."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from app.backend.domain.runs import Run
from app.backend.store.session import Database
from app.backend.workflows.serving import Shelf
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
