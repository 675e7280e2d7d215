"""Each time that a source was read into the library; whoever opened the session commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.backend.store.house_tables import LibraryImport
from app.backend.store.session import take_turns

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
INTERRUPTED: Final = "interrupted"
# Programs may import every hour; what came of it is of interest for a while.
MOST_KEPT: Final = 50
LONGEST_PLACE: Final = 4_096
# The counts that add up to what was read.
READ: Final = ("added", "updated", "unchanged", "duplicates", "refused")


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """One import: how far it is, what came of it, or why nothing did.

    Attributes
    ----------
    id : int
    source, place : str
        As `media.source` has it, and the file or folder; empty where a program sent titles.
    state : str
        `running`, `done`, `failed` or `interrupted`.
    read : int
        Entries read so far.
    total : int or None
        How many there are, where that is known.
    counts : mapping
        What became of them, once it is done.
    problem : str or None
        Why nothing came of it.
    started_at, finished_at : datetime
        It is not finished while there is no such moment.
    """

    id: int
    source: str
    place: str
    state: str
    read: int
    total: int | None
    counts: Mapping[str, Any]
    problem: str | None
    started_at: datetime
    finished_at: datetime | None


def read_imports(session: Session, most: int, before: int | None = None) -> list[ImportFacts]:
    """Read the last imports, the newest first, from before one on."""
    query = select(LibraryImport).order_by(LibraryImport.id.desc()).limit(most)
    if before is not None:
        query = query.where(LibraryImport.id < before)
    return [_facts(row) for row in session.scalars(query)]


def count_imports(session: Session) -> dict[str, int]:
    """Count the imports that are remembered, by their state."""
    query = select(LibraryImport.state, func.count()).group_by(LibraryImport.state)
    return {row[0]: row[1] for row in session.execute(query)}


def is_running(session: Session) -> bool:
    """Say whether an import stands as under way; whoever was killed could not note its end."""
    query = select(LibraryImport.id).where(LibraryImport.state == RUNNING).limit(1)
    return session.scalar(query) is not None


def add_import(session: Session, source: str, place: str, at: datetime) -> int:
    """Note that an import begins, and return its number; the oldest ones are forgotten."""
    row = LibraryImport(
        source=source, place=place[:LONGEST_PLACE], state=RUNNING, read=0, started_at=at
    )
    session.add(row)
    session.flush()
    oldest = select(LibraryImport.id).order_by(LibraryImport.id.desc()).offset(MOST_KEPT).limit(1)
    if (last := session.scalar(oldest)) is not None:
        session.execute(delete(LibraryImport).where(LibraryImport.id <= last))
    return row.id


def tell_progress(session: Session, number: int, read: int, total: int | None) -> None:
    """Note how far an import is."""
    _change(session, number, {"read": read, "total": total})


def finish_import(session: Session, number: int, counts: Mapping[str, Any], at: datetime) -> None:
    """Note what came of an import, in the transaction that brings its titles."""
    read = sum(int(counts.get(name, 0)) for name in READ)
    values = {"state": DONE, "read": read, "total": read, "counts": dict(counts)}
    _change(session, number, {**values, "problem": None, "finished_at": at})


def give_import_up(
    session: Session, number: int, state: str, problem: str | None, at: datetime
) -> None:
    """Note that nothing came of an import."""
    _change(session, number, {"state": state, "problem": problem, "finished_at": at})


def interrupt_imports(session: Session, at: datetime) -> int:
    """Note that whatever was under way is no more; say how many there were."""
    take_turns(session, "imports")
    found = session.execute(
        update(LibraryImport)
        .where(LibraryImport.state == RUNNING)
        .values(state=INTERRUPTED, finished_at=at)
        .execution_options(synchronize_session=False)
        .returning(LibraryImport.id)
    )
    return len(found.all())


def _change(session: Session, number: int, values: Mapping[str, Any]) -> None:
    session.execute(
        update(LibraryImport)
        .where(LibraryImport.id == number)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _facts(row: LibraryImport) -> ImportFacts:
    return ImportFacts(
        id=row.id,
        source=row.source,
        place=row.place,
        state=row.state,
        read=row.read,
        total=row.total,
        counts=row.counts or {},
        problem=row.problem,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
