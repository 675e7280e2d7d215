"""A Jellyfin server is read as it is, whatever it leaves out, renames or does not heed."""

from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from app.backend.domain.errors import InvalidInput, ServerRefuses, SourceMalformed
from app.backend.domain.media_server import ItemState, ServerFacts
from app.backend.domain.title import SourceItem, TitleRecord
from app.backend.sources.jellyfin import JellyfinLibrary, jellyfin
from app.backend.sources.media_server import EPISODES
from app.backend.sources.server_address import ServerAddress
from app.backend.sources.upstream import Patience, Upstream
from tests.contracts import media_server as contract
from tests.contracts.library_source import LATEST_YEAR
from tests.contracts.media_server import PAGE, PATIENT, Item, MediaServerSuite
from tests.media_servers.fake_jellyfin import (
    ANNA,
    ANNA_KEY,
    BEN,
    FILMS,
    KEY,
    TICKS_A_MINUTE,
    World,
    film,
    moment,
    series,
    serve,
    titles,
)
from tests.media_servers.hostile import hostile, telling


def library_of(
    address: str, *libraries: str, key: str = KEY, patience: Patience = PATIENT, page: int = 200
) -> JellyfinLibrary:
    """Return a client of a server."""
    made = jellyfin(
        ServerAddress.of(address),
        key,
        libraries=libraries,
        latest_year=LATEST_YEAR,
        patience=patience,
    )
    return replace(made, page=page)


class TestJellyfinAsAMediaServer(MediaServerSuite):
    """What every media server must hold, and every source of titles."""

    fake = "tests.media_servers.fake_jellyfin"
    anna, ben, stranger = ANNA, BEN, "c" * 32
    films, gone, key = FILMS, "9" * 32, KEY

    def titles(self, number: int) -> list[Item]:
        """Make so many films and series."""
        return titles(number)

    def world(self, items: list[Item]) -> World:
        """Make a server that holds these."""
        return World(items=items)

    def serve(self, world: contract.World) -> AbstractContextManager[str]:
        """Serve it."""
        assert isinstance(world, World)
        return serve(world)

    def client(
        self, address: str, *libraries: str, patience: Patience = PATIENT, page: int = PAGE
    ) -> JellyfinLibrary:
        """Make a client."""
        return library_of(address, *libraries, patience=patience, page=page)

    def item_id(self, item: Item) -> str:
        """Return an item's id."""
        return str(item["Id"])

    def copy(self, world: contract.World, item: Item) -> Item:
        """Add the same film in another library."""
        assert isinstance(world, World)
        other = "4" * 32
        world.views.append({"Name": "4K", "ItemId": other, "Id": other, "CollectionType": "movies"})
        world.items.append(item | {"Id": "e" * 32, "ParentId": other})
        return world.items[-1]

    def broken(self) -> list[Item]:
        """Make items without a name, without an id, and such as are no titles."""
        return [
            film(90, Name=""),
            film(91, Id="../91"),
            film(92, Id=None),
            film(93, ProductionYear="soon"),
            film(94, Genres="Comedy"),
            film(95, CommunityRating=11),
            film(96, ProviderIds=[]),
        ]

    def saved(self, world: contract.World, item: Item, at: datetime) -> None:
        """Have an item been written at a moment."""
        assert isinstance(world, World)
        world.saved[item["Id"]] = at

    def done(self, world: contract.World, user: str, item: Item, state: ItemState) -> None:
        """Have an account done something with an item."""
        assert isinstance(world, World)
        at = None if state.watched_at is None else moment(state.watched_at)
        told: dict[str, Any] = {"Played": state.is_watched, "PlayCount": state.plays}
        world.done[user, item["Id"]] = told | {"Rating": state.rating, "LastPlayedDate": at}

    def hide(self, world: contract.World, user: str, item: Item) -> None:
        """Have an account not see an item."""
        assert isinstance(world, World)
        world.hidden.add((user, item["Id"]))

    def poster(self) -> str:
        """Return what names a poster."""
        return f"{1:032x}/tag1"

    def rated(self, world: contract.World) -> list[tuple[str, str, float]]:
        """Return the ratings that were written."""
        assert isinstance(world, World)
        asked = [(urlsplit(path), body) for path, body in world.written]
        return [
            (dict(parse_qsl(url.query))["userId"], url.path.split("/")[2], body["Rating"])
            for url, body in asked
        ]


def ids_read(library: JellyfinLibrary) -> list[str]:
    """Return the ids of all titles, in the order in which they are read."""
    return contract.ids_of(library.pages())


def states(
    library: JellyfinLibrary, user: str, since: datetime | None = None
) -> dict[str, ItemState]:
    """Return what an account did, by item."""
    return {state.item_id: state for state in library.states(user, since)}


def queries(world: World, path: str = "/Items") -> list[dict[str, str]]:
    """Return what a path was asked for."""
    asked = [urlsplit(one) for one in world.log]
    return [dict(parse_qsl(one.query)) for one in asked if one.path == path]


def test_the_key_is_in_the_one_header_that_every_version_takes() -> None:
    """Never in an address, never in a header that version 12 does not read; only as a token."""
    with hostile(telling({"Items": [], "TotalRecordCount": 0})) as (address, asked):
        library = library_of(address)
        library.count()
        list(library.states(ANNA, None))
    for head in asked:
        assert KEY.encode() not in head.partition(b"\r\n")[0]
        assert head.count(KEY.encode()) == 1
        assert f'Authorization: MediaBrowser Token="{KEY}"\r\n'.encode() in head


@pytest.mark.parametrize(
    ("header", "query"),
    [
        ("X-Emby-Token", ""),
        ("X-MediaBrowser-Token", ""),
        ("X-Emby-Authorization", ""),
        ("", "?api_key="),
        ("", ""),
    ],
)
def test_older_ways_to_say_a_key_are_refused_by_what_we_test_against(
    header: str, query: str
) -> None:
    """As version 12 refuses them: a client that uses them would not pass here."""
    headers = {header: KEY} if header else {}
    with serve(World()) as address:
        upstream = Upstream(ServerAddress.of(address), headers, "Jellyfin")
        with closing(upstream), pytest.raises(ServerRefuses):
            upstream.json(f"/Users{query}{KEY if query else ''}")


@pytest.mark.parametrize("key", ["", "two words", 'a"b', "a'b", "a\\b", "ü", "a\nb", "x" * 501])
def test_what_can_be_no_key_is_sent_nowhere(key: str) -> None:
    """It would end the header, or begin another."""
    with pytest.raises(InvalidInput, match="no key of Jellyfin"):
        library_of("http://nas.local:8096", key=key)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"ProductName": "Emby Server"}, "no Jellyfin"),
        ({"ProductName": None}, "no Jellyfin"),
        ({"Version": "10.9.11"}, "too old"),
        ({"Version": "9"}, "too old"),
        ({"Version": None}, "too old"),
        ({"Id": ""}, "its id"),
        ({"Id": 7}, "its id"),
    ],
)
def test_what_is_no_jellyfin_of_today_says_so(about: dict[str, Any], said: str) -> None:
    """Another program, an older version, and a server that does not tell its id."""
    world = World(about=World().about | about)
    with serve(world) as address, pytest.raises(SourceMalformed, match=said):
        library_of(address).facts()


@pytest.mark.parametrize("version", ["10.10.0", "10.11.4", "12.0.0", "12.0.0-rc2", "100.1"])
def test_versions_from_10_10_on_are_spoken_to(version: str) -> None:
    """By their first two numbers."""
    with serve(World(about=World().about | {"Version": version})) as address:
        assert library_of(address).facts() == ServerFacts("f" * 32, "Attic", version)


def test_a_key_that_is_none_is_found_out_before_anything_is_read() -> None:
    """Who a server is, it tells to everybody."""
    with serve(World()) as address, pytest.raises(ServerRefuses, match="does not take the key"):
        library_of(address, key="wrong").facts()


def test_a_key_of_somebodys_own_tells_of_their_account_alone() -> None:
    """Their own libraries too; of another account nothing."""
    world = World(hidden={(ANNA, film(2)["Id"])})
    with serve(world) as address:
        library = library_of(address, key=ANNA_KEY)
        assert [user.id for user in library.users()] == [ANNA]
        assert [one.name for one in library.libraries()] == ["Films", "Shows"]
        assert film(2)["Id"] not in ids_read(library)
        assert len(states(library, ANNA)) == 4
        with pytest.raises(ServerRefuses):
            states(library, BEN)


def test_nothing_is_asked_of_no_items_at_all() -> None:
    """Of none, some versions tell no total, and others tell everything."""
    world = World()
    with serve(world) as address:
        library = library_of(address)
        assert library.count() == library.total() == 5
        library.facts()
        ids_read(library)
        list(library.item_ids())
    assert queries(world)
    assert all(int(query["limit"]) > 0 for query in queries(world))


def test_films_in_collections_are_told_as_films() -> None:
    """Also to an account whose server groups them."""
    world = World(boxed={film(1)["Id"], film(2)["Id"]})
    with serve(world) as address:
        library = library_of(address)
        assert len(ids_read(library)) == library.count() == len(states(library, ANNA)) == 5
        assert len(list(library.item_ids())) == 5


def test_only_what_is_of_use_is_asked_for() -> None:
    """No people, which take twenty times as long; no states of nobody; nothing of episodes."""
    world = World(items=titles(20))
    with serve(world) as address:
        library = library_of(address)
        ids_read(library)
        list(library.item_ids())
    assert {query["includeItemTypes"] for query in queries(world)} == {"Movie,Series"}
    assert {query["recursive"] for query in queries(world)} == {"true"}
    assert not any("People" in query.get("fields", "") for query in queries(world))
    assert {query["enableUserData"] for query in queries(world)} == {"false"}
    assert max(int(query["limit"]) for query in queries(world)) <= 501


def test_a_field_that_a_server_does_not_know_is_not_missed() -> None:
    """It leaves out what it does not know, and tells the rest."""
    bare = {name: value for name, value in film(1).items() if name in {"Id", "Name", "Type"}}
    with serve(World(items=[bare | {"DateCreated": None}])) as address:
        (found,) = contract.records_of(contract.entries_of(library_of(address).pages()))
    assert (found.title, found.minutes, found.year, found.genres) == ("Film 1", None, None, ())
    assert (found.item, found.key) == (SourceItem(film(1)["Id"]), "movie|film 1|")


def test_ids_with_dashes_and_in_capitals_are_the_same_ids() -> None:
    """Whichever way a server, a webhook or a plugin writes them."""
    dashed = str(UUID(int=0xABC)).upper()
    world = World(items=[film(1, Id=dashed)], users={str(UUID(ANNA)).upper(): "Anna"})
    with serve(world) as address:
        library = library_of(address)
        assert ids_read(library) == list(library.item_ids()) == [f"{0xABC:032x}"]
        assert [user.id for user in library.users()] == [ANNA]
        assert len(library.items([f"{0xABC:032x}"])) == 1


def test_a_total_that_is_wrong_ends_nothing_early() -> None:
    """What is listed counts, whatever the server says how much that is."""
    world = World(items=titles(9))
    with serve(world) as address:
        library = replace(library_of(address), page=4)
        world.after_page = lambda now: now.items.append(film(100 + len(now.items)))
        pages = library.pages()
        first = next(pages)
        world.after_page = None
        rest = list(pages)
    assert first.total is not None
    assert len(contract.ids_of([first, *rest])) >= 9


def test_states_are_told_even_where_user_data_is_missing() -> None:
    """It counts as untouched, and the item as seen by the account."""
    world = World(items=[film(1, NoUserData=True), film(2)])
    world.done = {(ANNA, film(2)["Id"]): {"Played": True, "PlayCount": 1}}
    with serve(world) as address:
        found = states(library_of(address), ANNA)
    assert found[film(1)["Id"]] == ItemState(film(1)["Id"])
    assert found[film(2)["Id"]].is_watched


def test_a_series_is_watched_where_the_server_says_so_of_all_of_it() -> None:
    """By what it tells of the account, not by its filters, which are wrong for series."""
    world = World(items=[series(1), series(2)])
    world.done = {
        (ANNA, series(1)["Id"]): {"Played": True, "PlayCount": 0, "UnplayedItemCount": 0},
        (ANNA, series(2)["Id"]): {"Played": False, "PlayCount": 9, "UnplayedItemCount": 1},
    }
    with serve(world) as address:
        found = states(library_of(address), ANNA)
    assert [one.is_watched for one in found.values()] == [True, False]
    assert not any("isUnplayed" in path or "IsUnplayed" in path for path in world.log)


def test_a_parental_limit_hides_titles_from_an_account() -> None:
    """What the server does not show it, it does not tell of."""
    world = World(items=[film(1), film(2, OfficialRating="R")], barred={ANNA: {"R"}})
    with serve(world) as address:
        library = library_of(address)
        assert set(states(library, ANNA)) == {film(1)["Id"]}
        assert set(states(library, BEN)) == {film(1)["Id"], film(2)["Id"]}


def test_a_series_without_a_length_takes_that_of_its_episodes() -> None:
    """The middle of what the first of them run; where none tells, it is unknown."""
    shows = [series(1, RunTimeTicks=None), series(2, RunTimeTicks=0), series(3)]
    world = World(items=[*shows, film(4, RunTimeTicks=None)])
    ticks = [run * TICKS_A_MINUTE for run in (0, 20, 22, 24, 90)]
    world.episodes = {shows[0]["Id"]: [None, "x", *ticks]}
    with serve(world) as address:
        library = library_of(address)
        paged = [one.minutes for one in contract.records_of(contract.entries_of(library.pages()))]
        read = [one.minutes for one in library.read() if isinstance(one, TitleRecord)]
        asked = [query for query in queries(world) if query["includeItemTypes"] == "Episode"]
    assert (paged, read) == ([None, None, 83, None], [23, None, 83, None])
    assert len(asked) == 2
    assert {int(query["limit"]) for query in asked} == {EPISODES}


def test_a_poster_is_fetched_in_the_size_it_is_shown_in() -> None:
    """By its tag, which changes when the picture does."""
    world = World()
    with serve(world) as address:
        library_of(address).poster(f"{film(1)['Id']}/tag1", 1000)
    (asked,) = queries(world, f"/Items/{film(1)['Id']}/Images/Primary")
    assert asked == {"tag": "tag1", "maxWidth": "400", "quality": "90"}


def test_a_rating_that_was_written_is_told() -> None:
    """By the same account; of an item that is gone, an error with a name."""
    world = World()
    with serve(world) as address:
        library = library_of(address)
        library.rate(ANNA, film(1)["Id"], 8.0)
        assert states(library, ANNA)[film(1)["Id"]].rating == 8.0
        assert states(library, BEN)[film(1)["Id"]].rating is None
        library.rate(ANNA, film(1)["Id"], 0.0)
        assert states(library, ANNA)[film(1)["Id"]].rating is None
        for user, item in ((ANNA, "9" * 32), ("9" * 32, film(1)["Id"])):
            with pytest.raises(SourceMalformed, match="status 404"):
                library.rate(user, item, 8.0)


def test_a_list_without_end_is_given_up() -> None:
    """A server that answers with ever the same is told so."""
    answer = telling({"Items": titles(3), "TotalRecordCount": 10**9})
    with hostile(answer) as (address, _):
        for ask in (ids_read, lambda library: list(library.item_ids())):
            with pytest.raises(SourceMalformed, match="again and again"):
                ask(library_of(address))
