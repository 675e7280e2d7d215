"""A run is carried out by a process of its own; whatever becomes of that, the run says so."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.backend.domain.progress import Step, silent
from app.backend.domain.runs import Order, Run
from app.backend.store import jobs, runs, versions
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.jobs import ask_for_run, cancel, claim
from app.backend.workflows.steps import SENTENCES
from app.backend.workflows.supervisor import Supervisor
from app.backend.workflows.training_child import LOST, MODULE, ORPHANED, Child, spawn
from app.backend.workflows.training_options import Limits, TrainingOptions
from tests.workflows.evenings import Ticking, live
from tests.workflows.test_learn import has_its_own_moods

PATIENCE_SECONDS = 60.0


@pytest.fixture
def lived(household: Household, small_library: Imported, clock: Ticking) -> Household:
    """A household with thirty evenings, on both kinds of database."""
    assert small_library.counts.added
    live(household, clock, 30, has_its_own_moods)
    return household


def limited(household: Household, **limits: Any) -> Supervisor:  # noqa: ANN401  # of any kind
    """Return a supervisor that allows a process only so much."""
    options = TrainingOptions(limits=replace(Limits(), **limits))
    return replace(household, training=options).supervisor()


def children() -> list[int]:
    """Return the training processes that this process started."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            said = path.joinpath("cmdline").read_bytes().decode()
        except OSError:
            continue
        if parent == os.getpid() and MODULE in said:
            found.append(int(path.name))
    return found


def at_step(step: str, do: Callable[[], object]) -> Callable[[Step], None]:
    """Return a progress that does something once, when a step begins."""
    done: list[object] = []

    def show(told: Step, /) -> None:
        if told.name == SENTENCES[step] and not done:
            done.append(do())

    return show


def read(household: Household, run_id: int) -> Run:
    """Read a run that exists."""
    with household.database.reading() as session:
        found = runs.read_run(session, run_id)
    assert found is not None
    return found


def eventually(happens: Callable[[], bool]) -> None:
    """Wait until something happens."""
    last = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < last, "it did not happen"
        time.sleep(0.02)


@contextmanager
def started(household: Household, run: Run) -> Iterator[Child]:
    """Start a process for a run that was claimed, and end it at the end."""
    with tempfile.TemporaryFile() as log:
        child = spawn(household.database, household.shelf, run, TrainingOptions(), log)
        try:
            yield child
        finally:
            child.kill()


def claimed(household: Household) -> Run:
    """Ask for a run and take it."""
    ask_for_run(household.database, Order(), household.clock)
    run = claim(household.database, "test", household.clock)
    assert run is not None
    return run


def let_lapse(household: Household) -> None:
    """Let the lease of whoever trains have run out."""
    with household.database.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE training_runs SET lease_until = '2020-01-01 00:00:00' WHERE turn = 1"
        )


def test_a_process_trains_and_its_version_serves(lived: Household) -> None:
    """What it tells is shown step by step, and the next request is answered by its version."""
    told: list[str] = []
    ask_for_run(lived.database, Order(3), lived.clock)
    run = lived.supervisor().next_run(lambda step: told.append(step.name))
    assert run is not None
    assert run.state in {"promoted", "kept"}
    assert [step["name"] for step in run.steps] == list(SENTENCES)
    assert all(step["seconds"] >= 0 for step in run.steps)
    assert set(told) <= set(SENTENCES.values())
    assert told
    assert children() == []
    with lived.database.reading() as session:
        assert versions.read_version(session, str(run.model_version)) is not None


def test_without_a_run_nothing_is_carried_out(household: Household) -> None:
    """Nobody asked: a tick does nothing."""
    assert not household.supervisor().tick()
    assert household.supervisor().next_run(silent) is None


def test_a_killed_process_is_tried_again(lived: Household) -> None:
    """The first attempt's end is kept with its reason, and the second one succeeds."""
    ask_for_run(lived.database, Order(), lived.clock)

    def kill() -> None:
        for pid in children():
            os.kill(pid, signal.SIGKILL)

    supervisor = lived.supervisor()
    first = supervisor.next_run(at_step("ingest", kill))
    assert first is not None
    assert (first.state, first.attempt) == ("queued", 1)
    assert "signal 9" in first.failures[0]["reason"]
    second = supervisor.next_run(silent)
    assert second is not None
    assert second.state in {"promoted", "kept"}
    assert (second.id, second.attempt, len(second.failures)) == (first.id, 2, 1)


def test_a_cancelled_run_ends_its_process(lived: Household) -> None:
    """From the request on it is over, and its process is gone before the next run begins."""
    run, _ = ask_for_run(lived.database, Order(), lived.clock)
    stop = at_step("ingest", lambda: cancel(lived.database, run.id, lived.clock))
    ended = lived.supervisor().next_run(stop)
    assert ended is not None
    assert ended.state == "cancelled"
    assert children() == []
    with lived.database.reading() as session:
        assert versions.read_versions(session) == []


def test_what_takes_too_long_is_ended_for_good(lived: Household) -> None:
    """An attempt that is out of time is not repeated; the reason names the setting."""
    ask_for_run(lived.database, Order(), lived.clock)
    ended = limited(lived, seconds=0.1).next_run(silent)
    assert ended is not None
    assert (ended.state, ended.attempt) == ("failed", 1)
    assert "ENCORE_TRAINING_SECONDS" in (ended.reason or "")
    assert children() == []


def test_what_asks_for_too_much_memory_is_ended_for_good(lived: Household) -> None:
    """It does not take others down with it, and is not repeated; the reason names the setting."""
    ask_for_run(lived.database, Order(), lived.clock)
    ended = limited(lived, memory_mb=1).next_run(silent)
    assert ended is not None
    assert (ended.state, ended.attempt) == ("failed", 1)
    assert "ENCORE_TRAINING_MEMORY_MB" in (ended.reason or "")


def test_a_stopped_server_leaves_the_run_to_the_next(lived: Household) -> None:
    """It is queued again, and whoever starts next carries it out."""
    ask_for_run(lived.database, Order(), lived.clock)
    supervisor = lived.supervisor()

    def stop() -> None:
        supervisor.is_stopping = True

    first = supervisor.next_run(at_step("ingest", stop))
    assert first is not None
    assert first.state == "queued"
    second = lived.supervisor().next_run(silent)
    assert second is not None
    assert second.state in {"promoted", "kept"}


def test_a_process_that_hangs_loses_its_run(lived: Household) -> None:
    """One that gives no sign of life is ended and its run tried again."""
    ask_for_run(lived.database, Order(), lived.clock)

    def hang() -> None:
        for pid in children():
            os.kill(pid, signal.SIGSTOP)
        let_lapse(lived)

    first = lived.supervisor().next_run(at_step("ingest", hang))
    assert first is not None
    assert (first.state, first.attempt) == ("queued", 1)
    # One that stopped in the midst of a transaction keeps the database from answering.
    told = ("It gave no sign of life.", "The database did not answer while it trained.")
    assert first.failures[0]["reason"] in told
    assert children() == []


def test_a_paused_trainer_that_wakes_up_late_publishes_nothing(lived: Household) -> None:
    """Another attempt has ended the run meanwhile: there is one version, and it is not changed."""
    run = claimed(lived)
    with started(lived, run) as zombie:
        # Between two steps it holds no transaction, which on SQLite would keep everybody waiting.
        eventually(lambda: read(lived, run.id).step == "evaluate")
        time.sleep(0.1)
        os.kill(zombie.process.pid, signal.SIGSTOP)
        let_lapse(lived)
        ended = lived.supervisor().next_run(silent)
        assert ended is not None
        assert (ended.attempt, ended.is_active) == (2, False)
        os.kill(zombie.process.pid, signal.SIGCONT)
        assert zombie.wait(PATIENCE_SECONDS) in {0, LOST}
    assert read(lived, run.id) == ended
    with lived.database.reading() as session:
        assert len(versions.read_versions(session)) == 1
        assert len(versions.read_ledger(session)) <= 1


def test_a_process_ends_with_whoever_started_it(lived: Household) -> None:
    """Where its input ends it is alone, and goes; the run is there for the next."""
    run = claimed(lived)
    with started(lived, run) as child:
        eventually(lambda: read(lived, run.id).step != "")
        os.kill(child.process.pid, signal.SIGSTOP)
        child.close()
        os.kill(child.process.pid, signal.SIGCONT)
        assert child.wait(PATIENCE_SECONDS) in {ORPHANED, 0}


def test_a_process_for_a_run_that_is_lost_does_nothing(lived: Household) -> None:
    """Its attempt was overtaken before it began."""
    late = claimed(lived)
    let_lapse(lived)
    taken = claim(lived.database, "other", lived.clock)
    assert taken is not None
    with started(lived, late) as child:
        assert child.wait(PATIENCE_SECONDS) == LOST
    with lived.database.reading() as session:
        assert jobs.holds(session, taken.hold)


def test_of_two_supervisors_one_carries_the_run_out(lived: Household) -> None:
    """The other finds nothing to do, and there is one version."""
    ask_for_run(lived.database, Order(), lived.clock)
    carried: list[Run | None] = []
    threads = [
        Thread(target=lambda: carried.append(lived.supervisor().next_run(silent))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(run is not None for run in carried) == 1
    with lived.database.reading() as session:
        assert len(versions.read_versions(session)) == 1
