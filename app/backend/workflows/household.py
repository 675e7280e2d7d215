"""One household, open for business: its database at the right tables, its shelf of models."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.backend.domain.clock import Clock
from app.backend.domain.progress import Progress
from app.backend.domain.runs import Order, Run
from app.backend.store import reads
from app.backend.store.schema import upgrade
from app.backend.store.session import Database, open_database
from app.backend.workflows import demo
from app.backend.workflows.jobs import train_here
from app.backend.workflows.serving import Shelf
from app.backend.workflows.supervisor import Supervisor
from app.backend.workflows.training_options import TrainingOptions


@dataclass(frozen=True, slots=True)
class Household:
    """What every face works with."""

    database: Database
    shelf: Shelf
    clock: Clock
    training: TrainingOptions = field(default_factory=TrainingOptions)

    @property
    def folder(self) -> Path:
        """Where the household keeps files: keys, posters, and what is being read."""
        return self.shelf.folder.parent

    def train(self, seed: int, progress: Progress, *, anew: bool = False) -> tuple[Run, bool]:
        """Train in this process, or return the run under way; say whether this call trained.

        With `anew`, also where nothing changed since the last run.
        """
        order = Order(seed, is_forced=anew)
        return train_here(self.database, self.shelf, order, self.clock, progress)

    def supervisor(self) -> Supervisor:
        """Return what carries runs out in processes of their own."""
        return Supervisor(self.database, self.shelf, self.clock, self.training)


@contextmanager
def open_household(
    database_url: str, models_dir: Path, clock: Clock, training: TrainingOptions | None = None
) -> Iterator[Household]:
    """Open a household's database, bring its tables up to date, and close it at the end."""
    database = open_database(database_url)
    try:
        upgrade(database)
        yield Household(database, Shelf(models_dir), clock, training or TrainingOptions())
    finally:
        database.close()


def set_up_demo(household: Household, progress: Progress, *, reset: bool) -> demo.Demo | None:
    """Fill a household that has nothing with the demo and train; `None` where it has something.

    With `reset`, what it has is forgotten first.
    """
    made = live_demo(household, progress, reset=reset)
    if made is not None:
        household.train(demo.SEED, progress)
    return made


def live_demo(household: Household, progress: Progress, *, reset: bool) -> demo.Demo | None:
    """Do what `set_up_demo` does, but leave the training to whoever asks for it."""
    with household.database.writing() as session:
        if reset:
            demo.start_over(session)
        elif not reads.is_empty(session):
            return None
        return demo.set_up_demo(session, household.clock, progress)
