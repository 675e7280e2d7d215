"""What a database says of its own condition; nothing here changes it."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from app.backend.domain.runs import RUNNING, Run
from app.backend.store.jobs import moment
from app.backend.store.runs import run_of
from app.backend.store.session import wal_is_safe
from app.backend.store.tables import Slate, TrainingRun

MOST_FINDINGS: Final = 5


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite database; `None` where a URL names no file."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    named = parsed.database not in {None, "", ":memory:"}
    is_file = parsed.get_backend_name() == "sqlite" and named
    return Path(str(parsed.database)) if is_file else None


def is_sqlite(session: Session) -> bool:
    """Say whether the database is a file of SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def server(session: Session) -> tuple[str, int]:
    """Return the database's name with its version, and the version's first number."""
    if is_sqlite(session):
        return f"SQLite {sqlite3.sqlite_version}", sqlite3.sqlite_version_info[0]
    told = str(session.scalar(text("SHOW server_version")))
    number = int(str(session.scalar(text("SHOW server_version_num"))))
    return f"PostgreSQL {told.split(maxsplit=1)[0]}", number // 10_000


def log_is_safe() -> bool:
    """Say whether this SQLite's write-ahead log can be used."""
    return wal_is_safe(sqlite3.sqlite_version_info[:3])


def damage(session: Session) -> list[str]:
    """Return what SQLite finds wrong with its pages and indexes; nothing where they are whole."""
    found = session.scalars(text(f"PRAGMA integrity_check({MOST_FINDINGS})")).all()
    return [str(one) for one in found if one != "ok"]


def dangling(session: Session) -> list[str]:
    """Return which tables of SQLite have rows that point at rows which are not there."""
    found = session.execute(text("PRAGMA foreign_key_check")).all()
    return sorted({f"{row[0]} → {row[2]}" for row in found})


def lapsed_run(session: Session, by: timedelta) -> Run | None:
    """Return the run that is under way by its state, and whose lease is over for that long."""
    late = TrainingRun.lease_until < moment(session) - by
    row = session.scalar(select(TrainingRun).where(TrainingRun.state == RUNNING, late).limit(1))
    return None if row is None else run_of(row)


def slates_after(session: Session, at: datetime) -> int:
    """Count the slates that were asked for after a moment."""
    query = select(func.count()).select_from(Slate).where(Slate.requested_at > at)
    return int(session.scalar(query) or 0)
