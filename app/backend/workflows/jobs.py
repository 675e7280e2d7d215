"""Training as jobs: ask for a run, carry it out here, cancel it; queue one when it is due."""

from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.backend.domain.clock import Clock
from app.backend.domain.errors import NotFound, RunEnded
from app.backend.domain.progress import Progress
from app.backend.domain.runs import BY_FEEDBACK, BY_NIGHT, Order, Run
from app.backend.store import jobs, runs
from app.backend.store.session import Database
from app.backend.workflows.here import learn_here
from app.backend.workflows.preferences import effective_schedule
from app.backend.workflows.serving import Shelf
from app.backend.workflows.training_options import LEASE_SECONDS, Schedule

HERE: Final = "here"
# So many ratings from elsewhere weigh as much as one verdict here (`GlmixConfig.recalled_weight`).
RATINGS_A_FEEDBACK: Final = 4
CANCELLED_BECAUSE: Final = "Cancelled on request; what served so far goes on."


def ask_for_run(database: Database, order: Order, clock: Clock) -> tuple[Run, bool]:
    """Queue a run, or find the one that waits or is under way; say whether it is new."""
    with database.writing() as session:
        return jobs.enqueue(session, order, clock())


def train_here(
    database: Database, shelf: Shelf, order: Order, clock: Clock, progress: Progress
) -> tuple[Run, bool]:
    """Train in this process, or return the run that is under way; say whether this call trained."""
    run, _ = ask_for_run(database, order, clock)
    claimed = claim(database, HERE, clock)
    if claimed is None:
        return run, False
    return learn_here(database, shelf, claimed, clock, progress), True


def claim(database: Database, worker: str, clock: Clock) -> Run | None:
    """Take the run that waits, if there is one; the lease is renewed while it is carried out."""
    with database.reading() as session:
        if not jobs.is_waiting(session):
            return None
    with database.writing() as session:
        return jobs.claim(session, worker, LEASE_SECONDS, clock())


def cancel(database: Database, run_id: int, clock: Clock) -> Run:
    """End a run that waits or is under way; nothing that it made is published.

    Raises
    ------
    NotFound
        Where there is no such run.
    RunEnded
        Where it is over.
    """
    with database.writing() as session:
        was_active = jobs.cancel(session, run_id, CANCELLED_BECAUSE, clock())
        run = runs.read_run(session, run_id)
        if run is None:
            raise NotFound(f"There is no training run {run_id}.")
        if not was_active:
            raise RunEnded(
                f"Run {run_id} is over: {run.state}. Only a run that waits or is under way can be "
                "cancelled.",
                {"state": run.state},
            )
        runs.write_event(session, run.hold, clock(), "ended", "", {"state": run.state})
    return run


def queue_if_due(session: Session, schedule: Schedule, clock: Clock) -> Run | None:
    """Queue a run where enough was said since the last one; return it, if it is new.

    Called in the transaction that writes feedback, or ratings from elsewhere: whoever is told that
    it was kept knows that it will be learnt from.
    """
    enough = effective_schedule(session, schedule).after_feedbacks
    if not enough or not _is_enough(session, enough):
        return None
    run, is_new = jobs.enqueue(session, Order(trigger=BY_FEEDBACK), clock())
    return run if is_new else None


def queue_if_night(database: Database, schedule: Schedule, clock: Clock) -> Run | None:
    """Queue tonight's run, if it is time and something was said since the last one.

    What is said after the time of day waits for the next night. A night that was slept through is
    made up for once, however many there were.
    """
    with database.reading() as session:
        time_of_day = effective_schedule(session, schedule).nightly_at
        if time_of_day is None:
            return None
        latest = _latest(clock(), time_of_day)
        nightly = runs.last_asked_for(session, BY_NIGHT)
        is_done = nightly is not None and nightly.requested_at >= latest
        is_new = runs.has_new_feedback(session, latest) or runs.new_ratings(session, 1, latest)
        if is_done or not is_new:
            return None
    with database.writing() as session:
        run, is_new = jobs.enqueue(session, Order(trigger=BY_NIGHT), clock())
    return run if is_new else None


def _is_enough(session: Session, feedbacks: int) -> bool:
    missing = feedbacks - runs.new_feedback(session, feedbacks)
    ratings = missing * RATINGS_A_FEEDBACK
    return missing <= 0 or runs.new_ratings(session, ratings) >= ratings


def _latest(now: datetime, time_of_day: time) -> datetime:
    """Return when a time of day last was."""
    at = datetime.combine(now.date(), time_of_day, tzinfo=now.tzinfo)
    return at if at <= now else at - timedelta(days=1)
