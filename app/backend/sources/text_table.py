"""A large delimited text as columns of coded words; knows no meaning of any column."""

import codecs
import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.dataset import Coded
from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.domain.progress import Progress, Step
from app.backend.sources.fields import shown
from app.backend.sources.tally import Tally

LONGEST_LINE: Final = 100_000
MOST_ROWS: Final = 50_000_000
DELIMITERS: Final = ",;\t"

_ROWS_AT_ONCE: Final = 1 << 12
_SAMPLE_BYTES: Final = 1 << 16
_BINARY: Final = re.compile(b"[\x00-\x08\x0e-\x1f]")
_BREAK: Final = re.compile("\r\n|\r|\n")
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
_OTHER_FORMATS: Final = {
    b"PK\x03\x04": "a spreadsheet or an archive; open it and save the table as CSV (UTF-8)",
    b"\x1f\x8b": "compressed; unpack it first",
    codecs.BOM_UTF16_LE: "UTF-16 text; save it as UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16 text; save it as UTF-8",
}


@dataclass(frozen=True, slots=True)
class Header:
    """The first line that holds something: names of columns, and what stands between them."""

    names: tuple[str, ...]
    delimiter: str
    line: int
    has_quotes: bool = True


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows with as many cells as the header names columns.

    Attributes
    ----------
    columns : tuple of Coded or None
        In the order of the header; `None` where there were more words than were allowed.
    line : ndarray of int64
        Where each row begins, as an editor counts.
    broken : Tally
        Rows that cannot be told apart into cells.
    """

    header: Header
    columns: tuple[Coded | None, ...]
    line: NDArray[np.int64]
    broken: Tally


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a text file; bytes that are not UTF-8 become lone surrogates.

    Raises
    ------
    SourceUnreadable
        Where there is no such file, or it may not be read.
    SourceMalformed
        Where it is no text.
    """
    try:
        _insist_on_file(path)
        with path.open("rb") as stream:
            sample = stream.read(_SAMPLE_BYTES)
        _insist_on_text(sample, path)
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield text
    except FileNotFoundError as error:
        raise SourceUnreadable(f"There is no file {path}; check the path.") from error
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); check the path and who may read it."
        raise SourceUnreadable(message) from error


def read_table(
    path: Path,
    header_of: Callable[[str, str, int], Header],
    most_words: Callable[[str], int | None],
    progress: Progress,
) -> TextTable:
    """Read a whole table.

    Parameters
    ----------
    path : Path
    header_of : callable
        Understands the text of the first line, given with the file's name and the line's number.
    most_words : callable
        How many distinct words a column of that name may have before it is not read at all;
        `None` is any number, 0 is a column that nobody wants.
    progress : Progress

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where there is no table to be read.
    """
    with opened(path) as stream:
        header = _header(stream, path, header_of)
        broken = Tally()
        coders = [_Coder(most_words(name)) for name in header.names]
        lines = _lines(stream, path, header.line)
        reader = csv.reader(
            lines,
            delimiter=header.delimiter,
            skipinitialspace=header.has_quotes,
            quoting=csv.QUOTE_MINIMAL if header.has_quotes else csv.QUOTE_NONE,
            strict=True,
        )
        taken: list[NDArray[np.int64]] = []
        done = 0
        for rows, line in _parts(reader, header, broken):
            for coder, column in zip(coders, zip(*rows, strict=True), strict=True):
                coder.add(column)
            taken.append(line)
            done += len(rows)
            if done > MOST_ROWS:
                raise SourceMalformed(f"{path} has more than {MOST_ROWS} rows; read a part of it.")
            progress(Step("Reading rows", done))
    columns = tuple(coder.column() for coder in coders)
    line = np.concatenate([*taken, np.zeros(0, np.int64)])
    return _without_damage(TextTable(header, columns, line, broken))


def guessed_header(text: str, line: int, score: Callable[[tuple[str, ...]], int]) -> Header:
    """Return the header with the delimiter under which its names score best."""
    found = []
    for delimiter in DELIMITERS:
        try:
            names = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:
            continue
        found.append(Header(tuple(name.strip() for name in names), delimiter, line))
    if not found:
        return Header((), ",", line)
    return max(found, key=lambda header: (score(header.names), len(header.names)))


class _Reader(Protocol):
    """What the standard library's reader is."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


class _Coder:
    """Words of one column become numbers, until there are too many of them."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.number: defaultdict[str, int] = defaultdict()
        self.number.default_factory = self.number.__len__
        self.parts: list[NDArray[np.int32]] = []

    def add(self, words: Sequence[str]) -> None:
        if self.most == 0:
            return
        self.parts.append(np.fromiter(map(self.number.__getitem__, words), np.int32, len(words)))
        if self.most is not None and len(self.number) > self.most:
            self.most = 0
            self.number.clear()
            self.parts.clear()

    def column(self) -> Coded | None:
        if self.most == 0:
            return None
        code = np.concatenate([*self.parts, np.zeros(0, np.int32)]).astype(np.int64)
        return Coded(tuple(self.number), code)


def _header(stream: TextIO, path: Path, header_of: Callable[[str, str, int], Header]) -> Header:
    for number, text in enumerate(_lines(stream, path, 0), start=1):
        if text.strip():
            if _NO_TEXT.search(text):
                raise SourceMalformed(f"The first line of {path} is not UTF-8 text; save it so.")
            return header_of(text.rstrip("\r\n"), str(path), number)
    raise SourceMalformed(f"{path} is empty; its first line must name the columns.")


def _lines(stream: TextIO, path: Path, before: int) -> Iterator[str]:
    number = before
    while text := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(text) > LONGEST_LINE:
            raise SourceMalformed(
                f"Line {number} of {path} is longer than {LONGEST_LINE} characters; "
                "this is no table with a row a line."
            )
        yield text


def _parts(
    reader: _Reader, header: Header, broken: Tally
) -> Iterator[tuple[list[list[str]], NDArray[np.int64]]]:
    """Yield rows with the right number of cells, and where each begins."""
    width = len(header.names)
    while True:
        rows, line, is_last = _take(reader, header.line, broken)
        if rows and set(map(len, rows)) != {width}:
            fits = np.array([len(row) == width for row in rows], dtype=bool)
            blank = [not any(cell.strip() for cell in row) for row in rows]
            wrong = np.flatnonzero(~fits & ~np.array(blank, dtype=bool))
            if len(wrong):
                broken.add("wrong_number_of_cells", int(line[wrong[0]]), len(wrong))
            rows = [row for row, is_right in zip(rows, fits.tolist(), strict=True) if is_right]
            line = line[fits]
        if rows:
            yield rows, line
        if is_last:
            return


def _take(
    reader: _Reader, before: int, broken: Tally
) -> tuple[list[list[str]], NDArray[np.int64], bool]:
    """Return the next rows, the line where each begins, and whether these were the last."""
    rows: list[list[str]] = []
    start, is_whole = reader.line_num, True
    try:
        rows.extend(islice(reader, _ROWS_AT_ONCE))
    except csv.Error:
        is_whole = False
    lines = np.ones(len(rows), dtype=np.int64)
    if reader.line_num - start != len(rows):
        lines += [sum(len(_BREAK.findall(cell)) for cell in row) for row in rows]
    if not is_whole:
        # What an open quote swallowed is lost, and counted.
        end = start + int(lines.sum())
        broken.add("quotes_unreadable", before + end + 1, max(reader.line_num - end, 1))
    begins = np.cumsum(lines) - lines + start + before + 1
    return rows, begins, is_whole and len(rows) < _ROWS_AT_ONCE


def _without_damage(table: TextTable) -> TextTable:
    """Leave out the rows that hold bytes which are no text."""
    damaged = np.zeros(len(table.line), dtype=bool)
    for column in table.columns:
        # One search over all of them is quick, and mostly the answer.
        if column is not None and _NO_TEXT.search("\n".join(column.words)):
            is_bad = np.array([bool(_NO_TEXT.search(word)) for word in column.words], dtype=bool)
            damaged |= is_bad[column.code]
    if not damaged.any():
        return table
    table.broken.add("not_text", int(table.line[damaged].min()), int(damaged.sum()))
    columns = tuple(None if column is None else column.part(~damaged) for column in table.columns)
    return TextTable(table.header, columns, table.line[~damaged], table.broken)


def _insist_on_file(path: Path) -> None:
    if "\0" in str(path):
        raise SourceUnreadable("The path holds a NUL character; check the path.")
    mode = path.stat().st_mode
    if S_ISDIR(mode):
        raise SourceUnreadable(f"{path} is a folder; name the file inside it.")
    if not S_ISREG(mode):
        raise SourceUnreadable(f"{path} is not a file on a disk; save it as one first.")


def _insist_on_text(sample: bytes, path: Path) -> None:
    for start, description in _OTHER_FORMATS.items():
        if sample.startswith(start):
            raise SourceMalformed(f"{path} is {description}.")
    first = sample.lstrip(codecs.BOM_UTF8).split(b"\n", 1)[0]
    if _BINARY.search(first):
        raise SourceMalformed(f"{path} is not a text file; save the table as CSV (UTF-8).")


def named_once(names: Sequence[str], path: str) -> None:
    """Refuse two columns of one name."""
    twice = next((name for name in names if name and list(names).count(name) > 1), None)
    if twice is not None:
        raise SourceMalformed(
            f"{path} has more than one column {shown(twice)}; keep one or rename the others."
        )
