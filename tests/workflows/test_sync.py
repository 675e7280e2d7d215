"""A connected Jellyfin and the library stay in step, and nothing is lost on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.backend.domain.errors import RemovalsUnconfirmed, ServerUnreachable
from app.backend.domain.progress import Step, silent
from app.backend.store.source_tables import (
    HistoryEntryRow,
    SourceItemRow,
    TitleId,
    WithheldTitle,
)
from app.backend.store.tables import Media, Table
from app.backend.workflows import connections, people
from app.backend.workflows.connections import ConnectedSource, Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.imports import import_here
from app.backend.workflows.sync_work import SyncWork, due
from tests.media_servers.fake_jellyfin import ANNA, BEN, FILMS, KEY, World, film, moment, serve


@contextmanager
def connected(household: Household, world: World) -> Iterator[ConnectedSource]:
    """Connect a fake server."""
    with serve(world) as address:
        yield connections.connect(household, Wanted("jellyfin", address, KEY))


def sync(
    household: Household,
    source: ConnectedSource,
    *,
    is_whole: bool = False,
    is_confirmed: bool = False,
) -> dict[str, object]:
    """Sync a source as it stands now; return the counts."""
    with household.database.reading() as session:
        now = connections.source(session, source.id)
    return dict(import_here(household, SyncWork(now, is_whole, is_confirmed), silent))


def counted(household: Household, table: type[Table]) -> int:
    """Count the rows of a table."""
    with household.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def shown(household: Household) -> list[str]:
    """Return the names of the titles on the shelf."""
    with household.database.reading() as session:
        query = select(Media.title).where(Media.removed_at.is_(None)).order_by(Media.title)
        return list(session.scalars(query))


def test_a_first_sync_brings_everything(household: Household) -> None:
    """Titles come with their ids, items and posters; a second sync reads only what changed."""
    world = World()
    with connected(household, world) as source:
        first = sync(household, source)
        asked = len(world.log)
        second = sync(household, source)
    assert (first["added"], first["removed"]) == (5, 0)
    assert counted(household, SourceItemRow) == 5
    assert counted(household, TitleId) == 10
    assert (second["added"], second["updated"], second["unchanged"]) == (0, 0, 0)
    assert all("minDateLastSaved" in path or "limit=0" in path for path in world.log[asked:])


def test_changes_are_found(household: Household) -> None:
    """A second sync brings what is new and what changed, and takes away what is gone."""
    world = World(items=[film(number) for number in range(1, 11)])
    with connected(household, world) as source:
        sync(household, source)
        later = household.clock() + timedelta(hours=1)
        world.items[0]["Name"] = "Renamed"
        world.items = [*world.items[:9], film(99)]
        world.saved = {world.items[0]["Id"]: later, world.items[9]["Id"]: later}
        done = sync(household, source)
    assert (done["added"], done["updated"], done["removed"]) == (1, 1, 1)
    assert "Renamed" in shown(household)
    assert "Film 10" not in shown(household)
    assert counted(household, Media) == 11


def test_a_sync_that_would_empty_the_shelf_asks(household: Household) -> None:
    """Above a fifth nothing changes until somebody says that it may."""
    world = World(items=[film(number) for number in range(1, 11)])
    with connected(household, world) as source:
        sync(household, source)
        world.items = world.items[:7]
        with pytest.raises(RemovalsUnconfirmed) as caught:
            sync(household, source)
        assert caught.value.details == {"removals": 3, "titles": 10}
        assert len(shown(household)) == 10
        with household.database.reading() as session:
            assert connections.source(session, source.id).asks == caught.value.details
        done = sync(household, source, is_confirmed=True)
    assert (done["removed"], len(shown(household))) == (3, 7)


def test_titles_that_went_come_back(household: Household) -> None:
    """A title that is there again has its row again, with all that was said of it."""
    world = World()
    with connected(household, world) as source:
        sync(household, source)
        kept, world.items = world.items, world.items[:4]
        sync(household, source, is_whole=True)
        assert len(shown(household)) == 4
        world.items = kept
        sync(household, source, is_whole=True)
    assert (len(shown(household)), counted(household, Media)) == (5, 5)


def test_a_copy_in_another_library_is_one_title(household: Household) -> None:
    """It is counted as a duplicate and stands in two places; losing one of them loses nothing."""
    copy = film(1, Id="c" * 32, ParentId="9" * 32)
    world = World()
    world.items.append(copy)
    with connected(household, world) as source:
        done = sync(household, source)
        assert (done["added"], done["duplicates"]) == (5, 1)
        assert counted(household, SourceItemRow) == 6
        world.items.remove(copy)
        again = sync(household, source)
    assert (again["removed"], len(shown(household))) == (0, 5)


def test_what_a_member_did_is_theirs_alone(household: Household) -> None:
    """Of an account that belongs to nobody here nothing is read; what is hidden is withheld."""
    world = World()
    ids = [item["Id"] for item in world.items]
    watched = {"Played": True, "PlayCount": 1, "LastPlayedDate": moment(household.clock())}
    world.done = {
        (ANNA, ids[0]): watched | {"Rating": 9.0},
        (ANNA, ids[1]): {"Played": False, "Rating": 0},
        (BEN, ids[2]): watched,
    }
    world.hidden = {(ANNA, ids[4])}
    with connected(household, world) as source, household.database.writing() as session:
        people.add(session, "Anna", None, household.clock)
        connections.assign_people(session, source.id, [(ANNA, "anna", "Anna")])
    world.log.clear()
    with serve(world) as address:
        connections.change(household, source.id, {"address": address, "token": KEY})
        done = sync(household, source)
        sync(household, source)
    assert done["history_changes"] == 1
    assert not any(BEN in path for path in world.log)
    with household.database.reading() as session:
        (entry,) = session.scalars(select(HistoryEntryRow))
        (withheld,) = session.scalars(select(WithheldTitle))
        assert (entry.rating, entry.raw_rating, entry.is_watched) == (5, 9.0, True)
        assert withheld.media_id == session.scalar(
            select(SourceItemRow.media_id).where(SourceItemRow.item_id == ids[4])
        )


def test_a_sync_goes_on_where_it_broke_off(household: Household) -> None:
    """Pages that were read are not read again; until all is there, nothing is written."""
    world = World(items=[film(number) for number in range(1, 501)])

    def fails(step: Step, /) -> None:
        if step.done >= 400:
            raise ServerUnreachable("It went away.")

    with connected(household, world) as source:
        with pytest.raises(ServerUnreachable):
            import_here(household, SyncWork(source), fails)
        assert not shown(household)
        asked = len(world.log)
        done = sync(household, source)
    starts = [path for path in world.log[asked:] if "fields=" in path]
    assert done["added"] == 500
    assert all("startIndex=0" not in path for path in starts)


def test_an_item_that_goes_while_we_read_costs_no_other(household: Household) -> None:
    """What moved up because of it is found all the same."""
    world = World(items=[film(number) for number in range(1, 451)])

    def lose_one(now: World) -> None:
        if len(now.items) == 450 and any("startIndex=199" in path for path in now.log):
            del now.items[10]

    world.after_page = lose_one
    with connected(household, world) as source:
        sync(household, source)
    assert len(shown(household)) == 449
    assert "Film 11" not in shown(household)


def test_a_server_that_starts_up_is_waited_for(household: Household) -> None:
    """It says 503 and when to come back."""
    world = World(starting=1)
    with connected(household, world) as source:
        assert source.server_name == "Attic"


def test_a_server_that_is_away_changes_nothing_and_is_asked_later(
    household: Household,
) -> None:
    """The next sync is put off by an hour, and the titles stay."""
    world = World()
    with connected(household, world) as source:
        sync(household, source)
        world.raw = b"<html>"
        with pytest.raises(Exception, match="no JSON"):
            sync(household, source)
    assert len(shown(household)) == 5
    with household.database.reading() as session:
        assert due(session, household.clock()) == []


def test_disconnecting_forgets_key_and_titles(household: Household) -> None:
    """Titles leave the shelf but stay in the history; the key's file is gone."""
    world = World()
    with connected(household, world) as source:
        sync(household, source)
        assert connections.disconnect(household, source.id) == 5
    assert not shown(household)
    assert not list((household.folder / "keys").iterdir())
    assert FILMS
