"""Zips of other people: within bounds they are read, and traps are named errors."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from stat import S_IFLNK
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.backend.domain.errors import SourceError, SourceMalformed, SourceUnreadable
from app.backend.sources import archive_file
from app.backend.sources.archive_file import content_of, is_archive, opened

LINES = b"".join(b"line %d\n" % number for number in range(200))


def zipped(files: dict[str, bytes], packing: int = ZIP_DEFLATED) -> bytes:
    """Return a zip of these files."""
    stream = BytesIO()
    with ZipFile(stream, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unpacked(content: bytes | Path) -> dict[str, bytes]:
    """Read every file of a zip."""
    with opened(content, "export.zip") as archive:
        return {name: archive.read(name) for name in archive.names}


def refusal(content: bytes) -> str:
    """Return why a zip is not read; it is a sentence."""
    with pytest.raises(SourceMalformed) as caught:
        unpacked(content)
    assert caught.value.message.endswith(".")
    assert caught.value.message.isprintable()
    return caught.value.message


def packed(content: bytes) -> bytes:
    """Return content as a zip holds it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def by_hand(*entries: tuple[str, bytes, int, int], at: tuple[int, ...] = ()) -> bytes:
    """Write a zip that says what it is told to: name, packed bytes, declared size, checksum.

    `at` says where the list claims the entries to begin, where that is not the truth.
    """
    body, listed, offsets = b"", b"", list(at)
    for number, (name, data, size, checksum) in enumerate(entries):
        told = struct.pack(
            "<HHHHHIIIHH", 20, 0, 8, 0, 0x21, checksum, len(data), size, len(name), 0
        )
        start = offsets[number] if at else len(body)
        body += b"PK\x03\x04" + told + name.encode() + data
        listed += b"PK\x01\x02" + struct.pack("<H", 20) + told
        listed += struct.pack("<HHHII", 0, 0, 0, 0, start) + name.encode()
    count = len(entries)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(listed), len(body), 0)
    return body + listed + b"PK\x05\x06" + end


def test_files_are_read_from_bytes_and_from_a_disk(tmp_path: Path) -> None:
    """Names and bytes arrive, folders are no files, and both ways lead to the same."""
    files = {"me/ratings.csv": LINES, "empty.csv": b"", "me/": b""}
    content = zipped(files)
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    assert is_archive(content)
    assert unpacked(content) == unpacked(path) == {"me/ratings.csv": LINES, "empty.csv": b""}
    assert unpacked(zipped({"plain.csv": LINES}, ZIP_STORED)) == {"plain.csv": LINES}


def test_backslashes_are_between_folders_too() -> None:
    """Windows writes names in its own way."""
    entry = ("me\\ratings.csv", packed(LINES), len(LINES), zlib.crc32(LINES))
    assert unpacked(by_hand(entry)) == {"me/ratings.csv": LINES}


@pytest.mark.parametrize(
    "name", ["../up.csv", "a/../../up.csv", "/etc/passwd", "C:/up.csv", "..\\up.csv", "\\\\x\\y"]
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    """No name of an archive is a path here, and one that tries to be is not read at all."""
    entry = (name, packed(LINES), len(LINES), zlib.crc32(LINES))
    assert "leads out" in refusal(by_hand(entry))


def test_links_are_refused() -> None:
    """A link is no file."""
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        link = ZipInfo("ratings.csv")
        link.external_attr = (S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in refusal(stream.getvalue())


def test_a_password_is_said() -> None:
    """Encrypted entries are told by their mark."""
    content = bytearray(zipped({"ratings.csv": LINES}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(bytes(content))


def test_other_packings_are_refused() -> None:
    """What unpacks without a bound is never begun."""
    assert "packed in a way" in refusal(zipped({"ratings.csv": LINES}, ZIP_BZIP2))


def test_a_bomb_is_told_by_its_ratio() -> None:
    """A few bytes that become many are refused before any is unpacked."""
    assert "more tightly" in refusal(zipped({"ratings.csv": bytes(5_000_000)}))


def test_a_bomb_of_many_layers_is_a_file_like_any_other() -> None:
    """An archive in the archive is not opened."""
    inner = zipped({"ratings.csv": bytes(100_000)})
    assert unpacked(zipped({"inner.zip": inner}, ZIP_STORED)) == {"inner.zip": inner}


def test_declared_sizes_have_bounds() -> None:
    """One file, all together, and the archive itself each have a limit."""
    noise = bytes(range(256)) * 2_000
    large = archive_file.LARGEST_ENTRY + 1
    assert "64 MB" in refusal(by_hand(("one.csv", noise, large, 0)))
    some = [(f"{number}.csv", noise, 60_000_000, 0) for number in range(4)]
    assert "200 MB" in refusal(by_hand(*some))
    assert "64 MB" in refusal(b"PK\x03\x04" + bytes(archive_file.LARGEST_FILE))


def test_entries_are_counted_before_anything_else() -> None:
    """So many files no export has."""
    assert "1000 files" in refusal(zipped({f"{number}.csv": b"" for number in range(1_001)}))
    assert len(unpacked(zipped({f"{number}.csv": b"" for number in range(1_000)}))) == 1_000


@pytest.mark.parametrize("lie", [-1, 1, -len(LINES)])
@pytest.mark.parametrize("checks", ["the whole", "the part"])
def test_more_or_less_than_declared_is_refused(lie: int, checks: str) -> None:
    """What comes out must be what was declared, also where the checksum agrees with the lie."""
    size = len(LINES) + lie
    checksum = zlib.crc32(LINES if checks == "the whole" else LINES[:size])
    refusal(by_hand(("ratings.csv", packed(LINES), size, checksum)))


def test_what_comes_out_is_bounded_by_what_was_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb that declares little is not unpacked beyond it."""
    bomb = packed(bytes(50_000_000))
    taken: list[int] = []
    inflate: Any = zlib.decompressobj

    class Watched:
        """Unpacks, and notes how much at a time."""

        def __init__(self, *arguments: int) -> None:
            self.inner = inflate(*arguments)

        def decompress(self, data: bytes, most: int = 0) -> bytes:
            """Unpack at most so much."""
            found: bytes = self.inner.decompress(data, most)
            taken.append(len(found))
            return found

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    refusal(by_hand(("ratings.csv", bomb, 10_000, 0)))
    assert taken
    assert sum(taken) < 100_000


def test_entries_on_the_same_bytes_are_refused() -> None:
    """Files that overlap become huge from little."""
    entry = (packed(LINES), len(LINES), zlib.crc32(LINES))
    twice = by_hand(("a.csv", *entry), ("b.csv", *entry), at=(0, 0))
    assert "overlap" in refusal(twice)
    inside = by_hand(("a.csv", *entry), ("b.csv", *entry), at=(0, 40))
    assert "overlap" in refusal(inside)


def test_one_name_twice_is_refused() -> None:
    """Nobody knows which of two files of one name is meant."""
    entry = ("a.csv", packed(LINES), len(LINES), zlib.crc32(LINES))
    assert "twice" in refusal(by_hand(entry, entry))


@pytest.mark.parametrize("content", [b"", b"Const,Your Rating\n", b"PK\x03\x04", b"PK\x05\x06"])
def test_what_is_no_zip_is_said(content: bytes) -> None:
    """Other files, and the beginning of one, are named errors."""
    assert "not a zip" in refusal(content)


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    """A path must lead to a file of a bounded size."""
    for path in (tmp_path / "none.zip", tmp_path, Path("a\0b")):
        with pytest.raises(SourceUnreadable) as caught:
            content_of(path)
        assert caught.value.message.endswith(".")
    huge = tmp_path / "huge.zip"
    with huge.open("wb") as stream:
        stream.truncate(archive_file.LARGEST_FILE + 1)
    with pytest.raises(SourceMalformed):
        content_of(huge)


@given(st.data())
def test_damage_is_a_named_error_or_does_no_harm(data: st.DataObject) -> None:
    """Any byte may be another: a named error, or files."""
    content = bytearray(zipped({"a.csv": LINES, "b/c.csv": b"x", "d.json": b"[]"}))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    with suppress(SourceError):
        unpacked(bytes(content[:cut]))


@given(st.binary(max_size=200))
@example(b"PK\x05\x06" + bytes(18))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    """Whatever bytes: a named error, or an archive."""
    with suppress(SourceError):
        unpacked(content)
