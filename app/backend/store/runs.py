"""Reads of runs and their events, and the writing of events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.backend.domain.runs import Hold, Run, RunEvent
from app.backend.store.source_tables import HistoryEntryRow
from app.backend.store.tables import Feedback, TrainingEvent, TrainingRun


def read_run(session: Session, run_id: int) -> Run | None:
    """Read one run."""
    row = session.get(TrainingRun, run_id, populate_existing=True)
    return None if row is None else run_of(row)


def read_runs(session: Session, most: int) -> list[Run]:
    """Read the latest runs, the newest first."""
    query = select(TrainingRun).order_by(TrainingRun.id.desc()).limit(most)
    return [run_of(row) for row in session.scalars(query)]


def last_finished_run(session: Session) -> Run | None:
    """Read the newest run that came to a verdict."""
    query = (
        select(TrainingRun)
        .where(TrainingRun.data_fingerprint.is_not(None), TrainingRun.comparison.is_not(None))
        .order_by(TrainingRun.id.desc())
        .limit(1)
    )
    row = session.scalar(query)
    return None if row is None else run_of(row)


def last_asked_for(session: Session, trigger: str | None = None) -> Run | None:
    """Read the newest run, or the newest that a trigger asked for."""
    query = select(TrainingRun).order_by(TrainingRun.id.desc()).limit(1)
    if trigger is not None:
        query = query.where(TrainingRun.trigger == trigger)
    row = session.scalar(query)
    return None if row is None else run_of(row)


def new_feedback(session: Session, most: int) -> int:
    """Count the feedback that no run has read yet, and stop counting at `most`."""
    found = select(Feedback.id).where(Feedback.id > _read_until(session)).limit(most).subquery()
    return int(session.scalar(select(func.count()).select_from(found)) or 0)


def has_new_feedback(session: Session, before: datetime) -> bool:
    """Say whether there is feedback from before a moment that no run has read yet."""
    new = Feedback.id > _read_until(session)
    query = select(Feedback.id).where(new, Feedback.created_at < before).limit(1)
    return session.scalar(query) is not None


def new_ratings(session: Session, most: int, before: datetime | None = None) -> int:
    """Count the ratings from elsewhere that no run can have read, and stop counting at `most`.

    With a moment: those that were noted before it.
    """
    read = select(func.max(TrainingRun.started_at)).where(TrainingRun.last_feedback_id.is_not(None))
    until = session.scalar(read)
    entry = HistoryEntryRow
    query = select(entry.id).where(entry.rating.is_not(None), entry.media_id.is_not(None))
    if until is not None:
        query = query.where(entry.noted_at > until)
    if before is not None:
        query = query.where(entry.noted_at < before)
    found = query.limit(most).subquery()
    return int(session.scalar(select(func.count()).select_from(found)) or 0)


def newest_feedback(session: Session) -> int:
    """Return the id of the newest feedback; 0 where there is none."""
    return int(session.scalar(select(func.max(Feedback.id))) or 0)


def write_event(
    session: Session, hold: Hold, at: datetime, kind: str, step: str, data: Mapping[str, Any]
) -> None:
    """Note one sign of life of a run."""
    session.add(
        TrainingEvent(
            run_id=hold.run_id, attempt=hold.attempt, at=at, kind=kind, step=step, data=dict(data)
        )
    )
    session.flush()


def read_events(session: Session, run_id: int, after: int, most: int) -> list[RunEvent]:
    """Read a run's events later than one, the oldest first."""
    query = (
        select(TrainingEvent)
        .where(TrainingEvent.run_id == run_id, TrainingEvent.id > after)
        .order_by(TrainingEvent.id)
        .limit(most)
    )
    return [_event(row) for row in session.scalars(query)]


def last_event(session: Session, run_id: int, kind: str) -> RunEvent | None:
    """Read the newest event of a kind that a run has."""
    of_it = (TrainingEvent.run_id == run_id, TrainingEvent.kind == kind)
    query = select(TrainingEvent).where(*of_it).order_by(TrainingEvent.id.desc()).limit(1)
    row = session.scalar(query)
    return None if row is None else _event(row)


def _event(row: TrainingEvent) -> RunEvent:
    return RunEvent(row.id, row.run_id, row.attempt, row.at, row.kind, row.step, row.data)


def _read_until(session: Session) -> int:
    return session.scalar(select(func.max(TrainingRun.last_feedback_id))) or 0


def run_of(row: TrainingRun) -> Run:
    """Return a row as the run that it tells of."""
    return Run(
        id=row.id,
        state=row.state,
        step=row.step,
        seed=row.seed,
        requested_at=row.requested_at or row.started_at,
        started_at=row.started_at if row.attempt else None,
        finished_at=row.finished_at,
        trigger=row.trigger,
        is_forced=row.is_forced,
        attempt=row.attempt,
        failures=tuple(row.failures or ()),
        steps=tuple(row.steps or ()),
        data_fingerprint=row.data_fingerprint,
        recipe_fingerprint=row.recipe_fingerprint,
        last_feedback_id=row.last_feedback_id,
        rows_read=row.rows_read,
        rows_used=row.rows_used,
        quality=row.quality,
        comparison=row.comparison,
        model_version=row.model_version,
        reason=row.reason,
    )
