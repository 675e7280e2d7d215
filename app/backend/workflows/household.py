"""One household, open for business: its database at the right tables, its shelf of models."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.backend.domain.clock import Clock
from app.backend.domain.progress import Progress
from app.backend.domain.runs import Run
from app.backend.store import reads
from app.backend.store.schema import upgrade
from app.backend.store.session import Database, open_database
from app.backend.workflows import demo, learn
from app.backend.workflows.serving import Shelf


@dataclass(frozen=True, slots=True)
class Household:
    """What every face works with."""

    database: Database
    shelf: Shelf
    clock: Clock

    def train(self, seed: int, progress: Progress) -> tuple[Run, bool]:
        """Train now, or return the run that is under way; say whether this call trained."""
        run, is_new = learn.start(self.database, self.clock, seed)
        if is_new:
            run = learn.learn(self.database, self.shelf, run, self.clock, progress)
        return run, is_new


@contextmanager
def open_household(database_url: str, models_dir: Path, clock: Clock) -> Iterator[Household]:
    """Open a household's database, bring its tables up to date, and close it at the end."""
    database = open_database(database_url)
    try:
        upgrade(database)
        yield Household(database, Shelf(models_dir), clock)
    finally:
        database.close()


def set_up_demo(household: Household, progress: Progress, *, reset: bool) -> demo.Demo | None:
    """Fill a household that has nothing with the demo and train; `None` where it has something.

    With `reset`, what it has is forgotten first.
    """
    with household.database.writing() as session:
        if reset:
            demo.start_over(session)
        elif not reads.is_empty(session):
            return None
        made = demo.set_up_demo(session, household.clock, progress)
    household.train(demo.SEED, progress)
    return made
