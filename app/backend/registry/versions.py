"""Where the versions of a household's model lie, and how a new one comes to be there."""

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from app.backend.domain.clock import as_utc
from app.backend.domain.errors import NotFound
from app.backend.registry.artefact import ARRAYS_FILE, Artefact, read
from app.backend.registry.files import naming_failure, sync_folder

_VERSION: Final = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{12}")


def version_name(created_at: datetime, digest: str) -> str:
    """Return `<UTC time>-<digest>`: readable, in order of time, bound to the content.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> version_name(datetime(2026, 11, 22, 20, 15, tzinfo=UTC), "ab12cd34ef567890")
    '20261122T201500-ab12cd34ef56'
    """
    return f"{as_utc(created_at):%Y%m%dT%H%M%S}-{digest[:12]}"


def publish(folder: Path, created_at: datetime, write: Callable[[Path], str]) -> tuple[str, str]:
    """Write a version beside its place and rename it into its place.

    Parameters
    ----------
    folder : Path
        Where the versions lie.
    created_at : datetime
    write : callable
        Writes the model to the path that it is given and returns the digest.

    Returns
    -------
    tuple of str
        The version and its digest. The version is there before anyone is told of it.

    Raises
    ------
    StorageFull
        Where there is no room, or no right, to write.
    """
    with naming_failure(folder):
        folder.mkdir(parents=True, exist_ok=True)
        staged = folder / f".stage-{as_utc(created_at):%Y%m%dT%H%M%S%f}"
        staged.mkdir(mode=0o700, exist_ok=True)
        try:
            digest = write(staged / ARRAYS_FILE)
            name = version_name(created_at, digest)
            if not (folder / name).exists():
                staged.rename(folder / name)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        sync_folder(folder)
    return name, digest


def open_version(folder: Path, version: str, digest: str) -> Artefact:
    """Open a version whose digest was recorded when it was written.

    Raises
    ------
    NotFound
        Where the name is not that of a version.
    ArtefactDamaged, ArtefactForeign, ArtefactTooNew
        Where its files cannot be trusted or read.
    """
    return read(version_folder(folder, version) / ARRAYS_FILE, digest)


def version_folder(folder: Path, version: str) -> Path:
    """Return where a version lies; a name that is none never becomes a path."""
    if _VERSION.fullmatch(version) is None:
        raise NotFound(f"There is no version {version!r}; list them with: encore models list")
    return folder / version
