"""A backup becomes a household again: judged to its last byte, then restored all or not at all."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.backend.domain.errors import ArtefactDamaged, BackupDamaged, ModelError, NotEmpty
from app.backend.domain.progress import Progress, Step
from app.backend.domain.runs import Version
from app.backend.registry.artefact import (
    ARRAYS_FILE,
    LARGEST_ARRAYS_BYTES,
    LARGEST_MANIFEST_BYTES,
    MANIFEST_FILE,
    bounded,
)
from app.backend.registry.files import naming_failure, sync_folder
from app.backend.registry.versions import read_beside, version_folder
from app.backend.store import dump, versions
from app.backend.store.session import Database, WriteSession
from app.backend.workflows.archive import Archive, Manifest, damaged, model_name, open_archive
from app.backend.workflows.serving import Shelf

VERSIONS: Final = "model_versions"
# Named as the stages of trainings are: what a crash leaves behind is swept up with theirs.
_STAGE: Final = ".stage-restore-"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: the backup, its rows by table, and the versions with files."""

    manifest: Manifest
    rows: Mapping[str, int]
    versions: tuple[str, ...]


def verify(path: Path, progress: Progress) -> Manifest:
    """Judge a whole backup and change nothing.

    Raises
    ------
    InvalidInput
        Where there is no such file, or it cannot be read.
    BackupDamaged, BackupTooNew, BackupTooOld
        Where it cannot be restored.
    """
    with verified(path, progress) as archive:
        return archive.manifest


@contextmanager
def verified(path: Path, progress: Progress) -> Iterator[Archive]:
    """Open a backup once every digest, every row and every model in it was judged.

    Raises
    ------
    InvalidInput
        Where there is no such file, or it cannot be read.
    BackupDamaged, BackupTooNew, BackupTooOld
        Where it cannot be restored.
    """
    with open_archive(path) as archive:
        known, done = {}, 0
        for table in archive.manifest.tables:
            for row in archive.rows(table):
                done += 1
                if table == VERSIONS:
                    known[row["version"]] = row
                if done % dump.BATCH == 0:
                    progress(Step("Checking rows", done, archive.manifest.row_count))
        _insist_on_models(archive, known, progress)
        yield archive


def restore(
    archive: Archive, database: Database, shelf: Shelf, progress: Progress, *, force: bool = False
) -> Restored:
    """Fill a database and a folder of models from a backup that was judged, in one transaction.

    Parameters
    ----------
    archive : Archive
        See `verified`.
    database : Database
        At the newest revision of its tables.
    shelf : Shelf
    progress : Progress
    force : bool
        Delete first what is there.

    Raises
    ------
    NotEmpty
        Where there is something, and `force` is not asked for.
    BackupDamaged
        Where the database refuses a row, or what was restored is not what was kept.
    StorageFull
        Where there is no room, or no right, to write.
    """
    tables = [name for name in dump.kept_tables() if name in archive.manifest.tables]
    with _placing(shelf.folder) as placing, database.writing() as session:
        dump.lock(session)
        _insist_on_empty(session, force=force)
        dump.empty(session)
        done = 0
        for table in tables:
            for rows in dump.write_rows(session, table, archive.rows(table)):
                done += rows
                progress(Step("Restoring rows", done, archive.manifest.row_count))
        dump.finish(session)
        _place_models(archive, placing, progress)
        restored = _insist_on_restored(archive, session, shelf)
    for name in archive.manifest.models:
        shelf.forget(name)
    return restored


def insist_on_digests(folder: Path, version: Version) -> list[Path]:
    """Return a version's files, once they are those that were recorded.

    Whether this Encore could open them is not asked.

    Raises
    ------
    ArtefactMissing, ArtefactDamaged
        Where they are not there, or not what was written.
    """
    place = version_folder(folder, version.version)
    told = bounded(place / MANIFEST_FILE, LARGEST_MANIFEST_BYTES)
    arrays = bounded(place / ARRAYS_FILE, LARGEST_ARRAYS_BYTES)
    if hashlib.sha256(told).hexdigest() != version.digest:
        raise ArtefactDamaged(f"{place / MANIFEST_FILE} is not the manifest that was recorded.")
    if hashlib.sha256(arrays).hexdigest() != json.loads(told)["content_sha256"]:
        raise ArtefactDamaged(f"{place / ARRAYS_FILE} has other bytes than its manifest names.")
    for name, digest in (version.files or {}).items():
        read_beside(folder, version.version, name, digest)
    return [place / name for name in (MANIFEST_FILE, ARRAYS_FILE, *sorted(version.files or {}))]


def _insist_on_models(
    archive: Archive, known: Mapping[str, Mapping[str, Any]], progress: Progress
) -> None:
    manifest = archive.manifest
    for name, row in known.items():
        is_usable = row.get("pruned_at") is None and row.get("set_aside_at") is None
        if is_usable and name not in manifest.models and name not in manifest.left_out:
            raise damaged(archive.path, f"it lacks the files of version {name}")
    for number, name in enumerate(manifest.models, start=1):
        if name not in known:
            raise damaged(archive.path, f"version {name} is in no row of {VERSIONS}")
        _insist_on_model(archive, name, known[name])
        progress(Step("Checking models", number, len(manifest.models)))


def _insist_on_model(archive: Archive, name: str, row: Mapping[str, Any]) -> None:
    """Compare a version's files with what the row of the version, and its manifest, say of them."""
    files = archive.manifest.models[name]
    beside = row.get("files") or {}
    if not isinstance(beside, dict) or set(files) != {MANIFEST_FILE, ARRAYS_FILE, *beside}:
        raise damaged(archive.path, f"version {name} has other files than were recorded")
    if files[MANIFEST_FILE].bytes > LARGEST_MANIFEST_BYTES:
        raise damaged(archive.path, f"the manifest of version {name} is too large")
    told = b"".join(archive.chunks(model_name(name, MANIFEST_FILE)))
    for file in set(files) - {MANIFEST_FILE}:
        for _ in archive.chunks(model_name(name, file)):
            pass
    try:
        content = json.loads(told)["content_sha256"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise damaged(archive.path, f"the manifest of version {name} cannot be read") from error
    recorded = {**beside, MANIFEST_FILE: row["digest"], ARRAYS_FILE: content}
    for file, member in files.items():
        if member.sha256 != recorded[file]:
            raise damaged(archive.path, f"{file} of version {name} is not what was recorded")


def _insist_on_empty(session: WriteSession, *, force: bool) -> None:
    filled = dump.filled_tables(session)
    if filled and not force:
        raise NotEmpty(
            f"There is something here already, in {', '.join(filled)}. Restore into a new data "
            "folder or database (ENCORE_DATA_DIR, ENCORE_DATABASE_URL), or delete what is here "
            "with --force; to keep it: encore backup"
        )


def _insist_on_restored(archive: Archive, session: WriteSession, shelf: Shelf) -> Restored:
    """Read what was written, before it is committed."""
    rows = {table: dump.count(session, table) for table in dump.kept_tables()}
    told = archive.manifest.tables
    for table, count in rows.items():
        if count != (told[table].rows if table in told else 0):
            raise BackupDamaged(
                f"{table} has {count} rows after restoring, and the backup {told[table].rows}; "
                "nothing was changed."
            )
    for version in versions.read_versions(session):
        if version.version in archive.manifest.models:
            try:
                insist_on_digests(shelf.folder, version)
            except ModelError as error:
                raise BackupDamaged(f"{error.message} Nothing was changed.") from error
    return Restored(archive.manifest, rows, tuple(archive.manifest.models))


@dataclass(slots=True)
class _Placing:
    """Folders of versions on their way to their places, and how to take it back."""

    folder: Path
    stage: Path
    replaced: list[tuple[Path, Path | None]] = field(default_factory=list)

    def place(self, name: str) -> None:
        """Put a staged version into its place; what was there is kept until the end."""
        target = version_folder(self.folder, name)
        before = None
        if target.exists() or target.is_symlink():
            before = self.stage / f"before-{name}"
            target.rename(before)
        self.replaced.append((target, before))
        (self.stage / name).rename(target)

    def take_back(self) -> None:
        """Put everything back as it was."""
        for target, before in reversed(self.replaced):
            shutil.rmtree(target, ignore_errors=True)
            if before is not None:
                before.rename(target)


@contextmanager
def _placing(folder: Path) -> Iterator[_Placing]:
    placing = _Placing(folder, folder / f"{_STAGE}{os.getpid()}")
    shutil.rmtree(placing.stage, ignore_errors=True)
    try:
        yield placing
    except BaseException:
        placing.take_back()
        raise
    finally:
        shutil.rmtree(placing.stage, ignore_errors=True)


def _place_models(archive: Archive, placing: _Placing, progress: Progress) -> None:
    models = archive.manifest.models
    for number, (name, files) in enumerate(models.items(), start=1):
        staged = placing.stage / name
        with naming_failure(staged):
            staged.mkdir(mode=0o700, parents=True)
            for file in files:
                _unpack(archive, model_name(name, file), staged / file)
            sync_folder(staged)
            placing.place(name)
        progress(Step("Restoring models", number, len(models)))
    if models:
        sync_folder(placing.folder)


def _unpack(archive: Archive, name: str, path: Path) -> None:
    with path.open("xb") as file:
        for chunk in archive.chunks(name):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
