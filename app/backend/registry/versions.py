"""Where the versions of a household's model lie: staged, put in place, set aside, taken away.

A version is written beside its place under a name that nobody reads, synced, and renamed into its
place; only then is anyone told of it. What a crash leaves behind is swept up later.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from app.backend.domain.clock import as_utc
from app.backend.domain.errors import ArtefactDamaged, NotFound, StorageFull
from app.backend.domain.runs import Hold
from app.backend.registry.artefact import ARRAYS_FILE, Artefact, bounded, read
from app.backend.registry.files import bytes_below, naming_failure, sync_folder, write_atomically

SET_ASIDE: Final = "set-aside"
# A file beside arrays and manifest is written once and for people: no model has a larger one.
LARGEST_FILE_BYTES: Final = 4 * 2**20
LEAST_FREE_BYTES: Final = 200 * 2**20

_VERSION: Final = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{12}")
_STAGE: Final = ".stage-"
_GOING: Final = ".going-"


@dataclass(frozen=True, slots=True)
class Staged:
    """A version that is written and not yet in its place."""

    folder: Path
    digest: str

    def open(self) -> Artefact:
        """Open what was written, as serving will.

        Raises
        ------
        ModelError
            Where it cannot be opened.
        """
        return read(self.folder / ARRAYS_FILE, self.digest)

    def add(self, files: Mapping[str, str]) -> dict[str, str]:
        """Write texts beside the model; return the digest of each.

        Raises
        ------
        StorageFull
            Where there is no room, or no right, to write.
        """
        for name, content in files.items():
            write_atomically(self.folder / name, content.encode())
        return {name: _sha256(content.encode()) for name, content in files.items()}


def version_name(created_at: datetime, digest: str) -> str:
    """Return `<UTC time>-<digest>`: readable, in order of time, bound to the content.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> version_name(datetime(2026, 11, 22, 20, 15, tzinfo=UTC), "ab12cd34ef567890")
    '20261122T201500-ab12cd34ef56'
    """
    return f"{as_utc(created_at):%Y%m%dT%H%M%S}-{digest[:12]}"


def insist_on_room(folder: Path, least_bytes: int = LEAST_FREE_BYTES) -> None:
    """Refuse to begin what would fill the disk: feedback needs the room that is left.

    Raises
    ------
    StorageFull
        Where less is free, or the folder cannot be made.
    """
    with naming_failure(folder):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    if free < least_bytes:
        raise StorageFull(
            f"{folder} has {free // 2**20} MB free, and training asks for {least_bytes // 2**20}: "
            "what is left is kept for feedback. Make room, or prune: encore models prune"
        )


def stage(folder: Path, hold: Hold, write: Callable[[Path], str]) -> Staged:
    """Write a version beside its place.

    Parameters
    ----------
    folder : Path
        Where the versions lie.
    hold : Hold
        The attempt that writes; it has a place of its own.
    write : callable
        Writes the model to the path that it is given and returns the digest.

    Raises
    ------
    StorageFull
        Where there is no room, or no right, to write; nothing is left behind.
    """
    staged = folder / f"{_STAGE}{hold.run_id}-{hold.attempt}"
    with naming_failure(folder):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700)
        try:
            return Staged(staged, write(staged / ARRAYS_FILE))
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise


def place(staged: Staged, created_at: datetime) -> str:
    """Put a staged version into its place, durably; return its name.

    Raises
    ------
    StorageFull
        Where there is no right to rename.
    """
    folder = staged.folder.parent
    name = version_name(created_at, staged.digest)
    with naming_failure(folder):
        sync_folder(staged.folder)
        if not (folder / name).exists():
            staged.folder.rename(folder / name)
        sync_folder(folder)
    return name


def discard(staged: Staged) -> None:
    """Take a staged version away, if it is still there."""
    shutil.rmtree(staged.folder, ignore_errors=True)


def sweep(folder: Path, known: Collection[str], before: datetime) -> list[str]:
    """Take away what crashes left: stages, and versions that no database speaks of.

    Only what nobody touched since `before`: another process may be about to tell of it.
    """
    latest = before.timestamp()
    gone = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        is_left = path.name.startswith((_STAGE, _GOING)) or (
            _VERSION.fullmatch(path.name) is not None and path.name not in known
        )
        if is_left and path.lstat().st_mtime < latest:
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
    return gone


def set_aside(folder: Path, version: str) -> bool:
    """Move a version's files to where nothing serves from; say whether there were any."""
    place_of_it = version_folder(folder, version)
    aside = folder / SET_ASIDE
    with naming_failure(folder):
        if not place_of_it.exists():
            return False
        aside.mkdir(mode=0o700, exist_ok=True)
        target = aside / version
        shutil.rmtree(target, ignore_errors=True)
        place_of_it.rename(target)
        sync_folder(aside)
        sync_folder(folder)
    return True


def remove(folder: Path, version: str) -> int:
    """Take a version's files away; return how many bytes that freed."""
    place_of_it = version_folder(folder, version)
    if not place_of_it.is_dir():
        return 0
    freed = bytes_below(place_of_it)
    with naming_failure(folder):
        # Under its own name it is whole or not there at all.
        going = folder / f"{_GOING}{version}"
        shutil.rmtree(going, ignore_errors=True)
        place_of_it.rename(going)
        shutil.rmtree(going, ignore_errors=True)
        sync_folder(folder)
    return freed


def open_version(folder: Path, version: str, digest: str) -> Artefact:
    """Open a version whose digest was recorded when it was written.

    Raises
    ------
    NotFound
        Where the name is not that of a version.
    ArtefactMissing, ArtefactDamaged, ArtefactForeign, ArtefactTooNew
        Where its files cannot be trusted or read.
    """
    return read(version_folder(folder, version) / ARRAYS_FILE, digest)


def read_beside(folder: Path, version: str, name: str, digest: str) -> bytes:
    """Return a file that was written beside a version's model.

    Raises
    ------
    ArtefactMissing
        Where it is not there or cannot be read.
    ArtefactDamaged
        Where it is not what was written.
    """
    path = version_folder(folder, version) / Path(name).name
    content = bounded(path, LARGEST_FILE_BYTES)
    if _sha256(content) != digest:
        raise ArtefactDamaged(f"{path} is refused: its bytes are not those that were written.")
    return content


def size_of(folder: Path, version: str) -> int:
    """Return how many bytes a version's files have; 0 where they are not there."""
    return bytes_below(version_folder(folder, version))


def version_folder(folder: Path, version: str) -> Path:
    """Return where a version lies; a name that is none never becomes a path."""
    if _VERSION.fullmatch(version) is None:
        raise NotFound(f"There is no version {version!r}; list them with: encore models list")
    return folder / version


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
