"""A Plex server is read as it is, whatever it leaves out, cuts short or does not heed."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.backend.domain.errors import (
    InvalidInput,
    ServerRefuses,
    SourceError,
    SourceMalformed,
    SourceUnreadable,
)
from app.backend.domain.media_server import ItemState, ServerFacts, ServerLibrary, ServerUser
from app.backend.domain.title import Refusal, TitleRecord
from app.backend.sources.plex import PlexLibrary, plex
from app.backend.sources.plex_keys import insist_on_own_key
from app.backend.sources.plex_titles import IDS_AT_ONCE
from app.backend.sources.server_address import ServerAddress
from app.backend.sources.upstream import Patience
from tests.contracts import media_server as contract
from tests.contracts.library_source import LATEST_YEAR
from tests.contracts.media_server import PAGE, PATIENT, Item, MediaServerSuite
from tests.media_servers.fake_plex import (
    ANNA,
    ANNA_KEY,
    BEGAN,
    BEN,
    BEN_KEY,
    FILMS,
    MINUTE,
    MUSIC,
    OWNER,
    OWNER_KEY,
    SHOWS,
    World,
    film,
    play,
    seconds,
    series,
    serve,
    tags,
    titles,
)
from tests.media_servers.server import JPEG

LATER = BEGAN + timedelta(days=30)


def library_of(
    address: str,
    *libraries: str,
    key: str = OWNER_KEY,
    keys: Mapping[str, str] = MappingProxyType({ANNA: ANNA_KEY}),
    patience: Patience = PATIENT,
    page: int = 200,
) -> PlexLibrary:
    """Return a client of a server, with a key of Anna's own."""
    made = plex(
        ServerAddress.of(address),
        key,
        keys,
        libraries=libraries,
        latest_year=LATEST_YEAR,
        patience=patience,
    )
    return replace(made, page=page)


def read(library: PlexLibrary) -> list[TitleRecord]:
    """Read the titles of a library in which nothing is wrong."""
    entries = list(library.read())
    assert not [entry for entry in entries if isinstance(entry, Refusal)]
    return [entry for entry in entries if isinstance(entry, TitleRecord)]


def read_ids(library: PlexLibrary) -> list[str]:
    """Return the ids of all titles, in the order in which they are read."""
    return [record.item.id for record in read(library) if record.item is not None]


def states(
    library: PlexLibrary, user_id: str, since: datetime | None = None
) -> dict[str, ItemState]:
    """Return what an account did, by item."""
    return {one.item_id: one for one in library.states(user_id, since)}


class TestPlexAsAMediaServer(MediaServerSuite):
    """What every media server must hold, and every source of titles."""

    fake = "tests.media_servers.fake_plex"
    anna, ben, stranger = ANNA, BEN, "999"
    films, gone, key = FILMS, "999", OWNER_KEY

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
    ) -> PlexLibrary:
        """Make a client that has the keys of all accounts."""
        keys = {ANNA: ANNA_KEY, BEN: BEN_KEY}
        return library_of(address, *libraries, keys=keys, patience=patience, page=page)

    def item_id(self, item: Item) -> str:
        """Return an item's id."""
        return str(item["ratingKey"])

    def copy(self, world: contract.World, item: Item) -> Item:
        """Add the same film in another library."""
        assert isinstance(world, World)
        world.sections.append({"key": "8", "type": "movie", "title": "4K"})
        world.items.append(item | {"ratingKey": "800", "librarySectionID": 8})
        return world.items[-1]

    def broken(self) -> list[Item]:
        """Make items without a name, without an id, and such as are no titles."""
        return [
            film(90, title=""),
            film(91, ratingKey="../91"),
            film(92, ratingKey=None),
            film(93, year="soon"),
            film(94, Genre="Comedy"),
            film(95, audienceRating=11),
            film(96, Guid={"id": "imdb://tt1"}),
        ]

    def saved(self, world: contract.World, item: Item, at: datetime) -> None:
        """Have an item been written at a moment."""
        assert isinstance(world, World)
        item["updatedAt"] = seconds(at)

    def done(self, world: contract.World, user: str, item: Item, state: ItemState) -> None:
        """Have an account done something with an item; what was not done is left out."""
        assert isinstance(world, World)
        at = None if state.watched_at is None else seconds(state.watched_at)
        told = {"viewCount": state.plays, "lastViewedAt": at, "userRating": state.rating}
        world.done[user, item["ratingKey"]] = {name: one for name, one in told.items() if one}

    def hide(self, world: contract.World, user: str, item: Item) -> None:
        """Have an account not see an item."""
        assert isinstance(world, World)
        world.hidden.add((user, item["ratingKey"]))

    def poster(self) -> str:
        """Return what names a poster."""
        return "1.1700000001"

    def rated(self, world: contract.World) -> list[tuple[str, str, float]]:
        """Return the ratings that were written; -1 takes one back."""
        assert isinstance(world, World)
        told = [(account, said["key"], float(said["rating"])) for account, said in world.written]
        return [(account, item, max(0.0, rating)) for account, item, rating in told]


def test_the_key_is_in_a_header_and_never_in_an_address() -> None:
    """JSON is asked for, and whoever asks is the same at every start."""
    world = World(items=[film(1), series(2)], done={(ANNA, "1"): {"viewCount": 1}})
    with serve(world) as address:
        for library in (library_of(address), library_of(address)):
            library.facts()
            list(library.read())
            states(library, ANNA)
            states(library, BEN)
            library.poster("1.17", 1000)
            library.rate(ANNA, "1", 8.0)
            library.close()
    assert not [path for path in world.log if OWNER_KEY in path or ANNA_KEY in path]
    assert {told["Accept"] for told in world.headers} == {"application/json"}
    assert {told["X-Plex-Token"] for told in world.headers} == {OWNER_KEY, ANNA_KEY}
    (client,) = {told["X-Plex-Client-Identifier"] for told in world.headers}
    assert client.startswith("encore-")


def test_a_server_says_who_it_is() -> None:
    """Its number makes links to its pages."""
    with serve(World()) as address:
        facts = library_of(address).facts()
    assert facts == ServerFacts("c" * 40, "Attic", "1.43.2.10687-563d6")


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(speaks_json=False), "tells no JSON"),
        (World(about={"machineIdentifier": "c", "version": "1.19.5.3112"}), "too old"),
        (World(about={"machineIdentifier": "c", "version": "soon"}), "its version"),
        (World(about={"version": "1.43.2"}), "its id"),
        (World(raw=b"<html>"), "no JSON"),
        (World(raw=b"[]"), "something else"),
        (World(raw=b'{"Items": []}'), "something else"),
    ],
)
def test_what_is_no_plex_of_today_says_so(world: World, said: str) -> None:
    """A server that speaks XML alone, is too old, or is another program, is named as such."""
    with serve(world) as address, pytest.raises(SourceMalformed, match=said):
        library_of(address).facts()


def test_a_key_that_is_not_taken_says_so() -> None:
    """Nothing is told without one."""
    with serve(World()) as address, pytest.raises(ServerRefuses, match="does not take the key"):
        library_of(address, key="wrong").facts()


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ü", "x" * 501])
def test_what_can_be_no_key_is_sent_nowhere(key: str) -> None:
    """A key is one word of letters, digits and a few signs, also a token of the newer kind."""
    with pytest.raises(InvalidInput, match="no key of Plex"):
        library_of("http://nas.local:32400", key=key)
    library_of("http://nas.local:32400", key="eyJhbGciOi.J9-_x.dGVzdA==")


def test_only_libraries_of_films_and_series_are_read() -> None:
    """Music and photos hold no titles."""
    music = film(7, librarySectionID=int(MUSIC), type="artist")
    world = World(items=[film(1), series(2), music])
    with serve(world) as address:
        library = library_of(address)
        assert library.libraries() == [ServerLibrary(FILMS, "Films"), ServerLibrary(SHOWS, "Shows")]
        assert read_ids(library) == ["1", "2"]
        assert read_ids(library_of(address, SHOWS)) == ["2"]
    assert not [path for path in world.log if f"/sections/{MUSIC}/" in path]


# Libraries, pages of two hundred films of which the last is empty, and one of no series.
@pytest.mark.parametrize(
    ("number", "of_titles", "of_lists"), [(2 * IDS_AT_ONCE + 1, 3, 5), (2_000, 20, 13)]
)
def test_genres_that_a_list_cuts_are_read_in_full(
    number: int, of_titles: int, of_lists: int
) -> None:
    """Lists tell two genres and three people; each item tells all of them, many at a time."""
    world = World(items=[film(one) for one in range(1, number + 1)])
    with serve(world) as address:
        found = read(library_of(address))
    assert [record for record in found if record.genres == ("Action", "Thriller", "Crime", "Drama")]
    assert {record.cast for record in found} == {("Ada", "Bo", "Cleo", "Dov", "Eve")}
    assert all(len(record.other_ids) == 2 for record in found)
    details = [path for path in world.log if path.startswith("/library/metadata/")]
    assert (len(details), len(world.log) - len(details)) == (of_titles, of_lists)
    assert len(found) == number


def test_an_answer_that_is_not_paged_is_all_there_is() -> None:
    """Where no total is told, whatever was asked for, everything was answered."""
    world = World(items=[film(one) for one in range(1, 251)], is_paged=False)
    with serve(world) as address:
        library = library_of(address)
        assert library.count() == 250
        assert len(read(library)) == 250


def test_counting_reads_nothing() -> None:
    """A page of no items tells how many there are."""
    world = World(items=[film(1), film(2), series(3)])
    with serve(world) as address:
        assert library_of(address).count() == 3
    asked = [dict(parse_qsl(urlsplit(path).query)) for path in world.log if "/all" in path]
    assert {one["X-Plex-Container-Size"] for one in asked} == {"0"}
    # Without a start, Plex does not heed a size.
    assert {one["X-Plex-Container-Start"] for one in asked} == {"0"}


def test_what_is_new_is_read_last() -> None:
    """So that what is added while we read moves nothing of what was not read yet."""
    world = World(items=[film(number) for number in (3, 10, 2)])
    with serve(world) as address:
        assert read_ids(library_of(address)) == ["2", "3", "10"]


@pytest.mark.parametrize("one_missing_costs_all", [False, True])
def test_an_item_that_goes_after_it_was_listed_is_no_title(one_missing_costs_all: bool) -> None:
    """It is left out, whether the server then tells of the others or says that there is nothing."""
    world = World(one_missing_costs_all=one_missing_costs_all)

    def lose_one(now: World) -> None:
        now.items = [item for item in now.items if item["ratingKey"] != "3"]

    world.after_page = lose_one
    with serve(world) as address:
        assert read_ids(library_of(address)) == ["1", "2", "4", "5"]


def test_changes_are_asked_for_by_their_moment() -> None:
    """From an hour before, with the operator that Plex heeds; what it adds is new last."""
    world = World(items=[film(1), film(2, updatedAt=seconds(LATER)), series(3)])
    with serve(world) as address:
        library = library_of(address)
        pages = list(library.changed(LATER))
        assert list(library.changed(LATER + timedelta(hours=2))) == []
    assert [entry.where for page in pages for entry in page.entries] == ["item 2"]
    began = seconds(LATER - timedelta(hours=1))
    assert any(f"updatedAt%3E%3E={began}" in path for path in world.log)


def test_a_filter_that_is_not_heeded_brings_everything() -> None:
    """More than was asked for is no harm."""
    with serve(World(heeds_filters=False)) as address:
        pages = list(library_of(address).changed(LATER))
    assert sum(len(page.entries) for page in pages) == 5


def test_a_series_without_a_length_takes_that_of_its_episodes() -> None:
    """The middle of what they run; where none of them tells, it is unknown."""
    episodes = [{"ratingKey": str(n), "duration": n * MINUTE} for n in (20, 22, 24, 90)]
    world = World(
        items=[series(1, duration=None), series(2, duration=None), series(3, duration=0)],
        episodes={"1": [*episodes, {"ratingKey": "9"}, {"ratingKey": "8", "duration": "x"}]},
    )
    with serve(world) as address:
        found = read(library_of(address))
    assert [record.minutes for record in found] == [23, None, None]


def test_accounts_are_told_without_the_one_of_nobody() -> None:
    """The account with the number 0 stands for nobody."""
    with serve(World()) as address:
        found = library_of(address).users()
    assert found == [ServerUser(OWNER, "olga"), ServerUser(ANNA, "anna"), ServerUser(BEN, "ben")]


def test_only_the_owners_key_opens_a_source() -> None:
    """Another's tells of nobody's account, and says whose is needed."""
    with serve(World()) as address, pytest.raises(ServerRefuses, match="the server's owner"):
        library_of(address, key=ANNA_KEY).users()


def test_each_key_sees_its_own_account() -> None:
    """What the owner watched is on no other list, and what is hidden from Anna is not on hers."""
    world = World(
        items=[film(1), film(2), film(3), series(4)],
        done={
            (OWNER, "1"): {"viewCount": 3, "lastViewedAt": seconds(BEGAN), "userRating": 2.0},
            (ANNA, "2"): {"userRating": 9.0},
            (ANNA, "4"): {"viewCount": 10, "viewedLeafCount": 10},
        },
        hidden={(ANNA, "3")},
    )
    with serve(world) as address:
        library = library_of(address)
        olga, anna = states(library, OWNER), states(library, ANNA)
        assert library.tells_visibility(OWNER)
        assert library.tells_visibility(ANNA)
    assert olga["1"] == ItemState("1", True, BEGAN, 3, 2.0)
    assert anna == {
        "1": ItemState("1"),
        "2": ItemState("2", rating=9.0),
        "4": ItemState("4", True, None, 10),
    }


def test_a_library_that_is_not_shared_is_not_asked_for() -> None:
    """Its titles are not among what an account may see; asked for, it would be refused."""
    world = World(items=[film(1), series(2)], unshared={(ANNA, FILMS)})
    with serve(world) as address:
        assert set(states(library_of(address), ANNA)) == {"2"}
        assert set(states(library_of(address, FILMS), ANNA)) == set()


def test_what_was_done_lately_is_asked_for_alone() -> None:
    """What was played or rated since a day before a moment, and nothing else."""
    world = World(
        items=[film(number) for number in range(1, 5)],
        done={
            (ANNA, "1"): {"viewCount": 1, "lastViewedAt": seconds(LATER)},
            (ANNA, "2"): {"userRating": 8.0, "lastRatedAt": seconds(LATER)},
            (ANNA, "3"): {"viewCount": 1, "lastViewedAt": seconds(BEGAN)},
        },
    )
    with serve(world) as address:
        assert set(states(library_of(address), ANNA, since=LATER)) == {"1", "2"}


def test_without_a_key_of_their_own_the_history_tells_what_they_played() -> None:
    """The owner's evenings are there too, and the owner's alone; nothing tells what Ben may see."""
    world = World(
        items=[film(1), film(2), film(3)],
        history=[
            play(1, OWNER, BEGAN, "1"),
            play(2, BEN, BEGAN, "2"),
            play(3, BEN, LATER, "2"),
            play(4, ANNA, LATER, "3"),
        ],
    )
    with serve(world) as address:
        library = library_of(address)
        assert not library.tells_visibility(BEN)
        assert states(library, BEN) == {"2": ItemState("2", True, LATER, 2)}
        assert states(library, BEN, since=LATER + timedelta(days=2)) == {}


def test_the_owners_history_is_nobody_elses_even_where_the_filter_is_not_heeded() -> None:
    """Each play says whose it is; one that does not is nobody's."""
    nobodys = play(3, BEN, BEGAN, "3")
    del nobodys["accountID"]
    world = World(history=[play(1, OWNER, BEGAN, "1"), play(2, BEN, BEGAN, "2")])
    world.heeds_filters = False
    with serve(world) as address:
        assert set(states(library_of(address), BEN)) == {"2"}
        assert states(library_of(address), BEN, LATER) == {}
    world.raw = json.dumps({"MediaContainer": {"Metadata": [nobodys, "x", None]}}).encode()
    with serve(world) as address:
        assert states(library_of(address), BEN) == {}


def test_the_owners_account_is_not_told_by_the_history() -> None:
    """Its own key tells more: what was rated, and what was only marked as watched."""
    world = World(history=[play(1, OWNER, BEGAN, "1")])
    with serve(world) as address:
        assert not states(library_of(address), OWNER)["1"].is_watched
    assert not [path for path in world.log if "history" in path]


def test_a_series_is_watched_once_every_episode_was_played() -> None:
    """Also where only the last of them was played lately; what is gone there counts for nothing."""
    plays = [play(number, BEN, BEGAN, str(50 + number), "4") for number in range(1, 10)]
    gone = play(30, BEN, BEGAN, "x", "4")
    world = World(items=[series(4), series(5)], history=[*plays, gone])
    with serve(world) as address:
        library = library_of(address)
        assert not states(library, BEN)["4"].is_watched
        world.history.append(play(20, BEN, LATER, "60", "4"))
        world.history.append(play(21, BEN, LATER, "70", "5"))
        lately = states(library, BEN, since=LATER)
        assert lately["4"] == ItemState("4", True, LATER, 10)
        assert not lately["5"].is_watched
        assert states(library, BEN)["4"].is_watched


def test_a_rating_is_written_with_the_accounts_own_key() -> None:
    """With nobody else's: without one it is not written at all. 0 takes a rating back."""
    world = World()
    with serve(world) as address:
        library = library_of(address)
        library.rate(ANNA, "3", 8.0)
        library.rate(OWNER, "3", 7.5)
        library.rate(ANNA, "3", 0.0)
        with pytest.raises(ServerRefuses, match="its own key"):
            library.rate(BEN, "3", 8.0)
    assert [(account, said["rating"]) for account, said in world.written] == [
        (ANNA, "8"),
        (OWNER, "7.5"),
        (ANNA, "-1"),
    ]
    assert world.written[0][1] | {"rating": ""} == {
        "identifier": "com.plexapp.plugins.library",
        "key": "3",
        "rating": "",
    }


def test_a_poster_is_fetched_in_the_size_it_is_shown_in() -> None:
    """The server makes it small."""
    world = World()
    with serve(world) as address:
        assert library_of(address).poster("22.1579514246", 1000) == JPEG
    query = dict(parse_qsl(urlsplit(world.log[0]).query))
    assert query["url"] == "/library/metadata/22/thumb/1579514246"
    assert (query["width"], query["height"]) == ("400", "600")


def test_a_key_must_be_the_accounts_own() -> None:
    """The owner's is told by what it opens, another's by what was played with it."""
    world = World()
    with serve(world) as served:
        address = ServerAddress.of(served)
        insist_on_own_key(address, ANNA_KEY, ANNA, PATIENT)
        with pytest.raises(InvalidInput, match="somebody else"):
            insist_on_own_key(address, OWNER_KEY, ANNA, PATIENT)
        with pytest.raises(ServerRefuses, match=f"Plex for account {ANNA}"):
            insist_on_own_key(address, "wrong", ANNA, PATIENT)
        world.history = [play(1, BEN, BEGAN, "1"), play(2, ANNA, BEGAN, "1")]
        insist_on_own_key(address, ANNA_KEY, ANNA, PATIENT)
        with pytest.raises(InvalidInput, match="somebody else"):
            insist_on_own_key(address, BEN_KEY, ANNA, PATIENT)


@pytest.mark.parametrize(
    "told",
    [
        '{"MediaContainer": []}',
        '{"MediaContainer": {"Directory": {}}}',
        '{"MediaContainer": {"Directory": ["x"]}}',
        '{"MediaContainer": {"Directory": [{"type": "movie", "key": "../x"}]}}',
    ],
)
def test_a_document_of_another_shape_is_a_named_error(told: str) -> None:
    """Whatever is asked for, nothing is guessed at."""
    with serve(World(raw=told.encode())) as address:
        library = library_of(address)
        for ask in (
            library.libraries,
            library.count,
            lambda: list(library.pages()),
            lambda: list(library.item_ids()),
            lambda: states(library, OWNER),
        ):
            with pytest.raises(SourceError) as caught:
                ask()
            assert type(caught.value) in {SourceMalformed, SourceUnreadable}


@pytest.mark.parametrize(
    ("listed", "titles", "refusals"),
    [
        ([], 0, 0),
        (["x"], 0, 1),
        ([None, 3], 0, 2),
        ([{"ratingKey": {}}], 0, 1),
        ([film(1, title=None)], 0, 1),
        ([film(1), film(1), film(2, Genre=tags(*map(str, range(999))))], 2, 0),
    ],
)
def test_hostile_items_cost_nothing_but_themselves(
    listed: list[object], titles: int, refusals: int
) -> None:
    """A list of nonsense is read to its end."""
    container = {"Directory": [{"type": "movie", "key": "1"}], "Metadata": listed}
    raw = json.dumps({"MediaContainer": container}).encode()
    with serve(World(raw=raw)) as address:
        library = library_of(address)
        entries = [entry for page in library.pages() for entry in page.entries]
        assert len(set(library.item_ids())) == len(states(library, OWNER))
    refused = [entry for entry in entries if isinstance(entry, Refusal)]
    assert (len(entries) - len(refused), len(refused)) == (titles, refusals)


def test_a_list_without_end_is_given_up() -> None:
    """A server that answers with ever the same is told so."""
    rows = [film(number) for number in range(1, 4)]
    container = {
        "Directory": [{"type": "movie", "key": "1"}],
        "Metadata": rows,
        "totalSize": 10**9,
    }
    world = World(raw=json.dumps({"MediaContainer": container}).encode())
    with serve(world) as address, pytest.raises(SourceMalformed, match="again and again"):
        list(library_of(address).item_ids())
