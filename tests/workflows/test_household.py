"""A household is open while a block runs, at the right tables, and trains one run at a time."""

from pathlib import Path
from threading import Barrier, Thread

import pytest

from app.backend.domain.errors import DatabaseTooNew, NotFound, SettingsInvalid
from app.backend.domain.progress import Step, silent
from app.backend.domain.runs import Order, Run
from app.backend.store import reads, runs, versions
from app.backend.workflows import demo
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.jobs import ask_for_run
from app.backend.workflows.steps import SENTENCES
from tests.workflows.evenings import Ticking, live


def test_opening_makes_the_tables(empty_database_url: str, tmp_path: Path) -> None:
    """A first start needs nothing prepared, and a second one finds what the first left."""
    for _ in range(2):
        with (
            open_household(empty_database_url, tmp_path / "models", Ticking()) as household,
            household.database.reading() as session,
        ):
            assert reads.is_empty(session)


def test_a_database_that_cannot_be_used_is_not_opened(tmp_path: Path) -> None:
    """The error that opening met comes through, for another kind and for a newer one."""
    with (
        pytest.raises(SettingsInvalid),
        open_household("mysql://home/encore", tmp_path, Ticking()),
    ):
        pass
    url = f"sqlite:///{tmp_path / 'encore.db'}"
    with (
        open_household(url, tmp_path, Ticking()) as household,
        household.database.writing() as session,
    ):
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '99'")
    with pytest.raises(DatabaseTooNew), open_household(url, tmp_path, Ticking()):
        pass


def test_a_trainer_whose_run_was_erased_publishes_nothing(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Where all is started over meanwhile, the old trainer is told so and the new run is safe."""
    assert small_library.counts.added
    live(household, clock, 8, lambda _pick, mood: mood == "funny")
    begun: list[Run] = []

    def start_over(step: Step, /) -> None:
        if step.name == SENTENCES["gate"]:
            with household.database.writing() as session:
                demo.start_over(session)
            begun.append(ask_for_run(household.database, Order(2), clock)[0])

    with pytest.raises(NotFound, match="erased while it ran"):
        household.train(1, start_over)
    with household.database.reading() as session:
        assert runs.read_runs(session, 5) == begun
        assert versions.read_versions(session, 5) == []


def test_two_who_train_at_once_share_one_run(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Of two threads that ask at the same moment one trains, and both are told of that run."""
    assert small_library.counts.added
    live(household, clock, 12, lambda _pick, mood: mood == "funny")
    ready, answers = Barrier(2), list[tuple[Run, bool]]()

    def train(seed: int) -> None:
        ready.wait()
        answers.append(household.train(seed, silent))

    threads = [Thread(target=train, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with household.database.reading() as session:
        known = runs.read_runs(session, 5)
    assert len(answers) == 2
    assert {run.id for run, _ in answers} <= {run.id for run in known}
    assert all(run.state != "running" for run in known)
    assert sum(run.state == "kept" for run in known) == 1
