"""Writes files so that a crash leaves the old one or the new one, never half of either."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.backend.domain.errors import StorageFull


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its place, sync it, and rename it into its place.

    Raises
    ------
    StorageFull
        Where there is no room, or no right, to write.
    """
    with naming_failure(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with staged.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
        sync_folder(path.parent)


def write_pair(path: Path, content: bytes, beside: Path, told: bytes) -> None:
    """Write a file and what tells of it; what fails, fails before the old pair is touched."""
    staged = beside.with_name(f".{beside.name}.{os.getpid()}.staged")
    with naming_failure(path):
        try:
            write_atomically(staged, told)
            write_atomically(path, content)
            staged.replace(beside)
        finally:
            staged.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; a system that cannot do so is left alone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def bytes_below(path: Path) -> int:
    """Return how many bytes a file has, or all files below a folder; 0 where there is nothing."""
    parts = path.rglob("*") if path.is_dir() else [path]
    return sum(part.stat().st_size for part in parts if part.is_file())


@contextmanager
def naming_failure(path: Path) -> Iterator[None]:
    """Give a failure to write the name that faces know."""
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"{path} cannot be written: {error.strerror or error}. Make room, grant the right, or "
            "choose another place."
        ) from error
