"""A household in one file: what its tables hold at one moment, and the models that go with it."""

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import InvalidInput, ModelError
from app.backend.domain.progress import Progress, Step
from app.backend.domain.runs import Version
from app.backend.registry.artefact import installed_libraries
from app.backend.registry.files import naming_failure, sync_folder
from app.backend.store import dump, versions
from app.backend.store.schema import read_revision
from app.backend.store.session import Database, ReadSession
from app.backend.workflows.archive import (
    CHUNK_BYTES,
    FORMAT_NUMBER,
    MANIFEST,
    Manifest,
    Member,
    TableMember,
    model_name,
    table_name,
)
from app.backend.workflows.restore import insist_on_digests, verify
from app.backend.workflows.serving import Shelf

PACKAGE: Final = "encore-tonight"
# The rows are other people's evenings, and with them the hashes of passwords and keys.
MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class BackedUp:
    """Where a backup lies, how large it is, and what is in it."""

    path: Path
    bytes: int
    manifest: Manifest


def back_up(
    database: Database,
    shelf: Shelf,
    path: Path,
    clock: Clock,
    progress: Progress,
    *,
    force: bool = False,
) -> BackedUp:
    """Write a backup beside its place, read it back, and rename it into its place.

    Parameters
    ----------
    database : Database
        Read at one moment; whoever uses it goes on.
    shelf : Shelf
    path : Path
    clock : Clock
    progress : Progress
    force : bool
        Take the place of a file that is there.

    Raises
    ------
    InvalidInput
        Where there is a file already.
    StorageFull
        Where there is no room, or no right, to write; nothing is left behind.
    """
    _insist_on_place(path, force=force)
    with _staged(path) as staged:
        with _writer(path, staged) as packed:
            manifest = _written(packed, database, shelf, clock, progress)
        verify(staged, progress)
        _insist_on_place(path, force=force)
        with naming_failure(path):
            size = staged.stat().st_size
            staged.replace(path)
            sync_folder(path.parent)
    return BackedUp(path, size, manifest)


def _insist_on_place(path: Path, *, force: bool) -> None:
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise InvalidInput(f"{path} is not a file; name the file that is to be written.")
    if path.exists() and not force:
        raise InvalidInput(f"There is a file {path} already; name another one, or add --force.")


@contextmanager
def _staged(path: Path) -> Iterator[Path]:
    staged = path.with_name(f".{path.name}.{os.getpid()}.part")
    with naming_failure(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield staged
    finally:
        staged.unlink(missing_ok=True)


@contextmanager
def _writer(path: Path, staged: Path) -> Iterator[zipfile.ZipFile]:
    with naming_failure(path):
        staged.unlink(missing_ok=True)
        opened = os.open(staged, os.O_CREAT | os.O_EXCL | os.O_RDWR, MODE)
        with os.fdopen(opened, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                yield packed
            file.flush()
            os.fsync(file.fileno())


def _written(
    packed: zipfile.ZipFile, database: Database, shelf: Shelf, clock: Clock, progress: Progress
) -> Manifest:
    with database.reading() as session:
        at = clock()
        tables = _tables(packed, session, progress)
        usable = [one for one in versions.read_versions(session) if one.is_usable]
        revision = read_revision(session) or ""
        kind = session.get_bind().dialect.name
    # Versions never change, and whoever writes to the database need not wait for them.
    models, left_out = _models(packed, usable, shelf, progress)
    manifest = Manifest(
        format=FORMAT_NUMBER,
        written_at=at,
        encore=installed_libraries().get(PACKAGE, "unknown"),
        revision=revision,
        database=kind,
        tables=tables,
        models=models,
        left_out=left_out,
    )
    _packed(packed, MANIFEST, [manifest.model_dump_json(indent=1).encode()])
    return manifest


def _tables(
    packed: zipfile.ZipFile, session: ReadSession, progress: Progress
) -> dict[str, TableMember]:
    names = dump.kept_tables()
    told = _Counting(progress, sum(dump.count(session, name) for name in names))
    tables = {}
    for name in names:
        before = told.done
        member = _packed(packed, table_name(name), told.count(dump.read_lines(session, name)))
        tables[name] = TableMember(
            bytes=member.bytes,
            sha256=member.sha256,
            rows=told.done - before,
            columns=dump.columns_of(name),
        )
    return tables


@dataclass(slots=True)
class _Counting:
    """Rows that pass by, told to whoever watches."""

    progress: Progress
    total: int
    done: int = 0

    def count(self, batches: Iterable[Sequence[bytes]]) -> Iterator[bytes]:
        """Yield each batch of lines as one piece."""
        for lines in batches:
            self.done += len(lines)
            yield b"".join(lines)
            self.progress(Step("Reading rows", self.done, self.total))


def _models(
    packed: zipfile.ZipFile, usable: Sequence[Version], shelf: Shelf, progress: Progress
) -> tuple[dict[str, dict[str, Member]], dict[str, str]]:
    """Pack the files of each version that is whole; say of the others why they are not."""
    models, left_out = {}, {}
    for number, version in enumerate(usable, start=1):
        try:
            files = insist_on_digests(shelf.folder, version)
        except ModelError as error:
            left_out[version.version] = error.message
        else:
            models[version.version] = {
                file.name: _packed(packed, model_name(version.version, file.name), _chunks(file))
                for file in files
            }
        progress(Step("Reading models", number, len(usable)))
    return models, left_out


def _packed(packed: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> Member:
    """Pack a file, whose entry carries no time; return what the manifest says of it."""
    digest, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = MODE << 16
    with packed.open(entry, "w", force_zip64=True) as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return Member(bytes=size, sha256=digest.hexdigest())


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
