"""Posters on disk: a file each, as many as there is room for, the least used ones out first."""

import logging
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from app.backend.domain.clock import Clock

_log = logging.getLogger(__name__)

# What is shown again within this is as used as before: not every look writes.
USED_SECONDS: Final = 3_600.0
# So much of the room is left when some had to go, so that not every poster has one go.
_LEFT: Final = 0.9
# After so much of the room was filled, somebody looks how much is left: others fill it too.
_LOOK: Final = 0.05


@dataclass(frozen=True, slots=True)
class Room:
    """How much posters may take."""

    most_bytes: int = 500 * 2**20
    most_files: int = 20_000


@dataclass(slots=True)
class PosterFolder:
    """The posters that are kept, by keys that are names of files.

    Several processes may use one folder. What the disk does not take is not kept.
    """

    folder: Path
    clock: Clock
    room: Room = field(default_factory=Room)
    _lock: Lock = field(default_factory=Lock)
    # Since the folder was looked through; it never was.
    _new_bytes: float = float("inf")
    _new_files: float = float("inf")

    def read(self, key: str) -> bytes | None:
        """Return a poster, `None` where it is not kept."""
        path = self.folder / key
        try:
            content, used = path.read_bytes(), path.stat().st_mtime
        except OSError:
            return None
        now = self.clock().timestamp()
        if abs(now - used) > USED_SECONDS:
            with suppress(OSError):  # it was just thrown out
                os.utime(path, (now, now))
        return content

    def write(self, key: str, content: bytes) -> None:
        """Keep a poster, whole or not at all."""
        staged, now = self.folder / f"{key}.{os.getpid()}.new", self.clock().timestamp()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with staged.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.utime(staged, (now, now))
            staged.replace(self.folder / key)
        except OSError as error:
            _log.warning("A poster cannot be kept in %s: %s", self.folder, error.strerror)
            with suppress(OSError):
                staged.unlink(missing_ok=True)
        with self._lock:
            self._new_bytes += len(content)
            self._new_files += 1
            room = self.room
            many = self._new_bytes > _LOOK * room.most_bytes
            if many or self._new_files > _LOOK * room.most_files:
                self._make_room()

    def _make_room(self) -> None:
        """Throw out what was not used for longest, also what a killed process left half written."""
        kept = sorted(self._kept())
        size, number = sum(one[1] for one in kept), len(kept)
        self._new_bytes = self._new_files = 0
        room = self.room
        if size <= room.most_bytes and number <= room.most_files:
            return
        for _, its_size, path in kept:
            if size <= _LEFT * room.most_bytes and number <= _LEFT * room.most_files:
                return
            with suppress(OSError):
                path.unlink(missing_ok=True)
            size, number = size - its_size, number - 1

    def _kept(self) -> list[tuple[float, int, Path]]:
        """Return when each file was used last, its size, and where it is."""
        found = []
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):  # another process may throw it out
                    facts = entry.stat(follow_symlinks=False)
                    found.append((facts.st_mtime, facts.st_size, Path(entry.path)))
        return found
