"""The doctor finds what is wrong, says what to do, and mends nothing."""

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.backend.domain.errors import RemovalsUnconfirmed, SettingsInvalid
from app.backend.domain.runs import Order
from app.backend.registry.versions import version_name
from app.backend.store import jobs
from app.backend.workflows import connections
from app.backend.workflows.connections import Wanted
from app.backend.workflows.doctor import Finding, Premises, examine, settings_finding
from app.backend.workflows.household import Household
from app.backend.workflows.imports import Importer
from app.backend.workflows.mounts import shared_system
from app.backend.workflows.sync_work import SyncWork
from tests.media_servers.fake_jellyfin import World, film
from tests.workflows.archives import all_files, all_rows
from tests.workflows.evenings import FRIDAY_EVENING, Ticking, ask, spoil
from tests.workflows.syncs import connected, now, sync

Usage = namedtuple("Usage", ["total", "used", "free"])


def premises_of(household: Household) -> Premises:
    """Return what a household's doctor looks at."""
    models = household.shelf.folder
    nowhere = models.parent / "no mounts"
    return Premises(household.database.url, models.parent, models, household.clock, nowhere)


def found(premises: Premises) -> dict[str, Finding]:
    """Return the findings by their checks."""
    return {one.check: one for one in examine(premises)}


def states(premises: Premises) -> dict[str, str]:
    """Return the states of the checks that are not well."""
    told = found(premises)
    return {name: one.state for name, one in told.items() if one.state not in {"ok", "note"}}


def test_a_household_that_is_well_has_nothing_to_say(household: Household) -> None:
    """Every question is answered, on either database, and nothing is made or changed."""
    household.shelf.folder.mkdir(parents=True)
    premises = premises_of(household)
    files = all_files(premises.data_dir)
    told = found(premises)
    assert states(premises) == {}
    asked = {"data folder", "room", "file system", "database", "tables", "champion", "models"}
    assert asked | {"training", "clock"} <= told.keys()
    on_sqlite = household.database.url.startswith("sqlite")
    assert ({"journal", "integrity", "references"} <= told.keys()) is on_sqlite
    assert ("SQLite" if on_sqlite else "PostgreSQL") in told["database"].found
    assert all_files(premises.data_dir) == files


def test_a_trained_household_is_well(trained_demo: Household) -> None:
    """Its champion is opened, and named."""
    told = found(premises_of(trained_demo))
    (version,) = [path.name for path in trained_demo.shelf.folder.iterdir()]
    assert told["champion"] == Finding("champion", "ok", f"{version} is whole.")
    assert told["models"].state == "ok"


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(
    tmp_path: Path, clock: Ticking
) -> None:
    """What is not there yet is a warning that says who makes it."""
    folder = tmp_path / "data"
    url = f"sqlite:///{folder / 'encore.db'}"
    premises = Premises(url, folder, folder / "models", clock)
    assert states(premises) == {"data folder": "warning", "database": "warning"}
    assert not folder.exists()
    folder.mkdir()
    sqlite3.connect(folder / "encore.db").close()
    assert states(premises) == {"tables": "warning"}


def test_a_damaged_champion_is_a_problem_and_stays_where_it_is(trained_demo: Household) -> None:
    """Setting it aside is for verifying, which the advice names."""
    spoil(trained_demo.shelf.folder)
    premises = premises_of(trained_demo)
    rows, files = all_rows(trained_demo.database), all_files(trained_demo.shelf.folder)
    told = found(premises)["champion"]
    assert told.state == "problem"
    assert "encore models verify" in told.advice
    assert all_rows(trained_demo.database) == rows
    assert all_files(trained_demo.shelf.folder) == files
    shutil.rmtree(trained_demo.shelf.folder)
    assert found(premises)["champion"].state == "problem"


def test_folders_that_no_row_knows_are_named(household: Household) -> None:
    """What is no version is nobody's business; of many, the first are named."""
    names = [version_name(FRIDAY_EVENING, f"{number:012x}") for number in range(7)]
    for name in (*names, "set-aside", "notes"):
        (household.shelf.folder / name).mkdir(parents=True)
    told = found(premises_of(household))["models"]
    assert told.state == "warning"
    assert names[0] in told.found
    assert "and 2 more" in told.found
    assert "notes" not in told.found


def test_a_run_that_nobody_carries_on_is_stuck(household: Household) -> None:
    """Once its lease has been over for long; the advice says how to take it up or end it."""
    household.shelf.folder.mkdir(parents=True)
    with household.database.writing() as session:
        jobs.enqueue(session, Order(1), FRIDAY_EVENING)
        run = jobs.claim(session, "a worker that is gone", -60, FRIDAY_EVENING)
    assert run is not None
    assert found(premises_of(household))["training"].state == "ok"
    with household.database.writing() as session:
        jobs.renew(session, run.hold, -3600)
    told = found(premises_of(household))["training"]
    assert told.state == "warning"
    assert f"encore runs cancel {run.id}" in told.advice


def test_slates_from_the_future_tell_of_a_wrong_clock(
    household: Household, small_library: object, clock: Ticking
) -> None:
    """A few minutes are forgiven."""
    ask(household)
    clock.advance(seconds=-240)
    assert found(premises_of(household))["clock"].state == "ok"
    clock.advance(days=-3)
    told = found(premises_of(household))["clock"]
    assert told.state == "warning"
    assert "1 of them" in told.found


@pytest.mark.parametrize(
    ("revision", "state"),
    [("0004", "warning"), ("9999", "problem")],
    ids=["older", "unknown"],
)
def test_tables_of_another_revision_are_told_of(
    household: Household, revision: str, state: str
) -> None:
    """What they may lack is not asked for."""
    with household.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
    told = found(premises_of(household))
    assert told["tables"].state == state
    assert "champion" not in told


def test_a_damaged_file_is_a_problem(trained_demo: Household) -> None:
    """Be it torn inside, or no database at all; the advice leads to a backup."""
    premises = premises_of(trained_demo)
    trained_demo.database.close()
    path = premises.data_dir / "encore.db"
    content = bytearray(path.read_bytes())
    for at in range(40_960, 90_000, 4096):
        content[at : at + 64] = b"\xff" * 64
    path.write_bytes(content)
    told = found(premises)
    assert "problem" in {told[name].state for name in ("integrity", "database") if name in told}
    path.write_bytes(b"Dear diary, " * 1000)
    told = found(premises)
    assert told["database"].state == "problem"
    assert "backup" in told["database"].found


def test_rows_that_point_nowhere_are_a_problem(trained_demo: Household) -> None:
    """SQLite lets whoever turns its checks off write them."""
    premises = premises_of(trained_demo)
    with closing(sqlite3.connect(premises.data_dir / "encore.db")) as connection:
        connection.execute("DELETE FROM slates")
        connection.commit()
    told = found(premises)["references"]
    assert told.state == "problem"
    assert "feedback → slates" in told.found


def test_a_database_that_is_away_is_a_problem(household: Household) -> None:
    """The sentence is that of the error; extras are told of all the same."""
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    told = found(replace(premises_of(household), database_url=url))
    assert told["database"].state == "problem"
    assert "ENCORE_DATABASE_URL" in told["database"].found
    assert told["extra onnx"].state == "note"


def test_little_room_is_a_warning(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """The advice names what frees some."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(9, 8, 2**20))
    told = found(premises_of(household))["room"]
    assert told.state == "warning"
    assert "1 MB" in told.found


def test_a_folder_that_cannot_be_written_is_a_problem(household: Household) -> None:
    """Asked by writing, because rights alone do not tell of a disk that is read only."""
    told = found(replace(premises_of(household), data_dir=Path("/proc")))["data folder"]
    assert told.state == "problem"
    assert "ENCORE_DATA_DIR" in told.advice


@pytest.mark.parametrize(
    ("kind", "shared"),
    [("nfs4", True), ("cifs", True), ("9p", True), ("fuse.sshfs", True), ("fuse", True),
     ("ext4", False), ("fuseblk", False), ("overlay", False)],
)  # fmt: skip
def test_a_shared_file_system_is_told_of(tmp_path: Path, kind: str, shared: bool) -> None:
    """The mount that is nearest to the folder counts, the last one where two are on one place."""
    place = tmp_path / "my films"
    place.mkdir()
    mounts = tmp_path / "mounts"
    spelt = str(place).replace(" ", "\\040")
    mounts.write_text(
        f"none / btrfs rw 0 0\nnone {spelt} tmpfs rw 0 0\nhost:/x {spelt} {kind} rw 0 0\n"
        f"host:/x {tmp_path}/my nfs rw 0 0\nbroken\n"
    )
    assert shared_system(place / "deep", mounts) == (kind if shared else None)
    assert shared_system(tmp_path, mounts) is None
    assert shared_system(place, tmp_path / "nothing") is None


def test_data_on_a_shared_file_system_are_a_warning(household: Household, tmp_path: Path) -> None:
    """Locks and syncs may not hold there."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"host:/x {tmp_path} nfs4 rw 0 0\n")
    told = found(replace(premises_of(household), mounts=mounts))["file system"]
    assert told.state == "warning"
    assert "nfs4" in told.found


def test_settings_that_cannot_be_are_a_problem() -> None:
    """The sentence is that of the error."""
    assert settings_finding(None).state == "ok"
    told = settings_finding(SettingsInvalid("ENCORE_PORT is wrong."))
    assert (told.state, told.found) == ("problem", "ENCORE_PORT is wrong.")


def test_sources_are_well_or_say_what_they_wait_for(
    household: Household, clock: Ticking, tmp_path: Path
) -> None:
    """Nobody is asked for that: what is on record tells, and whether the key is here."""
    household.shelf.folder.mkdir(parents=True)
    premises, world = premises_of(household), World(items=[film(n) for n in range(1, 11)])
    with connected(household, world) as source:
        assert "never read" in found(premises)["source jellyfin"].found
        sync(household, source)
        assert found(premises)["source jellyfin"].state == "ok"
        world.items = world.items[:5]
        with pytest.raises(RemovalsUnconfirmed):
            sync(household, source, is_whole=True)
        told = found(premises)["source jellyfin"]
        assert "5 of 10 titles are gone there" in told.found
        assert "encore sources sync jellyfin --yes" in told.advice
        sync(household, source, is_whole=True, is_confirmed=True)
        clock.advance(days=1, seconds=3_600)
        assert states(premises) == {}
        clock.advance(seconds=2 * 3_600 + 1)
        assert "was to be read at" in found(premises)["source jellyfin"].found
        importer, world.raw = Importer(household), b"<html>"
        importer.begin_work(SyncWork(now(household, source)))
        importer.wait()
        assert "could not be read: Jellyfin answered" in found(premises)["source jellyfin"].found
        connections.keyring(household).forget(source.id)
        assert states(premises) == {"source jellyfin": "problem"}


def test_servers_are_asked_when_the_doctor_is_told_to(household: Household, tmp_path: Path) -> None:
    """Whether they answer, take the key, and are those that were connected."""
    household.shelf.folder.mkdir(parents=True)
    films, world = tmp_path / "films", World()
    films.mkdir()
    (films / "Heat.nfo").write_text("<movie><title>Heat</title></movie>")
    premises = replace(premises_of(household), asks_servers=True)
    connections.connect(household, Wanted("nfo", str(films)))
    with connected(household, world):
        told = found(premises)
        assert (told["server jellyfin"].state, told["server folder"].state) == ("ok", "ok")
        assert "server jellyfin" not in found(premises_of(household))
        world.about["Id"] = "e" * 32
        assert "another server" in found(premises)["server jellyfin"].found
        world.keys.clear()
        assert "does not take the key" in found(premises)["server jellyfin"].found
    films.rename(tmp_path / "elsewhere")
    told = found(premises)
    assert (told["server jellyfin"].state, told["server folder"].state) == ("problem", "problem")
    assert "does not answer" in told["server jellyfin"].found
