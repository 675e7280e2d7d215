"""What every media server must hold, however the one at the other end behaves.

Each server's tests inherit it and say, by the hooks at its beginning, how its fake is served.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest

from app.backend.domain.errors import (
    AddressRefused,
    InvalidInput,
    ServerRefuses,
    ServerUnreachable,
    SourceError,
    SourceMalformed,
    SourceUnreadable,
)
from app.backend.domain.media_server import ItemState
from app.backend.domain.title import Refusal, TitleRecord
from app.backend.sources.library_source import Entry, LibrarySource
from app.backend.sources.media_server import MediaServer, Page
from app.backend.sources.upstream import Patience
from tests.contracts.library_source import LibrarySourceSuite
from tests.media_servers.hostile import AWAY, LEADING_ON, NONSENSE, REFUSING, Answer, hostile
from tests.media_servers.server import JPEG, process

PATIENT = Patience(attempts=3, most_wait_seconds=0.0)
# What no answer of a test comes near to, and one without end soon exceeds.
FRUGAL = Patience(most_bytes=64 * 1024, attempts=2, most_wait_seconds=0.0)
# Servers that never answer are asked once: waiting for them takes the time that it takes.
IMPATIENT = Patience(most_bytes=64 * 1024, answer_seconds=0.06, attempts=1, most_wait_seconds=0.0)
PAGE = 4
AT = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)
# A number of titles of which some are series, and which is no multiple of a page.
MANY = 23

Item = dict[str, Any]


class World(Protocol):
    """What a fake holds, and how it behaves."""

    items: list[Item]
    log: list[str]
    starting: int
    after_page: Callable[[Any], object] | None


class Hooks:
    """What each server's tests say: how the fake is made, served and spoken to.

    Attributes
    ----------
    fake : str
        The module that is run as a process: `--titles N` has it hold what `titles(N)` makes.
    anna, ben : str
        Accounts of which everything is told.
    stranger : str
        An id that no account has.
    films : str
        The id of the library of films.
    gone : str
        The id of a library, and of an item, that the server does not have.
    key : str
        What opens the server.
    """

    fake: ClassVar[str]
    anna: ClassVar[str]
    ben: ClassVar[str]
    stranger: ClassVar[str]
    films: ClassVar[str]
    gone: ClassVar[str]
    key: ClassVar[str]

    def titles(self, number: int) -> list[Item]:
        """Make so many films and series, each another title, the oldest first."""
        raise NotImplementedError

    def world(self, items: list[Item]) -> World:
        """Make a server that holds these."""
        raise NotImplementedError

    def serve(self, world: World) -> AbstractContextManager[str]:
        """Serve it in a thread; yields the address."""
        raise NotImplementedError

    def client(
        self, address: str, *libraries: str, patience: Patience = PATIENT, page: int = PAGE
    ) -> MediaServer:
        """Make a client that reads these libraries; all, where none is named."""
        raise NotImplementedError

    def item_id(self, item: Item) -> str:
        """Return an item's id in its one spelling."""
        raise NotImplementedError

    def copy(self, world: World, item: Item) -> Item:
        """Add the same title once more, in another library of films, and return that item."""
        raise NotImplementedError

    def broken(self) -> list[Item]:
        """Make items of which no title can be made, one for each way to be broken."""
        raise NotImplementedError

    def saved(self, world: World, item: Item, at: datetime) -> None:
        """Have an item been written at the server at a moment."""
        raise NotImplementedError

    def done(self, world: World, user: str, item: Item, state: ItemState) -> None:
        """Have an account done something with an item."""
        raise NotImplementedError

    def hide(self, world: World, user: str, item: Item) -> None:
        """Have an account not see an item."""
        raise NotImplementedError

    def poster(self) -> str:
        """Return what names a poster, as `SourceItem.poster` does."""
        raise NotImplementedError

    def rated(self, world: World) -> list[tuple[str, str, float]]:
        """Return what was written: account, item, and the rating, 0 where it was taken back."""
        raise NotImplementedError


class ReadingSuite(Hooks):
    """Reading, from a server that is at rest."""

    @pytest.fixture(scope="class")
    @classmethod
    def address(cls) -> Iterator[str]:
        """A server that is a process of its own, with MANY titles."""
        with process(cls.fake, MANY) as address:
            yield address

    def test_a_server_says_who_it_is(self, address: str) -> None:
        """Its own id, which is what tells it from others, its name and its version."""
        with closing(self.client(address)) as server:
            facts = server.facts()
            assert facts == server.facts()
        assert facts.server_id.strip() == facts.server_id != ""
        assert facts.name
        assert facts.version

    def test_libraries_and_accounts_are_told(self, address: str) -> None:
        """Each has an id of its own and a name; libraries without films and series are none."""
        with closing(self.client(address)) as server:
            libraries, users = server.libraries(), server.users()
        for told in (libraries, users):
            assert len({one.id for one in told}) == len(told)
            assert all(one.name.strip() for one in told)
        assert self.films in {one.id for one in libraries}
        assert "Music" not in {one.name for one in libraries}
        assert {self.anna, self.ben} <= {one.id for one in users}

    def test_every_title_is_read_once(self, address: str) -> None:
        """In the server's order, with its item's id, page by page."""
        wanted = [self.item_id(item) for item in self.titles(MANY)]
        with closing(self.client(address)) as server:
            pages = list(server.pages())
            assert sorted(server.item_ids()) == sorted(wanted)
            assert server.count() == server.total() == MANY
        found = ids_of(pages)
        assert sorted(found) == sorted(wanted)
        assert len(found) == len(set(found))
        assert max(len(page.entries) for page in pages) <= PAGE
        assert pages[-1].total == MANY
        assert all(page.total is not None and page.total <= MANY for page in pages)

    def test_reading_goes_on_after_any_page(self, address: str) -> None:
        """What was read is not read again; what cannot be gone on with is read from its start."""
        with closing(self.client(address)) as server:
            pages = list(server.pages())
            for number, page in enumerate(pages, start=1):
                rest = list(server.pages(page.after))
                assert [one.entries for one in rest] == [one.entries for one in pages[number:]]
            for after in ("nowhere", "1:2", "::::", pages[0].after + "x", "9" * 40):
                assert ids_of(server.pages(after)) == ids_of(pages)

    def test_some_titles_are_read_by_their_ids(self, address: str) -> None:
        """As many as are wanted; those that are gone are not among them; none is no error."""
        wanted = [self.item_id(item) for item in self.titles(MANY)]
        with closing(self.client(address)) as server:
            listed = {told_of(one) for one in records_of(entries_of(server.pages()))}
            found = records_of(server.items([*wanted, self.gone]))
            assert server.items([]) == server.items([self.gone]) == []
        assert len(found) == MANY
        assert {told_of(one) for one in found} == listed

    def test_only_chosen_libraries_are_read(self, address: str) -> None:
        """By every way of reading titles; a library that is gone is an error, never everything."""
        with closing(self.client(address, self.films)) as server:
            found = ids_of(server.pages())
            assert 0 < server.count() == len(found) == len(list(server.item_ids())) < MANY
        with closing(self.client(address, self.films, self.gone)) as server:
            for ask in readings(server):
                with pytest.raises(SourceUnreadable, match="choose its libraries again"):
                    ask()

    def test_what_can_be_no_id_is_asked_of_nobody(self) -> None:
        """It could lead anywhere once it is part of an address."""
        server = self.client("http://127.0.0.1:9")
        for text in ("../1", "1/2", "1?a=b", "1&rating=2", "", "x" * 400, "1\r\nX: y", "ü"):
            for ask in (
                lambda text=text: server.items([text]),
                lambda text=text: list(server.states(text, None)),
                lambda text=text: server.rate(text, self.gone, 5.0),
                lambda text=text: server.rate(self.anna, text, 5.0),
                lambda text=text: server.poster(text, 1000),
                lambda text=text: server.poster(f"{self.gone}/{text}", 1000),
            ):
                with pytest.raises(InvalidInput):
                    ask()
        for library in ("../1", "", "ü"):
            with pytest.raises(InvalidInput):
                self.client("http://127.0.0.1:9", library)

    def test_a_poster_is_bytes_and_no_more_than_agreed_to(self, address: str) -> None:
        """Whatever is in it is for others to judge."""
        with closing(self.client(address)) as server:
            assert server.poster(self.poster(), len(JPEG)) == JPEG
            with pytest.raises(SourceMalformed, match="more than"):
                server.poster(self.poster(), len(JPEG) - 1)

    def test_keys_are_told_to_nobody(self, address: str) -> None:
        """Neither the client's own description nor an error's text holds them."""
        with closing(self.client(address)) as server:
            assert self.key not in repr(server)
        for answer in (*REFUSING.values(), *LEADING_ON.values()):
            with hostile(answer) as (other, asked), closing(self.client(other)) as server:
                with pytest.raises(SourceError) as caught:
                    server.facts()
                assert self.key not in str(caught.value)
                assert all(self.key.encode() not in head.partition(b"\r\n")[0] for head in asked)


class ChangingSuite(Hooks):
    """Reading, while the server changes, and what changed."""

    @pytest.mark.parametrize("number", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE])
    def test_reading_ends_where_the_list_ends(self, number: int) -> None:
        """Also where it ends with a page, and where it is empty."""
        world = self.world(self.titles(number))
        with self.serve(world) as address, closing(self.client(address)) as server:
            assert len(ids_of(server.pages())) == server.count() == number
            assert len(list(server.item_ids())) == number

    @pytest.mark.parametrize("gone", [[0], [2 * PAGE - 1], [2 * PAGE], [2 * PAGE + 1], [MANY - 1]])
    def test_items_that_go_while_we_read_cost_no_other(self, gone: list[int]) -> None:
        """Whether they stood before or after the place that was read."""
        self._read_while(lambda world: _without(world, gone))

    def test_many_items_that_go_while_we_read_cost_no_other(self) -> None:
        """More than a page of them, from where was read already."""
        self._read_while(lambda world: _without(world, list(range(2 * PAGE))))

    def test_items_that_come_while_we_read_cost_no_other(self) -> None:
        """What is new comes last."""
        new = self.titles(MANY + 3)[MANY:]
        self._read_while(lambda world: world.items.extend(new))

    def test_a_library_that_is_emptied_while_we_read_ends_the_reading(self) -> None:
        """What was read was read."""
        self._read_while(lambda world: world.items.clear())

    def _read_while(self, change: Callable[[World], object]) -> None:
        """Read while something changes after the second page of titles; insist on the rest."""
        world = self.world(self.titles(MANY))
        pages = list[Page]()
        with self.serve(world) as address, closing(self.client(address)) as server:
            for page in server.pages():
                pages.append(page)
                if len(pages) == 2:
                    change(world)
        found = ids_of(pages)
        assert len(found) == len(set(found))
        assert {self.item_id(item) for item in world.items} <= set(found)

    def test_a_title_of_two_libraries_is_told_twice_and_kept_once(self) -> None:
        """By pages with both of its items; by reading, as every source does, the first."""
        world = self.world(self.titles(3))
        copy = self.copy(world, world.items[0])
        with self.serve(world) as address, closing(self.client(address)) as server:
            found = records_of(entries_of(server.pages()))
            entries = list(server.read())
            assert server.count() == len(set(server.item_ids())) == 4
        keys = [record.key for record in found]
        assert (len(keys), len(set(keys))) == (4, 3)
        libraries = {one.item.id: one.item.library for one in found if one.item}
        assert self.item_id(copy) in libraries
        (refused,) = (entry for entry in entries if isinstance(entry, Refusal))
        assert refused.reason.startswith("is the same title as ")

    def test_what_is_broken_costs_nothing_but_itself(self) -> None:
        """Each is refused, with a sentence, where it stands; all others are read."""
        broken = self.broken()
        items = self.titles(6)
        world = self.world([*items[:3], *broken, *items[3:]])
        with self.serve(world) as address, closing(self.client(address)) as server:
            entries = entries_of(server.pages())
            ids = list(server.item_ids())
        refused = [entry for entry in entries if isinstance(entry, Refusal)]
        assert len(refused) == len(broken) > 0
        assert len({entry.where for entry in refused}) == len(refused)
        assert ids_of_entries(entries) == [self.item_id(item) for item in items]
        assert {self.item_id(item) for item in items} <= set(ids)

    def test_changes_are_read_alone(self) -> None:
        """What was written since a moment, or somewhat before: never less."""
        world = self.world(self.titles(MANY))
        for item in world.items[3:5]:
            self.saved(world, item, AT)
        with self.serve(world) as address, closing(self.client(address)) as server:
            found = ids_of(server.changed(AT))
            assert ids_of(server.changed(AT + timedelta(days=1))) == []
        assert found == [self.item_id(item) for item in world.items[3:5]]


class PeopleSuite(Hooks):
    """What accounts did."""

    def test_what_an_account_did_is_told_of_all_that_it_may_see(self) -> None:
        """Touched or not, and nothing of what others did; what is hidden from it is not there."""
        world = self.world(self.titles(MANY))
        watched = ItemState(self.item_id(world.items[1]), True, AT, 2, 8.0)
        rated = ItemState(self.item_id(world.items[2]), rating=3.0)
        for item, state in zip(world.items[1:], (watched, rated), strict=False):
            self.done(world, self.anna, item, state)
        others = ItemState(self.item_id(world.items[4]), True, AT, 1, 1.0)
        self.done(world, self.ben, world.items[4], others)
        self.hide(world, self.anna, world.items[0])
        with self.serve(world) as address, closing(self.client(address)) as server:
            assert server.tells_visibility(self.anna)
            found = {state.item_id: state for state in server.states(self.anna, None)}
            of_ben = {state.item_id: state for state in server.states(self.ben, None)}
        visible = {self.item_id(item) for item in world.items[1:]}
        assert set(found) == visible
        assert found[watched.item_id] == watched
        assert found[rated.item_id] == rated
        assert found[others.item_id] == ItemState(others.item_id)
        assert of_ben[others.item_id] == others
        assert of_ben[watched.item_id] == ItemState(watched.item_id)

    def test_what_was_played_lately_is_told_alone(self) -> None:
        """Since a moment, or somewhat before: never less, and not everything."""
        world = self.world(self.titles(MANY))
        for number, item in enumerate(world.items):
            at = AT - timedelta(days=30 * number)
            self.done(world, self.anna, item, ItemState(self.item_id(item), True, at, 1))
        with self.serve(world) as address, closing(self.client(address)) as server:
            found = {state.item_id for state in server.states(self.anna, AT)}
        assert self.item_id(world.items[0]) in found
        assert len(found) <= PAGE

    def test_what_an_account_did_with_some_titles_is_told_alone(self) -> None:
        """As it is now; what is gone, or hidden from it, is not among them."""
        world = self.world(self.titles(MANY))
        rated, untouched, hidden = map(self.item_id, world.items[1:4])
        self.done(world, self.anna, world.items[1], ItemState(rated, rating=3.0))
        self.done(world, self.ben, world.items[2], ItemState(untouched, rating=9.0))
        self.hide(world, self.anna, world.items[3])
        with self.serve(world) as address, closing(self.client(address)) as server:
            asked = (rated, untouched, hidden, self.gone)
            found = list(server.states_of(self.anna, asked))
            assert list(server.states_of(self.anna, ())) == []
            with pytest.raises(InvalidInput):
                list(server.states_of(self.anna, ("../1",)))
        told = {(state.item_id, state.rating) for state in found}
        assert told == {(rated, 3.0), (untouched, None)}

    def test_an_account_that_is_not_there_is_a_named_error(self) -> None:
        """It never is an account that did nothing, which would take everything back."""
        world = self.world(self.titles(3))
        with self.serve(world) as address, closing(self.client(address)) as server:
            assert self.stranger not in {user.id for user in server.users()}
            if server.tells_visibility(self.stranger):
                with pytest.raises(SourceError):
                    list(server.states(self.stranger, None))
                with pytest.raises(SourceError):
                    list(server.states_of(self.stranger, (self.item_id(world.items[0]),)))

    def test_a_rating_is_written_for_one_account(self) -> None:
        """From 0, which takes it back, to 10; anything else is not written at all."""
        world = self.world(self.titles(3))
        item = self.item_id(world.items[1])
        with self.serve(world) as address, closing(self.client(address)) as server:
            server.rate(self.anna, item, 8.0)
            server.rate(self.anna, item, 0.0)
            for rating in (-0.5, 10.5, float("nan"), float("inf")):
                with pytest.raises(InvalidInput, match="from 0 to 10"):
                    server.rate(self.anna, item, rating)
        assert self.rated(world) == [(self.anna, item, 8.0), (self.anna, item, 0.0)]


class HostileSuite(Hooks):
    """Servers that are broken, or mean no good."""

    def test_a_server_that_starts_up_is_asked_again(self) -> None:
        """It says 503, and when to come back; what changes something is asked for only once."""
        world = self.world(self.titles(3))
        world.starting = 2
        with self.serve(world) as address, closing(self.client(address)) as server:
            assert server.facts().name
            assert len(ids_of(server.pages())) == 3
            world.starting = 1
            with pytest.raises(ServerUnreachable):
                server.rate(self.anna, self.item_id(world.items[0]), 5.0)
            world.starting = 3
            with pytest.raises(ServerUnreachable):
                server.count()

    @pytest.mark.parametrize("name", NONSENSE)
    def test_nonsense_is_a_named_error(self, name: str) -> None:
        """Whatever document is asked for, nothing is guessed at."""
        self._insist(NONSENSE[name], {SourceMalformed, SourceUnreadable}, FRUGAL)

    @pytest.mark.parametrize("name", AWAY)
    def test_an_answer_that_does_not_come_is_a_named_error(self, name: str) -> None:
        """In bounded time, however slowly it drips and however much of it there is."""
        self._insist(AWAY[name], {ServerUnreachable}, IMPATIENT, files=True)

    @pytest.mark.parametrize("name", REFUSING)
    def test_a_refusal_is_a_named_error(self, name: str) -> None:
        """It is not asked for again and again."""
        self._insist(REFUSING[name], {ServerRefuses}, PATIENT, files=True)

    @pytest.mark.parametrize("name", LEADING_ON)
    def test_nobody_is_led_anywhere(self, name: str) -> None:
        """Whatever the target: it is told, and not called."""
        self._insist(LEADING_ON[name], {AddressRefused}, PATIENT, files=True)

    def _insist(
        self,
        answer: Answer,
        wanted: set[type[SourceError]],
        patience: Patience,
        *,
        files: bool = False,
    ) -> None:
        with hostile(answer) as (address, asked):
            asks = list(self.asks(address, patience, files=files))
            for ask in asks:
                with pytest.raises(SourceError) as caught:
                    ask()
                assert type(caught.value) in wanted
                assert caught.value.message.endswith(".")
                assert caught.value.message.isprintable()
                assert 20 < len(caught.value.message) < 400
        # Nothing is asked for more than so often, nor for more than two documents in its place.
        assert 0 < len(asked) <= 2 * patience.attempts * len(asks)

    def asks(
        self, address: str, patience: Patience, *, files: bool
    ) -> Iterator[Callable[[], object]]:
        """Ask a server for everything, by a client each; for what is no document where wanted."""
        since = AT - timedelta(days=1)
        found: list[Callable[[MediaServer], object]] = [
            lambda server: server.facts(),
            lambda server: server.users(),
            lambda server: server.libraries(),
            lambda server: server.count(),
            lambda server: list(server.pages()),
            lambda server: list(server.changed(since)),
            lambda server: list(server.item_ids()),
            lambda server: server.items([self.gone]),
            lambda server: list(server.states(self.anna, None)),
            lambda server: list(server.states(self.anna, since)),
        ]
        if files:
            found.append(lambda server: server.poster(self.poster(), 1000))
            found.append(lambda server: server.rate(self.anna, self.gone, 5.0))

        def ask(what: Callable[[MediaServer], object]) -> None:
            with closing(self.client(address, patience=patience)) as server:
                what(server)

        return (partial(ask, what) for what in found)


class MediaServerSuite(ReadingSuite, ChangingSuite, PeopleSuite, HostileSuite, LibrarySourceSuite):
    """Inherit, and say what `Hooks` wants to know; `good` and the like are made of that."""

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as self.stack:
            yield

    def good(self, folder: Path) -> LibrarySource:  # noqa: ARG002  # it is on no disk
        """Serve titles with which nothing is wrong."""
        return self._served(self.world(self.titles(MANY)))

    def damaged(self, folder: Path) -> LibrarySource:  # noqa: ARG002
        """Serve titles among broken ones, and one that is in two libraries."""
        world = self.world([*self.titles(3), *self.broken()])
        self.copy(world, world.items[0])
        return self._served(world)

    def empty(self, folder: Path) -> LibrarySource:  # noqa: ARG002
        """Serve libraries without an item."""
        return self._served(self.world([]))

    def absent(self, folder: Path) -> LibrarySource:  # noqa: ARG002
        """Choose a library that the server does not have."""
        return self._served(self.world(self.titles(3)), self.gone)

    def _served(self, world: World, *libraries: str) -> LibrarySource:
        address = self.stack.enter_context(self.serve(world))
        return self.stack.enter_context(closing(self.client(address, *libraries)))


def readings(server: MediaServer) -> Iterator[Callable[[], object]]:
    """Read titles in every way."""
    yield server.count
    yield server.total
    yield lambda: list(server.pages())
    yield lambda: list(server.read())
    yield lambda: list(server.item_ids())
    yield lambda: list(server.changed(AT))


def entries_of(pages: Iterator[Page] | list[Page]) -> list[Entry]:
    """Return the entries of pages."""
    return [entry for page in pages for entry in page.entries]


def records_of(entries: list[Entry]) -> list[TitleRecord]:
    """Return the titles among some entries, of which each has its item."""
    found = [entry for entry in entries if isinstance(entry, TitleRecord)]
    assert all(record.item is not None for record in found)
    return found


def told_of(record: TitleRecord) -> TitleRecord:
    """Return a record without the library that it stands in, which some ways of asking tell not."""
    assert record.item is not None
    return replace(record, item=replace(record.item, library=""))


def ids_of_entries(entries: list[Entry]) -> list[str]:
    """Return the ids of the items of some entries."""
    return [record.item.id for record in records_of(entries) if record.item is not None]


def ids_of(pages: Iterator[Page] | list[Page]) -> list[str]:
    """Return the ids of the items of pages."""
    return ids_of_entries(entries_of(pages))


def _without(world: World, places: list[int]) -> None:
    world.items[:] = [item for place, item in enumerate(world.items) if place not in set(places)]
