"""A run carried out in a process of its own, so that serving never suffers from it.

`python -m app.backend.workflows.training_process` reads its order as one line of JSON and stays
until the run is over, or until whoever started it is gone: then its input ends, and so does it.
"""

import json
import os
import resource
import sys
import threading
from contextlib import suppress
from pathlib import Path

from app.backend.domain.clock import system_clock
from app.backend.domain.errors import EncoreError
from app.backend.domain.progress import silent
from app.backend.domain.runs import Run
from app.backend.store import runs
from app.backend.store.session import Database, open_database
from app.backend.workflows.learn import learn
from app.backend.workflows.serving import Shelf
from app.backend.workflows.tracking import track
from app.backend.workflows.training_child import LOST, ORPHANED, OUT_OF_MEMORY, Errand
from app.backend.workflows.training_options import BEAT_SECONDS


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
