"""Entries of imported histories, and what people decide of them; callers commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Integer, case, func, select
from sqlalchemy.orm import Session

from app.backend.domain.errors import NotFound
from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.history_rows import MAY_BE_MEANT, hold_histories
from app.backend.store.source_tables import HistoryEntryRow
from app.backend.store.tables import Media, Member

# What media servers tell is kept in the same table, and is not for anybody to assign.
FROM_FILES: Final = ("imdb", "letterboxd", "nfo", "trakt")

_OF_FILES: Final = HistoryEntryRow.source.in_(FROM_FILES)
_MATCHED: Final = HistoryEntryRow.media_id.is_not(None)
_UNMATCHED: Final = HistoryEntryRow.media_id.is_(None) & ~HistoryEntryRow.is_set_aside
_SET_ASIDE: Final = HistoryEntryRow.media_id.is_(None) & HistoryEntryRow.is_set_aside


@dataclass(frozen=True, slots=True)
class ImportedEntry:
    """An entry of a file, rated from 1 to 5; no member is the household."""

    id: int
    source: str
    member_id: int | None
    member: str | None
    title: str
    kind: str
    year: int | None
    ids: tuple[str, ...]
    rating: int | None
    at: datetime | None
    media_id: int | None
    is_assigned: bool
    is_set_aside: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """An entry of which somebody said what it means; no title where it means none here."""

    entry: ImportedEntry
    title: str | None
    year: int | None


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """How many entries a member has of a source; no member is the household."""

    source: str
    member_id: int | None
    member: str | None
    entries: int
    matched: int
    unmatched: int
    set_aside: int
    noted_at: datetime


def read_unmatched(
    session: Session, limit: int | None = None, after: int = 0
) -> list[ImportedEntry]:
    """Read entries of which nobody knows the title, by id; `None` is all of them."""
    return _read(session, _UNMATCHED & (HistoryEntryRow.id > after), limit)


def read_decisions(session: Session, limit: int, after: int = 0) -> list[Decision]:
    """Read entries of which somebody said what they mean, by id, and the titles that those are."""
    is_decided = HistoryEntryRow.is_assigned | HistoryEntryRow.is_set_aside
    entries = _read(session, is_decided & (HistoryEntryRow.id > after), limit)
    ids = {one.media_id for one in entries if one.media_id is not None}
    query = select(Media.id, Media.title, Media.year).where(Media.id.in_(ids))
    titles = {row.id: (row.title, row.year) for row in session.execute(query)} if ids else {}
    return [Decision(one, *titles.get(one.media_id or 0, (None, None))) for one in entries]


def read_entry(session: Session, entry_id: int) -> ImportedEntry:
    """Read an entry of a file, matched or not.

    Raises
    ------
    NotFound
        Where there is none of that id.
    """
    found = _read(session, HistoryEntryRow.id == entry_id, 1)
    if not found:
        raise _nowhere(entry_id)
    return found[0]


def read_history_facts(session: Session) -> list[HistoryFacts]:
    """Count the entries of every file's source and member."""
    query = (
        select(
            HistoryEntryRow.source,
            HistoryEntryRow.member_id,
            Member.name,
            func.count(HistoryEntryRow.id),
            _count(_MATCHED),
            _count(_UNMATCHED),
            _count(_SET_ASIDE),
            func.max(HistoryEntryRow.noted_at),
        )
        .join(Member, Member.id == HistoryEntryRow.member_id, isouter=True)
        .where(_OF_FILES)
        .group_by(HistoryEntryRow.source, HistoryEntryRow.member_id, Member.name)
        .order_by(HistoryEntryRow.source, func.coalesce(HistoryEntryRow.member_id, 0))
    )
    return [HistoryFacts(*row) for row in session.execute(query)]


def assign_entry(session: Session, entry_id: int, media_id: int) -> None:
    """Say which title an entry means; it stays so, however often it is imported.

    Raises
    ------
    NotFound
        Where there is no such entry, or no such title.
    """
    row = _held(session, entry_id)
    if session.scalar(select(Media.id).where(Media.id == media_id, MAY_BE_MEANT)) is None:
        raise NotFound(f"There is no title {media_id} in the library; choose one of its titles.")
    _decide(session, row, media_id=media_id, is_assigned=True, is_set_aside=False)


def set_entry_aside(session: Session, entry_id: int) -> None:
    """Say that an entry means no title of this household; nobody is asked for it again.

    Raises
    ------
    NotFound
        Where there is no such entry.
    """
    row = _held(session, entry_id)
    _decide(session, row, media_id=None, is_assigned=False, is_set_aside=True)


def unassign_entry(session: Session, entry_id: int) -> None:
    """Take back whichever title an entry was said to mean, or that it was set aside.

    Raises
    ------
    NotFound
        Where there is no such entry.
    """
    row = _held(session, entry_id)
    _decide(session, row, media_id=None, is_assigned=False, is_set_aside=False)


def _read(session: Session, which: ColumnElement[bool], limit: int | None) -> list[ImportedEntry]:
    query = (
        select(HistoryEntryRow, Member.name)
        .join(Member, Member.id == HistoryEntryRow.member_id, isouter=True)
        .where(which, _OF_FILES)
        .order_by(HistoryEntryRow.id)
        .limit(limit)
    )
    return [
        ImportedEntry(
            id=row.id,
            source=row.source,
            member_id=row.member_id,
            member=name,
            title=row.title,
            kind=row.kind,
            year=row.year,
            ids=tuple(row.ids),
            rating=row.rating,
            at=row.at,
            media_id=row.media_id,
            is_assigned=row.is_assigned,
            is_set_aside=row.is_set_aside,
        )
        for row, name in session.execute(query)
    ]


def _held(session: Session, entry_id: int) -> HistoryEntryRow:
    hold_histories(session)
    found = session.scalar(select(HistoryEntryRow).where(HistoryEntryRow.id == entry_id, _OF_FILES))
    if found is None:
        raise _nowhere(entry_id)
    return found


def _decide(session: Session, row: HistoryEntryRow, **values: object) -> None:
    if any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        advance(session, VIEWINGS)


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0), type_=Integer)


def _nowhere(entry_id: int) -> NotFound:
    return NotFound(f"There is no imported entry {entry_id}; look at the list of entries again.")
