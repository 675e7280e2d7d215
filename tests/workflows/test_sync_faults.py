"""Whatever breaks while a source is read or written: an error with a name, and nothing changed."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.backend.domain.clock import system_clock
from app.backend.domain.errors import (
    Conflict,
    EncoreError,
    NotFound,
    ServerUnreachable,
    ShuttingDown,
    SourceError,
    SourceMalformed,
    StorageFull,
)
from app.backend.domain.progress import Step, silent
from app.backend.store.tables import Media, Table
from app.backend.workflows import connections
from app.backend.workflows.connections import Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.imports import import_here
from app.backend.workflows.sync import read_source
from app.backend.workflows.sync_work import TRY_AGAIN, SyncWork, due
from tests.media_servers.fake_jellyfin import ANNA, BEN, World, film, serve
from tests.workflows.disks import no_file_larger_than
from tests.workflows.evenings import Ticking
from tests.workflows.syncs import connected, counted, give_accounts, now, on_shelf, sync

# What a server may tell, of everything or of one list alone.
NONSENSE = {
    "HTML": b"<html>",
    "half": b'{"Items": [{"Id"',
    "numbers": b'{"Items": 3, "TotalRecordCount": 4}',
    "no total": b'{"Items": []}',
    "a total of words": b'{"Items": [], "TotalRecordCount": "many"}',
    "ever the same": b'{"Items": [{"Id": "%032x"}], "TotalRecordCount": 9}' % 1,
}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a database that starts at once: what breaks here breaks before it is asked."""
    shutil.copy(sqlite_template, tmp_path / "encore.db")
    return f"sqlite:///{tmp_path / 'encore.db'}"


def everything(household: Household) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, but for what is kept of syncs themselves."""
    left = {"sources", "library_imports", "alembic_version"}
    with household.database.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(select(table))]
            for name, table in Table.metadata.tables.items()
            if name not in left
        }


def films(last: int) -> World:
    """Return a server with so many films."""
    return World(items=[film(number) for number in range(1, last + 1)])


def staged(household: Household) -> Path:
    """Return the file of what the first source's sync has read."""
    return household.folder / "syncs" / "source-1.jsonl"


def breaks_at(done: int, error: EncoreError) -> Any:  # noqa: ANN401  # a Progress
    """Return a progress that breaks a sync off."""

    def told(step: Step, /) -> None:
        if step.done >= done:
            raise error

    return told


@pytest.mark.parametrize("name", NONSENSE)
def test_what_a_server_tells_wrongly_changes_nothing(household: Household, name: str) -> None:
    """Whole or in part; the next sync is put off by an hour, and is as good as ever."""
    world = films(6)
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        sync(household, source)
        before = everything(household)
        world.raw = NONSENSE[name]
        for is_whole in (False, True):
            with pytest.raises(SourceError) as caught:
                sync(household, source, is_whole=is_whole)
            assert caught.value.message.endswith(".")
            assert everything(household) == before
        at = household.clock()
        assert now(household, source).due_at == at + TRY_AGAIN
        with household.database.reading() as session:
            assert due(session, at) == []
        world.raw = None
        assert sync(household, source, is_whole=True)["unchanged"] == 6


def test_an_account_that_sees_nothing_for_once_loses_nothing(household: Household) -> None:
    """What it did is kept until the server says otherwise of each title."""
    world = films(6)
    world.done = {(ANNA, film(2)["Id"]): {"Played": True, "PlayCount": 1}}
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        sync(household, source)
        before = everything(household)["history_entries"]
        world.hidden = {(ANNA, item["Id"]) for item in world.items}
        sync(household, source, is_whole=True)
        assert everything(household)["history_entries"] == before


def test_a_server_that_starts_up_is_waited_for(household: Household) -> None:
    """It says 503 and when to come back."""
    with connected(household, films(2)) as source:
        pass
    world = World(items=films(2).items, starting=1)
    with serve(world, int(source.address.rpartition(":")[2])):
        assert sync(household, source)["added"] == 2


def test_a_server_that_shuts_down_goes_on_at_once(household: Household) -> None:
    """Encore itself was stopped: what was read stays, and the sync is due when it is back."""
    with connected(household, films(500)) as source:
        stop = breaks_at(200, ShuttingDown("Encore is shutting down."))
        with pytest.raises(ShuttingDown):
            sync(household, source, progress=stop)
        assert now(household, source).due_at == household.clock()
        assert staged(household).stat().st_size > 10_000
        assert sync(household, source)["added"] == 500
    assert not staged(household).exists()


def test_a_source_is_read_by_one_at_a_time(household: Household) -> None:
    """Whoever comes second is told; when the first is done, or came to nothing, it may begin."""
    with connected(household, films(3)) as source:
        first = SyncWork(source)
        write = first.gather(household, silent)
        with pytest.raises(Conflict, match="being read already"):
            sync(household, source)
        with household.database.writing() as session:
            assert write(session)["added"] == 3
        first.done()
        assert sync(household, source)["added"] == 0
        reading = read_source(household, source.id, silent)
        reading.staging.close()
        assert sync(household, source)["added"] == 0


def test_a_source_that_changes_while_it_is_read_is_read_again(household: Household) -> None:
    """Titles of libraries that nobody wants any more are not written, nor those of nobody."""
    with connected(household, films(3)) as source:
        for change, error in (
            (lambda: connections.change(household, source.id, {"libraries": ["1" * 32]}), Conflict),
            (lambda: connections.disconnect(household, source.id), NotFound),
        ):
            work = SyncWork(now(household, source))

            def changes(_: Step, /, change: Any = change) -> None:  # noqa: ANN401
                change()

            with pytest.raises(error):
                import_here(household, work, changes)
            assert counted(household, Media) == 0


def test_no_room_for_what_is_read_changes_nothing(household: Household) -> None:
    """Neither a full disk nor a folder that cannot be made loses what is there."""
    database = Path(str(household.database.engine.url.database))
    with connected(household, films(3_000)) as source:
        folder = staged(household).parent
        folder.write_text("no folder")
        with pytest.raises(StorageFull, match="make room"):
            sync(household, source)
        folder.unlink()
        with no_file_larger_than(database.stat().st_size), pytest.raises(StorageFull):
            sync(household, source)
        assert on_shelf(household) == []
        assert sync(household, source)["added"] == 3_000


@pytest.mark.parametrize("place", ["header", "page", "end"])
def test_what_was_staged_and_is_damaged_is_read_again(household: Household, place: str) -> None:
    """By its checksums: what is damaged never becomes titles, and never hides them."""
    world = films(500)
    with connected(household, world) as source:
        with pytest.raises(ServerUnreachable):
            sync(household, source, progress=breaks_at(400, ServerUnreachable("It went away.")))
        content = bytearray(staged(household).read_bytes())
        at = {"header": 20, "page": len(content) // 2, "end": len(content) - 30}[place]
        content[at] ^= 1
        staged(household).write_bytes(content)
        assert sync(household, source)["added"] == 500
    assert len(on_shelf(household)) == 500


@pytest.mark.parametrize("hours", [13, -1])
def test_what_was_staged_long_ago_is_read_again(household: Household, hours: int) -> None:
    """It is not the library of today; nor is what was read in a future that did not come."""
    clock = Ticking()
    household, world = replace(household, clock=clock), films(500)
    with connected(household, world) as source:
        with pytest.raises(ServerUnreachable):
            sync(household, source, progress=breaks_at(400, ServerUnreachable("It went away.")))
        world.items[0]["Name"] = "Renamed"
        clock.advance(seconds=hours * 3600)
        assert sync(household, source)["added"] == 500
    assert "Renamed" in on_shelf(household)


def test_changes_whose_reading_broke_off_are_read_anew(household: Household) -> None:
    """They are few, and none of them is counted twice."""
    world = films(300)
    with connected(household, world) as source:
        sync(household, source)
        for item in world.items[:250]:
            item["Name"] = f"New {item['Name']}"
            world.saved[item["Id"]] = household.clock()
        with pytest.raises(ServerUnreachable):
            sync(household, source, progress=breaks_at(200, ServerUnreachable("It went away.")))
        done = sync(household, source)
    assert (done["updated"], done["duplicates"]) == (250, 0)


def test_damage_between_reading_and_writing_changes_nothing(household: Household) -> None:
    """Half of what was read would look like titles that are gone."""
    with connected(household, films(500)) as source:
        work = SyncWork(source)
        write = work.gather(household, silent)
        content = bytearray(staged(household).read_bytes())
        content[len(content) // 2] ^= 1
        staged(household).write_bytes(content)
        with pytest.raises(SourceError, match="damaged"), household.database.writing() as session:
            write(session)
        work.failed(household, SourceMalformed("What was read is damaged."))
        assert on_shelf(household) == []
        assert sync(household, source)["added"] == 500


def test_a_folder_whose_reading_broke_off_is_read_from_its_beginning(
    household: Household, tmp_path: Path
) -> None:
    """It has no pages to go on with: half of it is no library."""
    folder = tmp_path / "nfo"
    folder.mkdir()
    for number in range(600):
        text = f"<movie><title>Film {number}</title><year>1999</year></movie>"
        (folder / f"{number}.nfo").write_text(text, encoding="utf-8")
    source = connections.connect(household, Wanted("nfo", str(folder)))
    with pytest.raises(ServerUnreachable):
        sync(household, source, progress=breaks_at(500, ServerUnreachable("It went away.")))
    done = sync(household, source)
    assert (done["added"], done["duplicates"]) == (600, 0)
    again = sync(household, source)
    assert (again["unchanged"], again["removed"]) == (600, 0)


def test_a_killed_program_goes_on_where_it_was(household: Household) -> None:
    """The next one reads the rest, and nothing is lost or there twice."""
    household = replace(household, clock=system_clock)
    world = films(700)
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA, Ben=BEN)
        command = [sys.executable, "-m", "app.backend", "sources", "sync", "jellyfin"]
        environment = {**os.environ, "ENCORE_DATA_DIR": str(household.folder)}
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as program:

            def kill(_: World) -> None:
                if sum("fields=" in path for path in world.log) > 2:
                    program.kill()

            world.after_page = kill
        assert program.returncode < 0
        assert on_shelf(household) == []
        world.after_page = None
        world.log.clear()
        done = sync(household, source)
    assert done["added"] == len(on_shelf(household)) == counted(household, Media) == 700
    listed = [path for path in world.log if "fields=" in path]
    assert listed
    assert all("startIndex=0" not in path for path in listed)
