"""Zip files of other people: read in memory, within bounds, and never unpacked to a disk."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from stat import S_IFDIR, S_IFMT, S_IFREG, S_ISREG
from struct import error as StructError  # noqa: N812  # it is one
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.sources.fields import shown

MOST_ENTRIES: Final = 1_000
LARGEST_FILE: Final = 64 << 20
LARGEST_ENTRY: Final = 64_000_000
LARGEST_SUM: Final = 200_000_000
HIGHEST_RATIO: Final = 200

_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_LISTED: Final = b"PK\x01\x02"
_LOCAL_HEADER: Final = 30
_ENCRYPTED: Final = 0x1
_FILES_AND_FOLDERS: Final = (0, S_IFREG, S_IFDIR)
_PACKINGS: Final = (ZIP_STORED, ZIP_DEFLATED)
# What the standard library raises over bytes that only look like a zip.
_FAULTS: Final = (
    BadZipFile,
    LargeZipFile,
    StructError,
    zlib.error,
    ValueError,
    EOFError,
    IndexError,
    OverflowError,
    RuntimeError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip that keeps within the bounds; `entries` are its files, by their names in it."""

    called: str
    zip: ZipFile
    entries: dict[str, ZipInfo]

    @property
    def names(self) -> tuple[str, ...]:
        """The files, in the order of the archive; `/` is between folders."""
        return tuple(self.entries)

    def read(self, name: str) -> bytes:
        """Return the bytes of a file that `names` lists.

        Raises
        ------
        SourceMalformed
            Where it cannot be unpacked, or holds more or less than it declares.
        """
        declared = self.entries[name]
        # One byte more than was declared is asked for: where it comes, something lies.
        wider = copy(declared)
        wider.file_size += 1
        try:
            with self.zip.open(wider) as stream:
                content = stream.read(wider.file_size)
        except _FAULTS as error:
            raise SourceMalformed(
                f"{shown(name)} in {shown(self.called)} is damaged; export it once more."
            ) from error
        if len(content) != declared.file_size:
            raise SourceMalformed(
                f"{shown(name)} in {shown(self.called)} is not as large as it declares; export it "
                "once more."
            )
        return content


def is_archive(content: bytes) -> bool:
    """Say whether bytes begin as a zip does."""
    return content.startswith(_STARTS)


def content_of(path: Path) -> bytes:
    """Return the bytes of a file of at most `LARGEST_FILE`.

    Raises
    ------
    SourceUnreadable
        Where there is no such file, or it may not be read.
    SourceMalformed
        Where it is larger.
    """
    if "\0" in str(path):
        raise SourceUnreadable("The path holds a NUL character; check the path.")
    try:
        if not S_ISREG(path.stat().st_mode):
            raise SourceUnreadable(f"{path} is not a file; name the file that was exported.")
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise SourceUnreadable(f"There is no file {path}; check the path.") from error
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); check the path and who may read it."
        raise SourceUnreadable(message) from error
    _insist_on_size(content, str(path))
    return content


@contextmanager
def opened(source: bytes | Path, called: str = "") -> Iterator[Archive]:
    """Open a zip, from its bytes or from a file; `called` is its name, for messages.

    No name in it is ever a path of this computer. An archive inside it is a file like any other.

    Raises
    ------
    SourceUnreadable
        Where there is no such file.
    SourceMalformed
        Where it is no zip, or one that could do harm: with links, with names that lead out of it,
        with a password, with more in it than `LARGEST_SUM`, or packed as only a trap is.
    """
    content = content_of(source) if isinstance(source, Path) else source
    called = called or str(source)
    _insist_on_size(content, called)
    # Every entry begins with this mark, so there are at most so many; nothing is parsed yet.
    if content.count(_LISTED) > MOST_ENTRIES:
        raise SourceMalformed(
            f"{shown(called)} holds more than {MOST_ENTRIES} files; it is no export that Encore "
            "knows."
        )
    with BytesIO(content) as stream:
        try:
            archive = ZipFile(stream)
        except _FAULTS as error:
            raise SourceMalformed(
                f"{shown(called)} is not a zip file, or a damaged one; export it once more."
            ) from error
        with archive:
            infos = archive.infolist()
            _insist_on_order(infos, archive.start_dir, called)
            yield Archive(called, archive, _entries(infos, called))


def _insist_on_size(content: bytes, called: str) -> None:
    if len(content) > LARGEST_FILE:
        raise SourceMalformed(
            f"{shown(called)} is larger than {LARGEST_FILE >> 20} MB; no export is."
        )


def _insist_on_order(infos: Sequence[ZipInfo], end: int, called: str) -> None:
    """Refuse what stands on the bytes of another entry: small archives become huge that way."""
    taken = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < taken:
            raise SourceMalformed(
                f"{shown(called)} holds files that overlap, which no export does; it was not read."
            )
        taken = info.header_offset + _LOCAL_HEADER + info.compress_size
    if taken > end:
        raise SourceMalformed(f"{shown(called)} is damaged; export it once more.")


def _entries(infos: Sequence[ZipInfo], called: str) -> dict[str, ZipInfo]:
    entries: dict[str, ZipInfo] = {}
    for info in infos:
        name = info.filename.replace("\\", "/")
        problem = _problem(info, name)
        if problem is None and name in entries:
            problem = "is there twice"
        if problem is not None:
            raise SourceMalformed(f"{shown(name)} in {shown(called)} {problem}; it was not read.")
        if not name.endswith("/"):
            entries[name] = info
    if sum(info.file_size for info in infos) > LARGEST_SUM:
        raise SourceMalformed(
            f"{shown(called)} would be larger than {LARGEST_SUM // 1_000_000} MB unpacked; no "
            "export is."
        )
    return entries


def _problem(info: ZipInfo, name: str) -> str | None:
    """Return what is wrong with an entry, if anything is."""
    is_outside = name.startswith("/") or name[1:2] == ":" or ".." in name.split("/")
    found = {
        "is a link, or no file at all": S_IFMT(info.external_attr >> 16) not in _FILES_AND_FOLDERS,
        "is a name that leads out of the archive": is_outside,
        "needs a password": bool(info.flag_bits & _ENCRYPTED),
        "is packed in a way that no export is": info.compress_type not in _PACKINGS,
        f"is larger than {LARGEST_ENTRY // 1_000_000} MB": info.file_size > LARGEST_ENTRY,
        "is packed more tightly than any text": info.file_size > HIGHEST_RATIO * info.compress_size,
    }
    return next((problem for problem, is_so in found.items() if is_so), None)
