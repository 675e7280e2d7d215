"""The folder of posters holds what is used, as much as there is room for."""

import os
from pathlib import Path

import pytest

from app.backend.workflows.poster_folder import PosterFolder, Room
from tests.media_servers.server import JPEG
from tests.workflows.disks import no_file_larger_than
from tests.workflows.evenings import Ticking


def names(folder: PosterFolder) -> set[str]:
    """Return what is in a folder."""
    return {path.name for path in folder.folder.iterdir()}


def test_what_is_kept_is_read_again(tmp_path: Path, clock: Ticking) -> None:
    """Also by another process, and after a start anew; nobody else may look into the folder."""
    folder = PosterFolder(tmp_path / "posters", clock)
    assert folder.read("one") is None
    folder.write("one", JPEG)
    folder.write("one", JPEG + b"!")
    again = PosterFolder(tmp_path / "posters", clock)
    assert again.read("one") == JPEG + b"!"
    assert names(folder) == {"one"}
    assert folder.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "room", [Room(most_bytes=60 * len(JPEG)), Room(most_files=60)], ids=["bytes", "files"]
)
def test_the_least_used_ones_make_room(tmp_path: Path, clock: Ticking, room: Room) -> None:
    """There are never more than there is room for; what was looked at lately stays."""
    folder = PosterFolder(tmp_path, clock, room)
    for number in range(200):
        folder.write(f"{number:03}", JPEG)
        clock.advance(days=1)
        assert folder.read("000") == JPEG
        # Others are looked for when a twentieth of the room was filled.
        assert len(names(folder)) <= 60 + 3
    left = names(folder)
    assert len(left) >= 50
    assert left == {"000", *(f"{number:03}" for number in range(201 - len(left), 200))}


def test_what_a_killed_process_left_makes_room_too(tmp_path: Path, clock: Ticking) -> None:
    """It is a file like any other, that nobody uses; the first poster looks for it."""
    for number in range(30):
        left = tmp_path / f"left.{number}.new"
        left.write_bytes(JPEG)
        os.utime(left, (0, 0))
    folder = PosterFolder(tmp_path, clock, Room(most_files=20))
    folder.write("one", JPEG)
    assert len(names(folder)) == 18
    assert folder.read("one") == JPEG


def test_a_full_disk_keeps_nothing_and_breaks_nothing(
    tmp_path: Path, clock: Ticking, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so, and what was there is as it was."""
    folder = PosterFolder(tmp_path, clock)
    folder.write("one", JPEG)
    with no_file_larger_than(10):
        folder.write("one", JPEG + JPEG)
        folder.write("two", JPEG)
    assert folder.read("one") == JPEG
    assert names(folder) == {"one"}
    assert "cannot be kept" in caplog.text
