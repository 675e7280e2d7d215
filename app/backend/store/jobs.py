"""Runs as jobs: who asks, who may carry one out and until when, and that nobody comes too late.

A lease goes by the database's clock, which all who share it share. The number of the attempt is
the fence: whoever held the run before can no longer change it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.backend.domain.clock import as_utc
from app.backend.domain.runs import (
    ACTIVE,
    CANCELLED,
    FAILED,
    MOST_ATTEMPTS,
    QUEUED,
    RUNNING,
    Hold,
    Order,
    Run,
)
from app.backend.store.runs import run_of
from app.backend.store.tables import TrainingEvent, TrainingRun

# Events tell how a run goes; of older runs the record of their steps is enough.
RUNS_WITH_EVENTS: Final = 200
_TURN: Final = 1


def enqueue(session: Session, order: Order, at: datetime) -> tuple[Run, bool]:
    """Queue a run, unless one waits or is under way; return the run, and whether it is new."""
    waiting = _active(session)
    if waiting is not None:
        return run_of(waiting), False
    row = TrainingRun(
        state=QUEUED,
        turn=_TURN,
        step="",
        seed=order.seed,
        trigger=order.trigger,
        is_forced=order.is_forced,
        attempt=0,
        requested_at=at,
        started_at=at,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        other = _active(session)
        if other is None:
            raise
        return run_of(other), False
    session.execute(delete(TrainingEvent).where(TrainingEvent.run_id <= row.id - RUNS_WITH_EVENTS))
    return run_of(row), True


def claim(session: Session, worker: str, lease_seconds: float, at: datetime) -> Run | None:
    """Take the run that waits, or one whose lease has lapsed; `None` where there is none.

    A run that was begun too often already is ended instead.
    """
    row = _active(session)
    if row is None or (row.state == RUNNING and not _has_lapsed(session, row)):
        return None
    attempt, failures = row.attempt, list(row.failures or ())
    if row.state == RUNNING:
        reason = "It gave no sign of life: the program was stopped or the machine slept."
        failures.append(_failure(attempt, at, reason))
    begins = attempt < MOST_ATTEMPTS
    values: dict[str, Any] = {"failures": failures}
    if begins:
        values |= {
            "state": RUNNING,
            "attempt": attempt + 1,
            "worker": worker[:100],
            "lease_until": moment(session) + timedelta(seconds=lease_seconds),
            "started_at": at,
            "step": "",
        }
    else:
        values |= {"state": FAILED, "turn": None, "finished_at": at, "reason": _given_up(failures)}
    if not _update(session, Hold(row.id, attempt), values, states=(row.state,)) or not begins:
        return None
    session.refresh(row)
    return run_of(row)


def renew(session: Session, hold: Hold, lease_seconds: float) -> bool:
    """Lengthen a lease; say whether the run is still this attempt's."""
    until = moment(session) + timedelta(seconds=lease_seconds)
    return _update(session, hold, {"lease_until": until})


def change(session: Session, hold: Hold, values: Mapping[str, Any]) -> bool:
    """Change a run that this attempt still holds; say whether it does."""
    return _update(session, hold, values)


def end(session: Session, hold: Hold, values: Mapping[str, Any], at: datetime) -> bool:
    """End a run that this attempt still holds; say whether it did."""
    return _update(session, hold, {**values, "turn": None, "finished_at": at})


def give_back(session: Session, hold: Hold, reason: str, at: datetime, *, again: bool) -> bool:
    """Note why an attempt failed; queue the run again, or end it; say whether it was held.

    After `MOST_ATTEMPTS` it ends whatever was wished.
    """
    row = session.get(TrainingRun, hold.run_id)
    if row is None:
        return False
    failures = [*(row.failures or ()), _failure(hold.attempt, at, reason)]
    if again and hold.attempt < MOST_ATTEMPTS:
        return _update(session, hold, {"state": QUEUED, "failures": failures, "lease_until": None})
    told = _given_up(failures) if again else reason
    return end(session, hold, {"state": FAILED, "failures": failures, "reason": told}, at)


def cancel(session: Session, run_id: int, reason: str, at: datetime) -> bool:
    """End a run that waits or is under way, whoever holds it; say whether it was active.

    Its attempt is fenced by that: nothing of it can be published any more.
    """
    values = {"state": CANCELLED, "turn": None, "finished_at": at, "reason": reason}
    found = session.execute(
        update(TrainingRun)
        .where(TrainingRun.id == run_id, TrainingRun.state.in_(ACTIVE))
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(TrainingRun.id)
    )
    return found.one_or_none() is not None


def holds(session: Session, hold: Hold) -> bool:
    """Say whether a run is under way by this attempt, and its lease has not lapsed."""
    row = session.get(TrainingRun, hold.run_id, populate_existing=True)
    if row is None or row.state != RUNNING or row.attempt != hold.attempt:
        return False
    return not _has_lapsed(session, row)


def is_waiting(session: Session) -> bool:
    """Say whether there is a run to claim; cheaper to ask than to try."""
    row = _active(session)
    return row is not None and (row.state == QUEUED or _has_lapsed(session, row))


def moment(session: Session) -> datetime:
    """Return what time it is by the database's own clock."""
    if session.get_bind().dialect.name == "postgresql":
        told: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return as_utc(told)
    spelt = session.execute(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
    return datetime.strptime(str(spelt), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)


def _active(session: Session) -> TrainingRun | None:
    query = select(TrainingRun).where(TrainingRun.turn == _TURN)
    return session.scalar(query.execution_options(populate_existing=True))


def _has_lapsed(session: Session, row: TrainingRun) -> bool:
    return row.lease_until is None or row.lease_until < moment(session)


def _update(
    session: Session, hold: Hold, values: Mapping[str, Any], states: tuple[str, ...] = (RUNNING,)
) -> bool:
    found = session.execute(
        update(TrainingRun)
        .where(
            TrainingRun.id == hold.run_id,
            TrainingRun.attempt == hold.attempt,
            TrainingRun.state.in_(states),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(TrainingRun.id)
    )
    return found.one_or_none() is not None


def _failure(attempt: int, at: datetime, reason: str) -> dict[str, object]:
    return {"attempt": attempt, "at": at.isoformat(), "reason": reason}


def _given_up(failures: list[Any]) -> str:
    return f"Given up after {len(failures)} attempts; the last one: {failures[-1]['reason']}"
