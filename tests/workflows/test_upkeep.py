"""Sources are read when they are due, and ratings are written where that is wished."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.backend.domain.errors import ShuttingDown
from app.backend.domain.progress import silent
from app.backend.store import import_rows
from app.backend.workflows import connections, imports
from app.backend.workflows.connections import ConnectedSource
from app.backend.workflows.household import Household
from app.backend.workflows.imports import Importer
from app.backend.workflows.sync_work import TRY_AGAIN
from app.backend.workflows.turns import Turn
from app.backend.workflows.upkeep import Upkeep
from tests.media_servers.fake_jellyfin import ANNA, World
from tests.workflows.evenings import Ticking
from tests.workflows.ratings import say
from tests.workflows.syncs import connected, give_accounts, now, on_shelf


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a database that starts at once: what is read is tried on both elsewhere."""
    shutil.copy(sqlite_template, tmp_path / "encore.db")
    return f"sqlite:///{tmp_path / 'encore.db'}"


@pytest.fixture
def world() -> World:
    """What the server holds: five films."""
    return World()


@pytest.fixture
def source(household: Household, world: World) -> Iterator[ConnectedSource]:
    """A Jellyfin that is connected, and was never read."""
    with connected(household, world) as found:
        world.log.clear()
        yield found


@pytest.fixture
def upkeep(household: Household) -> Iterator[Upkeep]:
    """What keeps a household's library in step."""
    importer = Importer(household)
    yield Upkeep(household, importer)
    importer.finish()


def tick(upkeep: Upkeep) -> None:
    """Look once, and wait until what was begun is over."""
    upkeep.tick(silent)
    upkeep.importer.wait()


def readings(household: Household) -> list[str]:
    """Return what became of imports, the newest first."""
    with household.database.reading() as session:
        return [one.state for one in imports.last_imports(session)]


def test_a_source_is_read_when_it_is_due(
    household: Household, source: ConnectedSource, upkeep: Upkeep, clock: Ticking
) -> None:
    """Once, until its hours have passed."""
    tick(upkeep)
    assert len(on_shelf(household)) == 5
    tick(upkeep)
    clock.advance(seconds=24 * 3_600 - 1)
    tick(upkeep)
    assert readings(household) == ["done"]
    clock.advance(seconds=1)
    tick(upkeep)
    assert readings(household) == ["done", "done"]


def test_a_source_that_is_read_by_hand_is_left_alone(
    household: Household, world: World, source: ConnectedSource, upkeep: Upkeep, clock: Ticking
) -> None:
    """Also the first time."""
    connections.change(household, source.id, {"every_hours": None})
    clock.advance(days=30)
    tick(upkeep)
    assert world.log == []


def test_a_source_that_cannot_be_read_is_tried_again_in_an_hour(
    household: Household, world: World, source: ConnectedSource, upkeep: Upkeep, clock: Ticking
) -> None:
    """And another one is read meanwhile."""
    world.raw = b"<html>"
    tick(upkeep)
    with connected(household, World()):
        clock.advance(seconds=3_599)
        for _ in range(3):
            tick(upkeep)
        assert readings(household) == ["done", "failed"]
        world.raw = None
        clock.advance(seconds=1)
        tick(upkeep)
    assert readings(household) == ["done", "done", "failed"]


def test_a_source_that_meets_a_fault_lets_others_be_read(
    household: Household,
    source: ConnectedSource,
    upkeep: Upkeep,
    clock: Ticking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is tried again an hour later, as one that does not answer is."""
    monkeypatch.setattr("app.backend.workflows.sync_work.read_source", lambda *_, **__: 1 / 0)
    tick(upkeep)
    tick(upkeep)
    assert readings(household) == ["failed"]
    assert now(household, source).due_at == clock() + TRY_AGAIN
    monkeypatch.undo()
    with connected(household, World()):
        tick(upkeep)
    assert readings(household) == ["done", "failed"]
    clock.advance(seconds=3_600)
    tick(upkeep)
    assert readings(household) == ["done", "done", "failed"]


def test_what_is_due_waits_for_what_is_being_read(
    household: Household, world: World, source: ConnectedSource, upkeep: Upkeep
) -> None:
    """By another process, that is; it is read with the first look after that."""
    others = Turn(household.folder / "imports.lock")
    tick(upkeep)
    assert (readings(household), world.log) == ([], [])
    others.end()
    tick(upkeep)
    assert readings(household) == ["done"]


def test_an_import_that_was_killed_is_noted_as_such(household: Household, upkeep: Upkeep) -> None:
    """Also where no process starts anew."""
    with household.database.writing() as session:
        import_rows.add_import(session, "nfo", "/media", household.clock())
    tick(upkeep)
    assert readings(household) == ["interrupted"]


@pytest.fixture
def rating_source(household: Household, source: ConnectedSource, upkeep: Upkeep) -> ConnectedSource:
    """A source that takes ratings, at which Anna has rated a title here."""
    give_accounts(household, source, Anna=ANNA)
    tick(upkeep)
    connections.change(household, source.id, {"writes_ratings": True})
    say(household, 1, 4)
    return now(household, source)


def test_ratings_are_written_where_that_is_wished(
    household: Household,
    world: World,
    rating_source: ConnectedSource,
    upkeep: Upkeep,
    clock: Ticking,
) -> None:
    """Every quarter of an hour at most; nothing is asked where there is nothing to write."""
    tick(upkeep)
    assert [body["Rating"] for _, body in world.written] == [8.0]
    say(household, 2, 1)
    tick(upkeep)
    assert len(world.written) == 1
    clock.advance(seconds=15 * 60)
    tick(upkeep)
    assert [body["Rating"] for _, body in world.written] == [8.0, 2.0]
    world.log.clear()
    clock.advance(seconds=15 * 60)
    tick(upkeep)
    assert world.log == []


def test_nothing_is_written_unless_it_is_wished(
    household: Household, world: World, source: ConnectedSource, upkeep: Upkeep
) -> None:
    """It never is by itself."""
    give_accounts(household, source, Anna=ANNA)
    tick(upkeep)
    say(household, 1, 4)
    tick(upkeep)
    assert world.written == []


def test_ratings_wait_for_a_server_that_does_not_answer(
    household: Household,
    world: World,
    rating_source: ConnectedSource,
    upkeep: Upkeep,
    clock: Ticking,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An hour; the log says so."""
    world.starting = 1
    tick(upkeep)
    assert "Ratings wait to be written to jellyfin" in caplog.text
    clock.advance(seconds=3_599)
    tick(upkeep)
    assert world.written == []
    clock.advance(seconds=1)
    tick(upkeep)
    assert len(world.written) == 1


def test_an_end_of_the_server_ends_the_writing(
    household: Household, world: World, rating_source: ConnectedSource, upkeep: Upkeep
) -> None:
    """What is not written yet is written when it is back."""

    def stop(_step: object, /) -> None:
        raise ShuttingDown("Encore is shutting down.")

    with pytest.raises(ShuttingDown):
        upkeep.tick(stop)
    assert world.written == []
    again = Upkeep(household, Importer(household))
    tick(again)
    assert len(world.written) == 1


def test_two_processes_write_a_rating_once(
    household: Household, world: World, rating_source: ConnectedSource, upkeep: Upkeep
) -> None:
    """What one has on record, the other does not write."""
    tick(upkeep)
    tick(Upkeep(household, Importer(household)))
    assert len(world.written) == 1
