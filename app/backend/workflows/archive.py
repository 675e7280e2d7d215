"""The file of a backup: a zip of tables as lines of JSON, models, and a manifest that names all.

Raising `FORMAT_NUMBER`: say how a backup of the old number is still read, and in the changelog
what changed.

1: the first.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.backend.domain.errors import (
    BackupDamaged,
    BackupTooNew,
    BackupTooOld,
    InvalidInput,
)
from app.backend.registry.artefact import LARGEST_ARRAYS_BYTES
from app.backend.store import dump

FORMAT_NUMBER: Final = 1
MANIFEST: Final = "manifest.json"
LARGEST_MANIFEST_BYTES: Final = 16 * 2**20
LARGEST_LINE_BYTES: Final = 64 * 2**20
# Rows and arrays shrink to a tenth or so; only what is made to fill a disk shrinks further.
MOST_GROWTH: Final = 200
ALWAYS_ALLOWED_BYTES: Final = 64 * 2**20
CHUNK_BYTES: Final = 2**20

_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_VERSION: Final = "[0-9]{8}T[0-9]{6}-[0-9a-f]{12}"

Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
TableName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,62}$")]
VersionName = Annotated[str, StringConstraints(pattern=f"^{_VERSION}$")]
FileName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class _Told(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Member(_Told):
    """One file of the archive: how many bytes it has, and their SHA-256."""

    bytes: Count
    sha256: Digest


class TableMember(Member):
    """A table: also how many rows it has, and which columns."""

    rows: Count
    columns: tuple[TableName, ...]


class Manifest(_Told):
    """What is in a backup. `left_out` says which versions' files are not, and why."""

    format: Count
    written_at: datetime
    encore: str
    revision: str
    database: str
    tables: Mapping[TableName, TableMember]
    models: Mapping[VersionName, Mapping[FileName, Member]]
    left_out: Mapping[VersionName, str]

    def members(self) -> dict[str, Member]:
        """Return every file of the archive but the manifest, by its name in there."""
        tables = {table_name(name): member for name, member in self.tables.items()}
        models = {
            model_name(version, name): member
            for version, files in self.models.items()
            for name, member in files.items()
        }
        return {**tables, **models}

    @property
    def row_count(self) -> int:
        """How many rows all tables have together."""
        return sum(table.rows for table in self.tables.values())


@dataclass(frozen=True, slots=True)
class Archive:
    """An open backup whose names and sizes are those of its manifest."""

    path: Path
    manifest: Manifest
    members: Mapping[str, Member]
    packed: zipfile.ZipFile

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes; they are those of the manifest, or it ends with an error.

        Raises
        ------
        BackupDamaged
            Where they are not.
        """
        member = self.members[name]
        digest, size = hashlib.sha256(), 0
        with naming_damage(self.path), self.packed.open(name) as file:
            while (chunk := file.read(CHUNK_BYTES)) and size <= member.bytes:
                size += len(chunk)
                digest.update(chunk)
                yield chunk
        if size != member.bytes or digest.hexdigest() != member.sha256:
            raise damaged(self.path, f"the bytes of {name} are not those that were written")

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield a table's rows.

        Raises
        ------
        BackupDamaged
            Where a line is no such row, or there are more or fewer than the manifest says.
        """
        member = self.manifest.tables[table]
        parse = dump.parser(table, member.columns)
        number = 0
        for number, line in enumerate(self._lines(table_name(table)), start=1):
            try:
                yield parse(line)
            except ValueError as error:
                raise damaged(self.path, f"row {number} of {table}: {error}") from error
        if number != member.rows:
            raise damaged(self.path, f"{table} has {number} rows and not {member.rows}")

    def _lines(self, name: str) -> Iterator[bytes]:
        rest = b""
        for chunk in self.chunks(name):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > LARGEST_LINE_BYTES:
                raise damaged(self.path, f"{name} has a line that is too long")
        if rest:
            raise damaged(self.path, f"{name} ends within a line")


def table_name(table: str) -> str:
    """Return what a table is called in the archive."""
    return f"tables/{table}.jsonl"


def model_name(version: str, file: str) -> str:
    """Return what a version's file is called in the archive."""
    return f"models/{version}/{file}"


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a backup and judge its manifest, names and sizes; no member is unpacked yet.

    Raises
    ------
    InvalidInput
        Where there is no such file, or it cannot be read.
    BackupDamaged, BackupTooNew, BackupTooOld
        Where it cannot be restored.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        with naming_damage(path):
            packed = zipfile.ZipFile(file)
        with packed:
            manifest = _manifest(path, packed)
            _insist_on_names(path, packed, manifest)
            _insist_on_sizes(path, packed, manifest)
            _insist_on_tables(path, manifest)
            yield Archive(path, manifest, manifest.members(), packed)


def damaged(path: Path, what: str) -> BackupDamaged:
    """Return the error for a backup that is not what was written."""
    return BackupDamaged(
        f"{path} is refused: {what}. Nothing was changed; copy the file again, or take another "
        "backup."
    )


@contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """Give what goes wrong in an archive the name that faces know."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        OverflowError,
        RuntimeError,
        ValueError,
    ) as error:
        raise damaged(path, "it is not a whole zip file") from error


def _manifest(path: Path, packed: zipfile.ZipFile) -> Manifest:
    if MANIFEST not in packed.namelist():
        raise damaged(path, "it has no manifest, so Encore did not write it")
    with naming_damage(path), packed.open(MANIFEST) as file:
        text = file.read(LARGEST_MANIFEST_BYTES + 1)
    if len(text) > LARGEST_MANIFEST_BYTES:
        raise damaged(path, "its manifest is too large")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, "its manifest is not JSON") from error
    number = told.get("format") if isinstance(told, dict) else None
    if isinstance(number, int) and number > FORMAT_NUMBER:
        raise BackupTooNew(
            f"{path} has format {number}, and this Encore reads up to {FORMAT_NUMBER}; restore it "
            "with the newer Encore that wrote it."
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        raise damaged(path, f"its manifest is wrong at {where!r}") from error


def _insist_on_names(path: Path, packed: zipfile.ZipFile, manifest: Manifest) -> None:
    found = [info.filename for info in packed.infolist()]
    wanted = {MANIFEST, *manifest.members()}
    if len(found) != len(set(found)):
        raise damaged(path, "it has two files of the same name")
    if missing := wanted.difference(found):
        raise damaged(path, f"it lacks {min(missing)}")
    if extra := set(found) - wanted:
        raise damaged(path, f"it has {min(extra)!r}, which its manifest does not name")


def _insist_on_sizes(path: Path, packed: zipfile.ZipFile, manifest: Manifest) -> None:
    members = manifest.members()
    for info in packed.infolist():
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise damaged(path, f"{info.filename} is packed in another way than Encore's")
        if info.filename in members and info.file_size != members[info.filename].bytes:
            raise damaged(path, f"{info.filename} has another size than its manifest says")
    for files in manifest.models.values():
        if max((member.bytes for member in files.values()), default=0) > LARGEST_ARRAYS_BYTES:
            raise damaged(path, "it has a model that is larger than any")
    unpacked = sum(member.bytes for member in members.values())
    if unpacked > ALWAYS_ALLOWED_BYTES + MOST_GROWTH * path.stat().st_size:
        raise damaged(path, f"it would unpack to {unpacked / 1e9:.1f} GB, as no backup does")


def _insist_on_tables(path: Path, manifest: Manifest) -> None:
    known = dump.revisions()
    if manifest.revision not in known:
        raise BackupTooNew(
            f"{path} has tables of revision {manifest.revision}, which this Encore does not know; "
            f"restore it with the Encore that wrote it: {manifest.encore}."
        )
    is_older = manifest.revision != known[0]
    for name in {*manifest.tables, *dump.kept_tables()}:
        what = _unfit(name, manifest.tables.get(name), is_older=is_older)
        if what is not None and is_older:
            raise BackupTooOld(
                f"{path} has tables of revision {manifest.revision}: {what}. Restore it with the "
                f"Encore that wrote it ({manifest.encore}), and start this one on that database."
            )
        if what is not None:
            raise damaged(path, what)


def _unfit(name: str, table: TableMember | None, *, is_older: bool) -> str | None:
    """Say why a table cannot be restored; what an older backup lacks takes its default."""
    if name not in dump.kept_tables():
        return f"there is no table {name} any more"
    if table is None:
        return None if is_older else f"it lacks the table {name}"
    lacking = set(dump.columns_of(name)) - set(table.columns)
    if gone := set(table.columns) - set(dump.columns_of(name)):
        return f"there is no column {min(gone)} of {name} any more"
    if lacking and (not is_older or lacking & dump.required_columns(name)):
        return f"it lacks the column {min(lacking)} of {name}"
    return None
