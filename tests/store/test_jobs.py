"""One run at a time, a lease for whoever carries it out, and a fence against whoever did before."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.backend.domain.runs import (
    CANCELLED,
    FAILED,
    KEPT,
    MOST_ATTEMPTS,
    PROMOTED,
    QUEUED,
    RUNNING,
    Hold,
    Order,
    Run,
)
from app.backend.store import jobs, runs, writes
from app.backend.store.session import Database
from app.backend.store.tables import TrainingRun
from tests.store.test_session import in_threads
from tests.workflows.evenings import FRIDAY_EVENING

LATER = FRIDAY_EVENING + timedelta(minutes=3)
A_WHILE = 30.0
LAPSED = -1.0


def enqueue(database: Database, order: Order | None = None) -> tuple[Run, bool]:
    """Ask for a run in a transaction of its own."""
    with database.writing() as session:
        return jobs.enqueue(session, order or Order(), FRIDAY_EVENING)


def claim(database: Database, lease_seconds: float = A_WHILE) -> Run | None:
    """Take the run that waits, in a transaction of its own."""
    with database.writing() as session:
        return jobs.claim(session, "worker", lease_seconds, LATER)


def begun(database: Database, lease_seconds: float = A_WHILE) -> Run:
    """Return a run that is under way."""
    enqueue(database)
    run = claim(database, lease_seconds)
    assert run is not None
    return run


def read(database: Database, run_id: int) -> Run:
    """Read a run that exists."""
    with database.reading() as session:
        found = runs.read_run(session, run_id)
    assert found is not None
    return found


def end(database: Database, hold: Hold, **values: Any) -> bool:  # noqa: ANN401  # of any kind
    """End a run in a transaction of its own."""
    with database.writing() as session:
        return jobs.end(session, hold, values, LATER)


def test_a_second_request_finds_the_first(database: Database) -> None:
    """Whoever asks while a run waits or is under way gets that run, as it was asked for."""
    first, is_new = enqueue(database, Order(1, "night", is_forced=True))
    second, is_second_new = enqueue(database, Order(2))
    assert (is_new, is_second_new) == (True, False)
    assert second == first == read(database, first.id)
    assert (first.state, first.seed, first.trigger, first.is_forced) == (QUEUED, 1, "night", True)
    assert (first.started_at, first.requested_at, first.attempt) == (None, FRIDAY_EVENING, 0)
    run = claim(database)
    assert run is not None
    assert enqueue(database)[0] == run


def test_eight_threads_that_ask_at_once_queue_one_run(database: Database) -> None:
    """One of them is told that it is new, the others get the same run, and nobody fails."""
    answers: list[tuple[Run, bool]] = []
    in_threads(lambda number: answers.append(enqueue(database, Order(number))), count=8)
    assert len({run.id for run, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1


def test_eight_threads_that_claim_at_once_begin_one_attempt(database: Database) -> None:
    """One of them gets the run, the others nothing."""
    enqueue(database)
    taken: list[Run | None] = []
    in_threads(lambda _number: taken.append(claim(database)), count=8)
    assert sum(run is not None for run in taken) == 1


def test_the_database_itself_lets_one_run_at_a_time(database: Database) -> None:
    """A second active row is refused whoever writes it, and any number of ended ones is not."""
    row: dict[str, Any] = {"step": "", "seed": 0, "started_at": FRIDAY_EVENING}
    with database.writing() as session:
        session.add_all(TrainingRun(state=KEPT, **row) for _ in range(2))
        session.add(TrainingRun(state=RUNNING, turn=1, **row))
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(TrainingRun(state=QUEUED, turn=1, **row))


def test_nothing_is_claimed_where_nothing_waits(database: Database) -> None:
    """Neither without a run nor while another holds it nor once it is over."""
    assert claim(database) is None
    run = begun(database)
    assert claim(database) is None
    assert end(database, run.hold, state=KEPT)
    assert claim(database) is None
    with database.reading() as session:
        assert not jobs.is_waiting(session)


def test_a_lease_that_is_renewed_does_not_lapse(database: Database) -> None:
    """A sign of life in time keeps the run; without one the next who asks has it."""
    run = begun(database, LAPSED)
    with database.reading() as session:
        assert not jobs.holds(session, run.hold)
        assert jobs.is_waiting(session)
    with database.writing() as session:
        assert jobs.renew(session, run.hold, A_WHILE)
    with database.reading() as session:
        assert jobs.holds(session, run.hold)
    assert claim(database) is None


def test_whoever_lost_a_run_can_no_longer_change_it(database: Database) -> None:
    """A paused trainer that comes back neither renews nor changes nor ends nor gives back."""
    late = begun(database, LAPSED)
    taken = claim(database)
    assert taken is not None
    assert (taken.id, taken.attempt) == (late.id, 2)
    before = read(database, taken.id)
    with database.writing() as session:
        assert not jobs.renew(session, late.hold, A_WHILE)
        assert not jobs.change(session, late.hold, {"step": "fit"})
        assert not jobs.end(session, late.hold, {"state": PROMOTED}, LATER)
        assert not jobs.give_back(session, late.hold, "late", LATER, again=True)
        assert not jobs.holds(session, late.hold)
    assert read(database, taken.id) == before
    assert "no sign of life" in before.failures[0]["reason"]


def test_a_crash_is_tried_again_and_given_up_at_last(database: Database) -> None:
    """Each reason is kept; after the last attempt the run has failed, and the next may begin."""
    run = begun(database)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert run.attempt == attempt
        with database.writing() as session:
            assert jobs.give_back(session, run.hold, f"crash {attempt}", LATER, again=True)
        if attempt < MOST_ATTEMPTS:
            assert read(database, run.id).state == QUEUED
            again = claim(database)
            assert again is not None
            run = again
    ended = read(database, run.id)
    assert (ended.state, ended.finished_at) == (FAILED, LATER)
    reasons = [failure["reason"] for failure in ended.failures]
    assert reasons == [f"crash {attempt}" for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert "crash 3" in (ended.reason or "")
    assert enqueue(database)[1]


def test_what_would_only_fail_again_is_not_tried_again(database: Database) -> None:
    """Whoever gives a run back for good ends it with its reason."""
    run = begun(database)
    with database.writing() as session:
        assert jobs.give_back(session, run.hold, "too large", LATER, again=False)
    assert (read(database, run.id).state, read(database, run.id).reason) == (FAILED, "too large")


@pytest.mark.parametrize("is_under_way", [False, True])
def test_a_cancelled_run_is_over_at_once(database: Database, is_under_way: bool) -> None:
    """Whether it waited or was under way: nobody can end it otherwise, or take it."""
    run = begun(database) if is_under_way else enqueue(database)[0]
    with database.writing() as session:
        assert jobs.cancel(session, run.id, "Enough.", LATER)
    assert not end(database, run.hold, state=PROMOTED)
    assert claim(database) is None
    with database.writing() as session:
        assert not jobs.cancel(session, run.id, "Again.", LATER)
    ended = read(database, run.id)
    assert (ended.state, ended.reason, ended.finished_at) == (CANCELLED, "Enough.", LATER)


def test_the_id_of_an_erased_run_is_never_given_again(database: Database) -> None:
    """A trainer that does not know that all was erased cannot speak for the next run."""
    first = begun(database)
    with database.writing() as session:
        writes.erase_all(session)
    second = begun(database)
    assert second.id != first.id
    assert not end(database, first.hold, state=PROMOTED)


def test_events_of_old_runs_are_let_go(database: Database) -> None:
    """Of runs long ago the record of their steps is enough."""
    first = begun(database)
    with database.writing() as session:
        runs.write_event(session, first.hold, LATER, "step", "ingest", {})
        jobs.end(session, first.hold, {"state": KEPT}, LATER)
        session.execute(
            text("INSERT INTO training_runs (id, state, step, seed, started_at, attempt) VALUES "
                 "(:id, 'kept', '', 0, '2026-11-20 20:15:00', 1)"),
            {"id": first.id + jobs.RUNS_WITH_EVENTS},
        )  # fmt: skip
    with database.reading() as session:
        assert len(runs.read_events(session, first.id, 0, 9)) == 1
    if database.engine.dialect.name == "postgresql":
        with database.writing() as session:
            session.execute(
                text("SELECT setval('training_runs_id_seq', :id)"),
                {"id": first.id + jobs.RUNS_WITH_EVENTS},
            )
    enqueue(database)
    with database.reading() as session:
        assert runs.read_events(session, first.id, 0, 9) == []


def test_the_databases_clock_is_utc_and_goes_on(database: Database) -> None:
    """It tells moments with a zone, and the later one is not earlier."""
    with database.reading() as session:
        first, second = jobs.moment(session), jobs.moment(session)
    assert first.utcoffset() == timedelta(0)
    assert first <= second
