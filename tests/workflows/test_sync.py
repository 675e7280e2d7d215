"""A connected Jellyfin and the library stay in step, and nothing is lost on the way."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.backend.domain.errors import (
    AnotherServer,
    InvalidInput,
    RemovalsUnconfirmed,
    SourceUnreadable,
)
from app.backend.domain.progress import Step
from app.backend.store.source_tables import HistoryEntryRow, SourceItemRow, TitleId, WithheldTitle
from app.backend.store.tables import Media
from app.backend.workflows import connections
from app.backend.workflows.connections import Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.recommend import Request
from app.backend.workflows.sync_titles import MOST_LENGTHS
from tests.media_servers.fake_jellyfin import (
    ANNA,
    BEN,
    FILMS,
    KEY,
    SHOWS,
    TICKS_A_MINUTE,
    Item,
    World,
    film,
    moment,
    series,
    serve,
)
from tests.workflows.evenings import ask
from tests.workflows.syncs import (
    connected,
    counted,
    give_accounts,
    histories,
    now,
    on_shelf,
    owners,
    sync,
    titles_of_items,
)

WATCHED = {"Played": True, "PlayCount": 1}


def films(last: int) -> list[Item]:
    """Return films by number."""
    return [film(number) for number in range(1, last + 1)]


def test_a_first_sync_brings_everything_and_a_second_what_changed(household: Household) -> None:
    """Titles come with their ids, items and posters; nothing is read twice."""
    world = World()
    with connected(household, world) as source:
        first = sync(household, source)
        world.log.clear()
        second = sync(household, source)
    assert (first["added"], first["removed"]) == (5, 0)
    assert counted(household, SourceItemRow) == 5
    assert counted(household, TitleId) == 10
    assert (second["added"], second["updated"], second["unchanged"]) == (0, 0, 0)
    # Who it is, whether the key is good, what changed, and how many there are.
    asked = [path for path in world.log if path.startswith("/Items")]
    assert [("minDateLastSaved" in path, "limit=1&" in f"{path}&") for path in asked] == [
        (False, True),
        (True, False),
        (False, True),
    ]
    assert len(world.log) == 4


def test_changes_are_found(household: Household) -> None:
    """A second sync brings what is new and what changed, and takes away what is gone."""
    world = World(items=films(10))
    with connected(household, world) as source:
        sync(household, source)
        later = household.clock() + timedelta(hours=1)
        world.items[0]["Name"] = "Renamed"
        world.items = [*world.items[:9], film(99)]
        world.saved = {world.items[0]["Id"]: later, world.items[9]["Id"]: later}
        done = sync(household, source)
    assert (done["added"], done["updated"], done["removed"]) == (1, 1, 1)
    assert "Renamed" in on_shelf(household)
    assert "Film 10" not in on_shelf(household)
    assert counted(household, Media) == 11


def test_a_sync_that_would_empty_the_shelf_asks(household: Household) -> None:
    """Above a fifth nothing changes until somebody says that it may; a fifth itself goes."""
    world = World(items=films(10))
    with connected(household, world) as source:
        sync(household, source)
        world.items = world.items[:7]
        for _ in range(2):
            with pytest.raises(RemovalsUnconfirmed) as caught:
                sync(household, source)
            assert caught.value.details == {"removals": 3, "titles": 10}
            assert len(on_shelf(household)) == 10
            assert (now(household, source).asks, now(household, source).due_at) == (
                caught.value.details,
                None,
            )
        world.items = films(8)
        assert sync(household, source)["removed"] == 2
        assert now(household, source).asks is None
        world.items = []
        with pytest.raises(RemovalsUnconfirmed):
            sync(household, source)
        assert sync(household, source, is_confirmed=True)["removed"] == 8
    assert on_shelf(household) == []


def test_titles_that_went_come_back(household: Household) -> None:
    """A title that is there again has its row again, with all that was said of it."""
    world = World()
    with connected(household, world) as source:
        sync(household, source)
        kept, world.items = world.items, world.items[:4]
        sync(household, source, is_whole=True)
        assert len(on_shelf(household)) == 4
        # Jellyfin gives a file that was moved another id.
        world.items = [*kept[:4], kept[4] | {"Id": "d" * 32}]
        sync(household, source, is_whole=True)
    assert (len(on_shelf(household)), counted(household, Media)) == (5, 5)
    assert titles_of_items(household, source)["d" * 32] == "Film 5"


def test_a_title_that_left_is_never_recommended_and_stays_in_the_history(
    household: Household,
) -> None:
    """What somebody did with it there, and what was asked about it here."""
    world = World(items=films(3))
    world.done = {(ANNA, film(3)["Id"]): WATCHED | {"Rating": 9.0}}
    request = Request("any", "solo", "binge", with_seen=True)

    def shown() -> set[str]:
        return {pick.title for seed in range(3) for pick in ask(household, request, seed).picks}

    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        sync(household, source)
        assert shown() == {"Film 1", "Film 2", "Film 3"}
        world.items = films(2)
        sync(household, source, is_confirmed=True)
        assert shown() == {"Film 1", "Film 2"}
    assert histories(household) == {("Anna", "Film 3", 5, True)}


# Copies, and items that are corrected.


def copy_of(number: int, **said: Any) -> Item:  # noqa: ANN401  # any JSON
    """Return another copy of a film, in another library."""
    return film(number, **{"Id": "c" * 32, "ParentId": "9" * 32} | said)


def test_a_copy_in_another_library_is_one_title(household: Household) -> None:
    """It is counted as a duplicate and stands in two places; losing one of them loses nothing."""
    world = World(items=[*films(5), copy_of(1, ProviderIds={"Imdb": "tt1000001"})])
    with connected(household, world) as source:
        done = sync(household, source)
        assert (done["added"], done["duplicates"]) == (5, 1)
        assert counted(household, SourceItemRow) == 6
        again = sync(household, source, is_whole=True)
        assert (again["unchanged"], again["duplicates"], counted(household, TitleId)) == (5, 1, 10)
        # The copy alone tells fewer ids.
        world.saved["c" * 32] = household.clock()
        assert sync(household, source)["unchanged"] == 1
        assert counted(household, TitleId) == 10
        del world.items[0]
        lost = sync(household, source)
    assert (lost["removed"], len(on_shelf(household))) == (0, 5)


def test_a_copy_that_turns_out_to_be_another_film_is_its_own_title(household: Household) -> None:
    """It was taken for a copy by mistake, and what it was taken for stays what it is."""
    world = World(items=[*films(5), copy_of(1)])
    with connected(household, world) as source:
        sync(household, source)
        world.items[5] = film(7, Id="c" * 32)
        world.saved["c" * 32] = household.clock()
        done = sync(household, source)
        assert (done["added"], done["updated"]) == (1, 0)
        again = sync(household, source, is_whole=True)
    assert (again["unchanged"], again["updated"], again["added"]) == (6, 0, 0)
    told = titles_of_items(household, source)
    assert (told["c" * 32], told[film(1)["Id"]]) == ("Film 7", "Film 1")


def test_an_item_that_is_corrected_keeps_its_title(household: Household) -> None:
    """Whatever it is called now, and whichever ids it has: it is what people watched."""
    world = World()
    with connected(household, world) as source:
        sync(household, source)
        world.items[0] = film(7, Id=film(1)["Id"])
        world.saved[film(1)["Id"]] = household.clock()
        done = sync(household, source)
    assert (done["updated"], done["added"], done["removed"]) == (1, 0, 0)
    assert counted(household, Media) == 5
    assert titles_of_items(household, source)[film(1)["Id"]] == "Film 7"


def test_an_item_that_is_corrected_to_a_title_that_is_there_is_its_copy(
    household: Household,
) -> None:
    """What it was before stands nowhere any more, and leaves."""
    world = World(items=films(10))
    with connected(household, world) as source:
        sync(household, source)
        world.items[0] = film(7, Id=film(1)["Id"])
        world.saved[film(1)["Id"]] = household.clock()
        done = sync(household, source)
    assert (done["unchanged"], done["removed"]) == (1, 1)
    assert "Film 1" not in on_shelf(household)
    assert titles_of_items(household, source)[film(1)["Id"]] == "Film 7"


def test_a_title_of_two_servers_stays_until_both_lost_it(household: Household) -> None:
    """Whoever lost it first, and whichever is disconnected."""
    one, other = (
        World(items=films(6)),
        World(items=films(6), about=World().about | {"Id": "e" * 32}),
    )
    with connected(household, one) as first, connected(household, other) as second:
        assert (first.name, second.name) == ("jellyfin", "jellyfin_2")
        sync(household, first)
        assert sync(household, second)["unchanged"] == 6
        one.items = films(5)
        assert sync(household, first, is_whole=True)["removed"] == 0
        assert owners(household)["Film 6"] == "jellyfin_2"
        other.items = films(5)
        assert sync(household, second)["removed"] == 1
        assert connections.disconnect(household, first.id) == 0
        assert set(owners(household).values()) == {"jellyfin_2"}
        assert connections.disconnect(household, second.id) == 5
    assert on_shelf(household) == []


# People.


def test_what_a_member_did_is_theirs_alone(household: Household) -> None:
    """Of an account that belongs to nobody here nothing is read; what is hidden is withheld."""
    world = World()
    ids = [item["Id"] for item in world.items]
    watched = WATCHED | {"LastPlayedDate": moment(household.clock())}
    world.done = {
        (ANNA, ids[0]): watched | {"Rating": 9.0},
        (ANNA, ids[1]): {"Played": False, "Rating": 0},
        (BEN, ids[2]): watched,
    }
    world.hidden = {(ANNA, ids[4])}
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        done = sync(household, source)
        again = sync(household, source)
    assert (done["history_changes"], again["history_changes"]) == (1, 0)
    assert not any(BEN in path for path in world.log)
    with household.database.reading() as session:
        (entry,) = session.scalars(select(HistoryEntryRow))
        (withheld,) = session.scalars(select(WithheldTitle))
        assert (entry.rating, entry.raw_rating, entry.is_watched) == (5, 9.0, True)
        assert withheld.media_id == session.scalar(
            select(SourceItemRow.media_id).where(SourceItemRow.item_id == ids[4])
        )


def test_a_parental_limit_withholds_and_a_new_title_is_looked_at(household: Household) -> None:
    """Whatever is new may be withheld, so that everything is read again."""
    world = World(barred={ANNA: {"R"}})
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        sync(household, source)
        assert counted(household, WithheldTitle) == 0
        world.items.append(film(9, OfficialRating="R"))
        world.saved[film(9)["Id"]] = household.clock()
        sync(household, source)
        assert counted(household, WithheldTitle) == 1
        world.barred.clear()
        sync(household, source, is_whole=True)
        assert counted(household, WithheldTitle) == 0


def test_what_was_taken_back_there_is_taken_back_here(household: Household) -> None:
    """Where it is told; of what is hidden by now, or is gone, nothing is told."""
    world = World(items=films(6))
    ids = [item["Id"] for item in world.items]
    world.done = {(ANNA, one): dict(WATCHED) for one in ids[:4]}
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        sync(household, source)
        del world.done[ANNA, ids[0]]
        world.hidden = {(ANNA, ids[1])}
        # The third is moved, which gives it another id; the fourth is gone.
        world.items[2] = film(3, Id="d" * 32)
        world.done[ANNA, "d" * 32] = WATCHED | {"Rating": 6.0}
        del world.items[3]
        sync(household, source, is_whole=True)
    assert histories(household) == {
        ("Anna", "Film 2", None, True),
        ("Anna", "Film 3", 3, True),
        ("Anna", "Film 4", None, True),
    }


def test_an_account_that_is_gone_stops_nothing(household: Household) -> None:
    """It is counted, and what it did stays; an account that is nobody's any more leaves nothing."""
    world = World()
    world.done = {(user, film(1)["Id"]): dict(WATCHED) for user in (ANNA, BEN)}
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA, Ben=BEN)
        sync(household, source)
        del world.users[ANNA]
        done = sync(household, source, is_whole=True)
        assert done["absent_accounts"] == 1
        assert histories(household) == {
            ("Anna", "Film 1", None, True),
            ("Ben", "Film 1", None, True),
        }
        give_accounts(household, source, Ben=BEN)
        assert sync(household, source, is_whole=True)["absent_accounts"] == 0
    assert histories(household) == {("Ben", "Film 1", None, True)}


def test_an_account_that_changes_hands_while_we_read_is_read_again(household: Household) -> None:
    """What the former holder did never becomes somebody else's."""
    world = World()
    world.done = {(ANNA, film(1)["Id"]): dict(WATCHED)}
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)

        def hand_over(_: World) -> None:
            world.after_page = None
            give_accounts(household, source, Ben=ANNA)

        world.after_page = hand_over
        sync(household, source)
        assert histories(household) == set()
        sync(household, source)
    assert histories(household) == {("Ben", "Film 1", None, True)}


# What a sync reads, and how it goes on.


def test_a_sync_goes_on_where_it_broke_off(household: Household) -> None:
    """Pages that were read are not read again; until all is there, nothing is written."""
    world = World(items=films(500))

    def fails(step: Step, /) -> None:
        if step.done >= 400:
            raise SourceUnreadable("It went away.")

    with connected(household, world) as source:
        with pytest.raises(SourceUnreadable):
            sync(household, source, progress=fails)
        assert not on_shelf(household)
        # What changes from now on may be on a page that was read already.
        broke_off = household.clock()
        household.clock.advance(seconds=6 * 3600)  # type: ignore[attr-defined]  # a Ticking
        asked = len(world.log)
        done = sync(household, source)
        starts = [path for path in world.log[asked:] if "fields=" in path]
        assert done["added"] == 500
        assert all("startIndex=0" not in path for path in starts)
        world.items[0]["Name"] = "Renamed"
        world.saved[film(1)["Id"]] = broke_off + timedelta(hours=1)
        sync(household, source)
    assert "Renamed" in on_shelf(household)


def test_what_changed_after_it_was_read_is_read_next_time(household: Household) -> None:
    """Also where titles were read at once, and people only hours later."""
    world = World()
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        world.after_page = lambda now: setattr(now, "raw", b"<html>" if _reads(now) else None)
        with pytest.raises(Exception, match="no JSON"):
            sync(household, source)
        world.after_page, world.raw = None, None
        world.items[0]["Name"] = "Renamed"
        world.saved[film(1)["Id"]] = household.clock() + timedelta(hours=1)
        household.clock.advance(seconds=8 * 3600)  # type: ignore[attr-defined]  # a Ticking
        assert sync(household, source)["added"] == 5
        assert "Renamed" not in on_shelf(household)
        sync(household, source)
    assert "Renamed" in on_shelf(household)


def _reads(world: World) -> bool:
    """Say whether titles were read, and counted after that."""
    pages = [path for path in world.log if "startIndex" in path]
    return "fields=" in pages[-2] and "limit=1&" in f"{pages[-1]}&"


def test_an_item_that_goes_while_we_read_costs_no_other(household: Household) -> None:
    """What moved up because of it is found all the same."""
    world = World(items=films(450))

    def lose_one(now: World) -> None:
        if len(now.items) == 450 and any("startIndex=199" in path for path in now.log):
            del now.items[10]

    world.after_page = lose_one
    with connected(household, world) as source:
        sync(household, source)
    assert len(on_shelf(household)) == 449
    assert "Film 11" not in on_shelf(household)


def test_what_can_be_no_title_is_told_once_and_asked_for_once(household: Household) -> None:
    """A server that counts more than it lists does not have all its ids read each time."""
    world = World(items=[*films(5), film(6, Name=""), film(7, Genres="Drama")])
    with connected(household, world) as source:
        first = sync(household, source)
        assert (first["added"], first["refused"]) == (5, 2)
        world.log.clear()
        second = sync(household, source)
        assert (second["refused"], len(world.log)) == (0, 4)
        world.items[5] = film(6)
        world.saved[film(6)["Id"]] = household.clock()
        assert sync(household, source)["added"] == 1
        del world.items[0]
        assert sync(household, source)["removed"] == 1


def test_lengths_of_series_are_asked_for_once(household: Household) -> None:
    """Those that are known are kept; of those that no episode tells it is asked once a week."""
    items = [series(1, RunTimeTicks=None), series(2, RunTimeTicks=0), series(3)]
    world = World(items=items)
    world.episodes = {items[0]["Id"]: [run * TICKS_A_MINUTE for run in (0, 22, 24, 90)]}
    with connected(household, world) as source:
        first = sync(household, source)
        assert (first["without_minutes"], _asked_for_episodes(world)) == (1, 2)
        for item in items:
            world.saved[item["Id"]] = household.clock()
        assert sync(household, source)["unchanged"] == 3
        assert _asked_for_episodes(world) == 0
        world.episodes[items[1]["Id"]] = [50 * TICKS_A_MINUTE]
        assert sync(household, source, is_whole=True)["updated"] == 1
        assert _asked_for_episodes(world) == 1
    with household.database.reading() as session:
        assert set(session.scalars(select(Media.duration))) == {24, 50, 83}


def _asked_for_episodes(world: World) -> int:
    found = sum("Episode" in path for path in world.log)
    world.log.clear()
    return found


def test_many_series_without_a_length_do_not_hold_a_sync_up(household: Household) -> None:
    """The next sync goes on with them."""
    number = MOST_LENGTHS + 7
    items = [series(one, RunTimeTicks=None) for one in range(1, number + 1)]
    world = World(items=items)
    world.episodes = {item["Id"]: [25 * TICKS_A_MINUTE] for item in items}
    with connected(household, world) as source:
        assert sync(household, source)["without_minutes"] == 7
        assert _asked_for_episodes(world) == MOST_LENGTHS
        again = sync(household, source)
        assert (again["updated"], again["without_minutes"]) == (7, 0)
        assert _asked_for_episodes(world) == 7
        assert sync(household, source)["updated"] == 0


def test_films_in_collections_are_no_collections(household: Household) -> None:
    """Jellyfin 12 tells of a collection in place of its films, unless it is told not to."""
    world = World(boxed={film(number)["Id"] for number in range(1, 4)})
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        assert sync(household, source)["added"] == 5
    assert counted(household, WithheldTitle) == 0


# Sources that are not what they were.


def test_another_server_at_the_same_address_is_not_taken_for_it(household: Household) -> None:
    """Nothing is changed until its key is written once more; then it is read as a whole."""
    world = World(items=films(10))
    with connected(household, world) as source:
        sync(household, source)
        world.about["Id"] = "e" * 32
        world.items = [film(number, Id=f"{number + 500:032x}") for number in range(1, 9)]
        with pytest.raises(AnotherServer, match="write its address and key"):
            sync(household, source)
        assert len(on_shelf(household)) == 10
        connections.change(household, source.id, {"token": KEY})
        done = sync(household, source)
    assert (done["removed"], done["unchanged"], counted(household, Media)) == (2, 8, 10)


def test_libraries_that_are_not_chosen_any_more_leave(household: Household) -> None:
    """After having been asked about, where they are many; one that is gone there is an error."""
    world = World(items=[*films(6), series(7), series(8)])
    with connected(household, world) as source:
        sync(household, source)
        connections.change(household, source.id, {"libraries": [FILMS]})
        with pytest.raises(RemovalsUnconfirmed):
            sync(household, source)
        assert sync(household, source, is_confirmed=True)["removed"] == 2
        connections.change(household, source.id, {"libraries": [FILMS, SHOWS]})
        assert sync(household, source)["updated"] == 2
        del world.views[1]
        with pytest.raises(SourceUnreadable, match="choose its libraries again"):
            sync(household, source)
    assert len(on_shelf(household)) == 8


def test_only_a_library_that_is_there_can_be_chosen(household: Household) -> None:
    """By its name or its id."""
    world = World(items=[*films(2), series(3)])
    with serve(world) as address:
        with pytest.raises(InvalidInput, match="Films, Shows"):
            connections.connect(household, Wanted("jellyfin", address, KEY, ("Music",)))
        source = connections.connect(household, Wanted("jellyfin", address, KEY, ("Shows",)))
        assert sync(household, source)["added"] == 1


def test_disconnecting_forgets_key_and_titles(household: Household) -> None:
    """Titles leave the shelf but stay in the history; the key's file is gone."""
    world = World()
    with connected(household, world) as source:
        sync(household, source)
        assert connections.disconnect(household, source.id) == 5
    assert not on_shelf(household)
    assert counted(household, Media) == 5
    assert not list((household.folder / "keys").iterdir())
