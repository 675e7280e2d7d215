"""Posters are fetched once, kept, and never in anybody's way."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select, update

from app.backend.domain.errors import (
    EncoreError,
    InvalidInput,
    NotFound,
    ServerUnreachable,
    SourceMalformed,
)
from app.backend.sources.keyring import Credentials
from app.backend.store.source_tables import SourceItemRow
from app.backend.store.sources import ConnectedSource
from app.backend.workflows import connections, posters
from app.backend.workflows.household import Household
from app.backend.workflows.posters import MOST_BYTES, Poster, Posters
from tests.media_servers import fake_plex
from tests.media_servers.fake_jellyfin import KEY, World, film
from tests.media_servers.server import JPEG
from tests.sources.test_pictures import PNG
from tests.workflows.evenings import Ticking
from tests.workflows.syncs import connected, sync


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a database that starts at once: little is asked of it."""
    shutil.copy(sqlite_template, tmp_path / "encore.db")
    return f"sqlite:///{tmp_path / 'encore.db'}"


@pytest.fixture
def world() -> World:
    """Six films, the last without a poster."""
    items = [film(number) for number in range(1, 7)]
    items[5]["ImageTags"] = {}
    return World(items=items)


@pytest.fixture
def source(household: Household, world: World) -> Iterator[ConnectedSource]:
    """A Jellyfin whose titles are here, and which has forgotten what it was asked."""
    with connected(household, world) as found:
        sync(household, found)
        world.log.clear()
        yield found


@pytest.fixture
def shown(household: Household) -> Iterator[Posters]:
    """The posters of a household."""
    made = Posters(household)
    yield made
    made.close()


def got(shown: Posters, media_id: int = 1) -> Poster | EncoreError:
    """Return a poster, or why there is none."""
    return shown.ask(media_id).result(timeout=30)


def pictures(world: World) -> list[str]:
    """Return which pictures the server was asked for."""
    return [path for path in world.log if "/Images/" in path]


def retag(household: Household, poster: str) -> None:
    """Have the first title's poster be called otherwise, as a sync does."""
    with household.database.writing() as session:
        which = SourceItemRow.media_id == 1
        session.execute(update(SourceItemRow).where(which).values(poster=poster))


def item_of(household: Household, media_id: int = 1) -> str:
    """Return the id of a title's item."""
    with household.database.reading() as session:
        query = select(SourceItemRow.item_id).where(SourceItemRow.media_id == media_id)
        return str(session.scalar(query))


def test_a_poster_that_is_kept_asks_nobody(
    household: Household, world: World, source: ConnectedSource, shown: Posters
) -> None:
    """Neither again, nor after a start anew, nor while the server is down."""
    first = got(shown)
    assert isinstance(first, Poster)
    assert (first.content, first.media_type) == (JPEG, "image/jpeg")
    assert len(pictures(world)) == 1
    world.starting = 1_000
    assert got(shown) == first
    assert got(Posters(household)) == first
    assert len(pictures(world)) == 1
    assert KEY not in "".join(world.log)


def test_a_changed_poster_is_asked_for(
    household: Household, world: World, source: ConnectedSource, shown: Posters
) -> None:
    """It has another version then; the picture decides what it is, not how it is called."""
    item = item_of(household)
    first = got(shown)
    world.posters[item] = PNG
    retag(household, f"{item}/newer")
    second = got(shown)
    assert isinstance(first, Poster)
    assert isinstance(second, Poster)
    assert (second.content, second.media_type) == (PNG, "image/png")
    assert second.version != first.version
    assert len(pictures(world)) == 2


def test_who_asks_together_is_answered_by_one_question(
    household: Household, source: ConnectedSource, world: World, shown: Posters
) -> None:
    """And whoever asks for other posters does not wait for the slow one."""
    go_on = Event()

    class Slow(dict[str, bytes]):
        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            assert go_on.wait(30) if key == slow else True
            return default

    slow = item_of(household)
    world.posters = Slow()
    asked = [shown.ask(1) for _ in range(20)]
    assert isinstance(got(shown, 2), Poster)
    assert not any(one.done() for one in asked)
    go_on.set()
    assert len({id(one.result(timeout=30)) for one in asked}) == 1
    assert len(pictures(world)) == 2


def test_what_is_no_picture_is_refused(
    household: Household, world: World, source: ConnectedSource, shown: Posters
) -> None:
    """Whatever the server calls it, and however much it is; nothing of it is kept."""
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
    contents = (b"<html>", drawing, b"", JPEG + bytes(MOST_BYTES))
    for media_id, content in enumerate(contents, start=1):
        world.posters[item_of(household, media_id)] = content
        assert isinstance(got(shown, media_id), SourceMalformed)
    assert len(pictures(world)) == len(contents)
    assert not (household.folder / "posters").exists()


def test_what_failed_is_left_alone_for_a_while(
    household: Household, world: World, source: ConnectedSource, shown: Posters, clock: Ticking
) -> None:
    """A poster for ten minutes, a server for one; then it is asked again."""
    world.posters[item_of(household)] = b"<html>"
    assert isinstance(got(shown), SourceMalformed)
    assert isinstance(got(shown), SourceMalformed)
    assert len(pictures(world)) == 1
    assert isinstance(got(shown, 2), Poster)
    world.starting = 1
    assert isinstance(got(shown, 3), ServerUnreachable)
    assert isinstance(got(shown, 4), ServerUnreachable)
    assert len(pictures(world)) == 3
    clock.advance(seconds=61)
    assert isinstance(got(shown, 4), Poster)
    assert isinstance(got(shown), SourceMalformed)
    assert len(pictures(world)) == 4
    world.posters.clear()
    clock.advance(seconds=600)
    assert isinstance(got(shown), Poster)


def test_failures_are_forgotten_before_they_are_too_many(
    world: World, source: ConnectedSource, shown: Posters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take no more memory than that."""
    monkeypatch.setattr(posters, "MOST_FAILURES", 2)
    for item in world.items:
        world.posters[item["Id"]] = b"<html>"
    for media_id in (1, 2, 3):
        assert isinstance(got(shown, media_id), SourceMalformed)
    assert isinstance(got(shown, 1), SourceMalformed)
    assert len(pictures(world)) == 4


def test_no_more_wait_than_there_is_room_for(
    household: Household,
    source: ConnectedSource,
    shown: Posters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others are told to come later, and that is not held against the server."""
    monkeypatch.setattr(posters, "MOST_WAITING", 0)
    assert isinstance(got(shown), ServerUnreachable)
    monkeypatch.setattr(posters, "MOST_WAITING", 1)
    assert isinstance(got(shown), Poster)


@pytest.mark.parametrize("media_id", [6, 7, 10**15])
def test_what_has_no_poster_is_not_found(
    world: World, source: ConnectedSource, shown: Posters, media_id: int
) -> None:
    """A title without one, or none at all; the server is not asked."""
    with pytest.raises(NotFound, match=f"no poster of title {media_id}"):
        shown.ask(media_id)
    assert not world.log


def test_a_tag_leads_nowhere_else(
    household: Household, world: World, source: ConnectedSource, shown: Posters
) -> None:
    """Whatever stands in the database: what no tag can be is not asked for."""
    item = item_of(household)
    for poster in (
        f"{item}/../../Users",
        "../System/Info?x=/tag",
        f"{item}/tag?ApiKey=1",
        f"{item}/tag&maxWidth=9",
        f"{item}/%2e%2e",
        "http://169.254.169.254/latest",
        f"{item}/",
        item,
    ):
        retag(household, poster)
        assert isinstance(got(shown), InvalidInput), poster
    assert not world.log


def test_without_its_key_a_source_shows_what_is_kept(
    household: Household, source: ConnectedSource, shown: Posters
) -> None:
    """As after a backup was restored: the rest is drawn."""
    kept = got(shown)
    connections.keyring(household).forget(source.id)
    assert got(shown) == kept
    assert isinstance(got(shown, 2), EncoreError)
    connections.keyring(household).write(source.id, Credentials(KEY, "secret"))
    assert isinstance(got(Posters(household), 2), Poster)


def test_posters_of_plex_come_without_its_key_in_the_address(
    household: Household, shown: Posters, tmp_path: Path
) -> None:
    """It is asked to make them smaller, with the key in a header."""
    world = fake_plex.World()
    with fake_plex.serve(world) as address:
        wanted = connections.Wanted("plex", address, fake_plex.OWNER_KEY)
        sync(household, connections.connect(household, wanted))
        world.log.clear()
        found = got(shown)
    assert isinstance(found, Poster)
    assert found.content == JPEG
    (asked,) = world.log
    assert "/photo/:/transcode?width=400" in str(asked)
    assert fake_plex.OWNER_KEY not in str(asked)
