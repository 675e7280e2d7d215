"""Wrong passwords, counted where a restart does not forget them."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.backend.store.access_tables import LoginAttempts
from app.backend.store.session import WriteSession, take_turns

FORGOTTEN_AFTER = timedelta(days=1)


def blocked_until(session: Session, subject: str) -> datetime | None:
    """Return until when a subject may not try; a moment in the past where it may."""
    row = session.get(LoginAttempts, subject)
    return None if row is None else row.blocked_until


def failures(session: Session, subject: str, since: datetime) -> int:
    """Return how often a subject has failed, where it did so since a moment."""
    row = session.get(LoginAttempts, subject)
    return 0 if row is None or row.last_at < since else row.failures


def note_failure(
    session: WriteSession, subject: str, count: int, at: datetime, until: datetime
) -> None:
    """Note how often a subject has failed by now, and until when it may not try."""
    row = session.get(LoginAttempts, subject)
    if row is None:
        row = LoginAttempts(subject=subject, failures=count, last_at=at, blocked_until=until)
        session.add(row)
    row.failures, row.last_at, row.blocked_until = count, at, until
    session.flush()


def forget(session: WriteSession, subject: str) -> None:
    """Forget what a subject did wrong."""
    session.execute(delete(LoginAttempts).where(LoginAttempts.subject == subject))


def forget_old(session: WriteSession, at: datetime) -> None:
    """Forget what was long ago: strangers must not fill the table."""
    session.execute(delete(LoginAttempts).where(LoginAttempts.last_at < at - FORGOTTEN_AFTER))


def one_at_a_time(session: WriteSession) -> None:
    """Let attempts be counted one after another."""
    take_turns(session, "login attempts")
