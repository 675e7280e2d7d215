"""Syncs for the tests: a household that is connected to a fake Jellyfin, and what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select

from app.backend.domain.progress import Progress, silent
from app.backend.store.source_tables import HistoryEntryRow, SourceItemRow
from app.backend.store.tables import Media, Member, Table
from app.backend.workflows import connections, people
from app.backend.workflows.connections import ConnectedSource, Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.imports import import_here
from app.backend.workflows.sync_work import SyncWork
from tests.media_servers.fake_jellyfin import KEY, World, serve


@contextmanager
def connected(household: Household, world: World, *libraries: str) -> Iterator[ConnectedSource]:
    """Connect a fake server while it is served."""
    with serve(world) as address:
        yield connections.connect(household, Wanted("jellyfin", address, KEY, libraries))


def now(household: Household, source: ConnectedSource) -> ConnectedSource:
    """Return a source as it stands now."""
    with household.database.reading() as session:
        return connections.source(session, source.id)


def sync(
    household: Household,
    source: ConnectedSource,
    *,
    is_whole: bool = False,
    is_confirmed: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Sync a source as it stands now; return the counts."""
    work = SyncWork(now(household, source), is_whole, is_confirmed)
    return dict(import_here(household, work, progress))


def give_accounts(household: Household, source: ConnectedSource, **members: str) -> None:
    """Give accounts to members of their names, who are added where they are not there."""
    with household.database.writing() as session:
        there = set(session.scalars(select(Member.name)))
        for name in members.keys() - there:
            people.add(session, name, None, household.clock)
        accounts = [(user_id, name.lower(), name) for name, user_id in members.items()]
        connections.assign_people(session, source.id, accounts)


def counted(household: Household, table: type[Table]) -> int:
    """Count the rows of a table."""
    with household.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def on_shelf(household: Household) -> list[str]:
    """Return the names of the titles on the shelf."""
    with household.database.reading() as session:
        query = select(Media.title).where(Media.removed_at.is_(None)).order_by(Media.title)
        return list(session.scalars(query))


def titles_of_items(household: Household, source: ConnectedSource) -> dict[str, str]:
    """Return which title each item of a source is."""
    query = (
        select(SourceItemRow.item_id, Media.title)
        .join(Media, Media.id == SourceItemRow.media_id)
        .where(SourceItemRow.source_id == source.id)
    )
    with household.database.reading() as session:
        return {row.item_id: row.title for row in session.execute(query)}


def owners(household: Household) -> dict[str, str]:
    """Return under which source each title on the shelf is kept."""
    query = select(Media.title, Media.source).where(Media.removed_at.is_(None))
    with household.database.reading() as session:
        return {row.title: row.source for row in session.execute(query)}


def histories(household: Household) -> set[tuple[str, str, int | None, bool]]:
    """Return whose history says what of which title: rating, and whether it was watched."""
    query = (
        select(Member.name, Media.title, HistoryEntryRow.rating, HistoryEntryRow.is_watched)
        .join(Member, Member.id == HistoryEntryRow.member_id)
        .join(Media, Media.id == HistoryEntryRow.media_id)
    )
    with household.database.reading() as session:
        found = [(name, title, stars, seen) for name, title, stars, seen in session.execute(query)]
    assert len(found) == len(set(found))
    return set(found)
