"""Training in this very process: what trains is loaded only where somebody trains."""

from app.backend.domain.clock import Clock
from app.backend.domain.progress import Progress
from app.backend.domain.runs import Run
from app.backend.store.session import Database
from app.backend.workflows.serving import Shelf


def learn_here(database: Database, shelf: Shelf, run: Run, clock: Clock, progress: Progress) -> Run:
    """Carry out a run that was claimed, to its end; see `learn`."""
    # A process that serves would be three times as large, and start seconds later, with it.
    from app.backend.workflows.learn import learn  # noqa: PLC0415

    return learn(database, shelf, run, clock, progress)
