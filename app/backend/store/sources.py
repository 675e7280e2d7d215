"""The sources that are read again and again, and whose accounts are whose; callers commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.backend.domain.errors import Conflict, NotFound
from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.session import take_turns
from app.backend.store.source_items import leave, titles_of
from app.backend.store.source_tables import (
    HistoryEntryRow,
    Playback,
    Source,
    SourceItemRow,
    SourcePerson,
    WithheldTitle,
    WrittenRating,
)
from app.backend.store.tables import Member

# A folder that is read once keeps its titles under the word of its kind.
_WORDS: Final = {"nfo": "folder"}


@dataclass(frozen=True, slots=True)
class ConnectedSource:
    """A source as `Source` keeps it; `libraries` is empty where all are read."""

    id: int
    name: str
    kind: str
    address: str
    server_id: str
    server_name: str
    libraries: tuple[str, ...]
    link: str | None
    every_hours: int | None
    writes_ratings: bool
    read_until: datetime | None
    completed_at: datetime | None
    synced_at: datetime | None
    due_at: datetime | None
    asks: Mapping[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """An account of a media server, and the member that it belongs to."""

    user_id: str
    user_name: str
    member_id: int
    member: str
    read_until: datetime | None


def read_sources(session: Session) -> list[ConnectedSource]:
    """Read all sources, the oldest first."""
    return [_facts(row) for row in session.scalars(select(Source).order_by(Source.id))]


def read_source(session: Session, source_id: int) -> ConnectedSource:
    """Read one source.

    Raises
    ------
    NotFound
        Where there is none of that number.
    """
    return _facts(_held(session, source_id))


def add_source(session: Session, values: Mapping[str, Any], at: datetime) -> ConnectedSource:
    """Add a source under a name that no titles have yet, or only its own former ones.

    Raises
    ------
    Conflict
        Where the address is connected already.
    """
    take_turns(session, "sources")
    query = select(Source.name).where(
        Source.kind == values["kind"], Source.address == values["address"]
    )
    if session.scalar(query) is not None:
        raise Conflict(f"{values['address']} is connected already; change it instead.")
    taken = set(session.scalars(select(Source.name)))
    word = _WORDS.get(values["kind"], values["kind"])
    names = (word, *(f"{word}_{number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    row = Source(**values, name=name, created_at=at, due_at=at)
    session.add(row)
    session.flush()
    return _facts(row)


def change_source(session: Session, source_id: int, values: Mapping[str, Any]) -> ConnectedSource:
    """Change some of what is kept of a source."""
    row = _held(session, source_id)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return _facts(row)


def remove_source(session: Session, source_id: int, at: datetime) -> int:
    """Forget a source and what its accounts did; its titles leave the shelf. Say how many."""
    row = _held(session, source_id)
    take_turns(session, "library")
    for told in (HistoryEntryRow, Playback):
        session.execute(delete(told).where(told.source == row.name))
    for table in (WithheldTitle, WrittenRating, SourceItemRow, SourcePerson):
        session.execute(delete(table).where(table.source_id == source_id))
    removed = leave(session, row.name, titles_of(session, row.name), at)
    session.delete(row)
    session.flush()
    return removed


def read_people(session: Session, source_id: int) -> list[Person]:
    """Read whose accounts of a source are known, by the names of the members."""
    query = (
        select(SourcePerson, Member.name)
        .join(Member, Member.id == SourcePerson.member_id)
        .where(SourcePerson.source_id == source_id, Member.left_at.is_(None))
        .order_by(Member.name)
    )
    return [
        Person(row.user_id, row.user_name, row.member_id, name, row.read_until)
        for row, name in session.execute(query)
    ]


def write_people(session: Session, source_id: int, people: Sequence[tuple[str, str, int]]) -> None:
    """Say which accounts belong to whom: account id, its name, member id; of others, forget all."""
    row = _held(session, source_id)
    before = {one.user_id: one for one in read_people(session, source_id)}
    kept = {
        user for user, _, member in people if user in before and before[user].member_id == member
    }
    gone = [one.member_id for user, one in before.items() if user not in kept]
    of_source = SourcePerson.source_id == source_id
    session.execute(delete(SourcePerson).where(of_source, SourcePerson.user_id.not_in(kept)))
    _forget_people(session, row, gone)
    session.add_all(
        SourcePerson(source_id=source_id, user_id=user, user_name=name[:200], member_id=member)
        for user, name, member in people
        if user not in kept
    )
    session.flush()
    advance(session, VIEWINGS)


def person_read(session: Session, source_id: int, user_id: str, until: datetime | None) -> None:
    """Note until when an account's doings were read; nothing has them read as a whole."""
    session.execute(
        update(SourcePerson)
        .where(SourcePerson.source_id == source_id, SourcePerson.user_id == user_id)
        .values(read_until=until)
        .execution_options(synchronize_session=False)
    )


def _forget_people(session: Session, source: Source, member_ids: Sequence[int]) -> None:
    session.execute(
        delete(WithheldTitle).where(
            WithheldTitle.source_id == source.id, WithheldTitle.member_id.in_(member_ids)
        )
    )
    for told in (HistoryEntryRow, Playback):
        session.execute(
            delete(told).where(told.source == source.name, told.member_id.in_(member_ids))
        )


def _held(session: Session, source_id: int) -> Source:
    found = session.get(Source, source_id)
    if found is None:
        raise NotFound(f"There is no source {source_id}.")
    return found


def _facts(row: Source) -> ConnectedSource:
    return ConnectedSource(
        id=row.id,
        name=row.name,
        kind=row.kind,
        address=row.address,
        server_id=row.server_id,
        server_name=row.server_name,
        libraries=tuple(row.libraries or ()),
        link=row.link,
        every_hours=row.every_hours,
        writes_ratings=row.writes_ratings,
        read_until=row.read_until,
        completed_at=row.completed_at,
        synced_at=row.synced_at,
        due_at=row.due_at,
        asks=row.asks,
        created_at=row.created_at,
    )
