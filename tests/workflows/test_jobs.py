"""Training is queued when it is due: after so much feedback, and once a night."""

from datetime import UTC, datetime, time, timedelta

import pytest

from app.backend.domain.errors import NotFound, RunEnded
from app.backend.domain.evening import Verdict
from app.backend.domain.progress import silent
from app.backend.domain.runs import Order, Run
from app.backend.store import runs
from app.backend.workflows.feedback import rate
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.jobs import ask_for_run, cancel, queue_if_night
from app.backend.workflows.training_options import Schedule
from tests.workflows.evenings import Ticking, ask

NIGHTLY = Schedule(nightly_at=time(3, 30))


def say(household: Household, clock: Ticking, count: int, schedule: Schedule) -> list[Run]:
    """Rate so many picks, and return the runs there are afterwards."""
    for _ in range(count):
        clock.advance(days=61)
        pick = ask(household).picks[0]
        verdict = Verdict(pick.recommendation_id, 5, would_watch_again=True)
        with household.database.writing() as session:
            rate(session, verdict, clock, schedule)
            rate(session, verdict, clock, schedule)
    with household.database.reading() as session:
        return runs.read_runs(session, 9)


def test_enough_new_feedback_queues_one_run(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Not before, and no second one while it waits; the same verdict again counts once."""
    assert small_library.counts.added
    schedule = Schedule(after_feedbacks=3)
    assert say(household, clock, 2, schedule) == []
    queued = say(household, clock, 1, schedule)
    assert [(run.state, run.trigger) for run in queued] == [("queued", "feedback")]
    assert len(say(household, clock, 4, schedule)) == 1


def test_what_a_run_has_read_is_no_longer_new(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Counting begins again with each run, also with one that was skipped."""
    assert small_library.counts.added
    schedule = Schedule(after_feedbacks=3)
    say(household, clock, 3, schedule)
    run, _ = household.train(0, silent)
    assert (run.state, run.trigger) == ("skipped", "feedback")
    assert len(say(household, clock, 2, schedule)) == 1
    assert len(say(household, clock, 1, schedule)) == 2


def test_without_a_schedule_nothing_is_queued(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """However much is said."""
    assert small_library.counts.added
    assert say(household, clock, 12, Schedule()) == []
    assert queue_if_night(household.database, Schedule(), clock) is None


def at(clock: Ticking, days: int, time_of_day: time) -> None:
    """Let it be a time of day so many days from now."""
    clock.now = datetime.combine(clock.now.date() + timedelta(days=days), time_of_day, tzinfo=UTC)


def test_a_night_queues_one_run(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """For what was said before it, and once, however often one looks."""
    assert small_library.counts.added
    assert queue_if_night(household.database, NIGHTLY, clock) is None
    say(household, clock, 1, Schedule())
    assert queue_if_night(household.database, NIGHTLY, clock) is None
    at(clock, 1, time(3, 29))
    assert queue_if_night(household.database, NIGHTLY, clock) is None
    at(clock, 0, time(3, 30))
    first = queue_if_night(household.database, NIGHTLY, clock)
    assert first is not None
    assert first.trigger == "night"
    household.train(0, silent)
    assert queue_if_night(household.database, NIGHTLY, clock) is None
    at(clock, 1, time(3, 31))
    assert queue_if_night(household.database, NIGHTLY, clock) is None
    say(household, clock, 1, Schedule())
    at(clock, 1, time(3, 31))
    assert queue_if_night(household.database, NIGHTLY, clock) is not None


def test_nights_that_were_slept_through_are_made_up_for_once(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """The machine was off for a week: one run, at whatever hour it is on again."""
    assert small_library.counts.added
    say(household, clock, 1, Schedule())
    at(clock, 8, time(14, 0))
    assert queue_if_night(household.database, NIGHTLY, clock) is not None
    household.train(0, silent)
    at(clock, 0, time(14, 5))
    assert queue_if_night(household.database, NIGHTLY, clock) is None


def test_a_night_that_failed_is_not_repeated_at_once(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """What was said is still new, but the night has had its run; the next one tries again."""
    assert small_library.counts.added
    say(household, clock, 1, Schedule())
    at(clock, 1, time(4, 0))
    run = queue_if_night(household.database, NIGHTLY, clock)
    assert run is not None
    cancel(household.database, run.id, clock)
    assert queue_if_night(household.database, NIGHTLY, clock) is None
    at(clock, 1, time(4, 0))
    assert queue_if_night(household.database, NIGHTLY, clock) is not None


def test_only_a_run_that_is_not_over_can_be_cancelled(household: Household) -> None:
    """One that waits is over at once; again, or one that never was, is an error with a name."""
    run, _ = ask_for_run(household.database, Order(), household.clock)
    assert cancel(household.database, run.id, household.clock).state == "cancelled"
    with pytest.raises(RunEnded, match="cancelled"):
        cancel(household.database, run.id, household.clock)
    with pytest.raises(NotFound):
        cancel(household.database, run.id + 1, household.clock)


def test_nothing_changed_is_trained_all_the_same_where_that_is_wished(
    trained_demo: Household,
) -> None:
    """Otherwise it is skipped, and says how to have it."""
    skipped, _ = trained_demo.train(0, silent)
    assert "--anew" in (skipped.reason or "")
    forced, _ = trained_demo.train(0, silent, anew=True)
    assert forced.state in {"promoted", "kept"}
