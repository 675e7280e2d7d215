"""A table of somebody's history, from its bytes: the first line names the columns."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from typing import Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.title import comparable
from app.backend.sources.fields import clean, shown
from app.backend.sources.history_fields import MOST_ENTRIES

LARGEST: Final = 16 << 20
LONGEST_LINE: Final = 100_000
# Reviews are many lines in one pair of quotes.
MOST_LINES_IN_QUOTES: Final = 1_000
MOST_OPEN_QUOTES: Final = 50

_DELIMITERS: Final = ",;\t"
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1f]")
_OTHER_TEXT: Final = (b"\xff\xfe", b"\xfe\xff")
_OPEN_QUOTE: Final = (
    f"opens a quote that does not close within {MOST_LINES_IN_QUOTES} lines and {LONGEST_LINE} "
    "characters; close it, or double it if it is part of the text"
)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row by their columns' names, or what is wrong with it."""

    where: str
    cells: Mapping[str, str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """A table of which the first line was understood; `columns` are folded names."""

    called: str
    text: str
    columns: tuple[str, ...]
    delimiter: str
    header_line: int

    def rows(self) -> Iterator[Row]:
        """Yield every row; `where` is the file, and the line as an editor counts.

        Raises
        ------
        SourceMalformed
            Where there are more than `MOST_ENTRIES`, or nobody can tell rows apart.
        """
        lines = _Lines(StringIO(self.text, newline=""))
        while lines.number < self.header_line:
            lines.take()
        done = broken = 0
        while (line := lines.take()) is not None:
            number, text = line
            if not text.replace(self.delimiter, "").strip():
                continue
            row = self._row(number, text, lines)
            done += 1
            broken += row.problem == _OPEN_QUOTE
            if done > MOST_ENTRIES or broken > MOST_OPEN_QUOTES:
                why = f"more than {MOST_ENTRIES} rows" if done > MOST_ENTRIES else "broken quotes"
                raise SourceMalformed(f"{shown(self.called)} has {why}; no export has.")
            yield row

    def _row(self, number: int, text: str, lines: "_Lines") -> Row:
        where = f"{clean(self.called, 100)} line {number}"
        if len(text) > LONGEST_LINE:
            return Row(where, {}, f"is longer than {LONGEST_LINE} characters; shorten it")
        taken: list[tuple[int, str]] = []
        reader = csv.reader(
            _asked_for(text, lines, taken), delimiter=self.delimiter, skipinitialspace=True
        )
        try:
            cells = next(reader)
        except csv.Error:
            cells = []
        if not cells or (taken and len(cells) != len(self.columns)):
            # The quote was a slip: only its own line is lost, and the next are read as they are.
            lines.hand_back(taken)
            return Row(where, {}, _OPEN_QUOTE)
        if _NO_TEXT.search(text) or any(_NO_TEXT.search(more) for _, more in taken):
            return Row(where, {}, "holds bytes that are not text; save the file as UTF-8")
        if len(cells) != len(self.columns):
            return Row(
                where,
                {},
                f"has {len(cells)} cells where the first line names {len(self.columns)} columns; "
                f"put cells that hold {self.delimiter!r} in quotes",
            )
        return Row(where, dict(zip(self.columns, cells, strict=True)))


def read_history_table(content: bytes, called: str) -> HistoryTable:
    """Understand the first line of a table that holds something.

    Raises
    ------
    SourceMalformed
        Where there is none, two columns have one name, or it is larger than `LARGEST`.
    """
    if len(content) > LARGEST:
        raise SourceMalformed(f"{shown(called)} is larger than {LARGEST >> 20} MB; no export is.")
    if content.startswith(_OTHER_TEXT):
        raise SourceMalformed(f"{shown(called)} is UTF-16 text; save it as CSV (UTF-8).")
    text = _decoded(content)
    lines = _Lines(StringIO(text, newline=""))
    header = lines.take()
    while header is not None and not header[1].strip():
        header = lines.take()
    if header is None:
        raise SourceMalformed(f"{shown(called)} is empty; export it once more.")
    if len(header[1]) > LONGEST_LINE or _BINARY.search(header[1]) or _NO_TEXT.search(header[1]):
        raise SourceMalformed(f"{shown(called)} is not a text file; export it once more.")
    delimiter, columns = max(
        ((sign, _columns(header[1], sign)) for sign in _DELIMITERS), key=lambda one: len(one[1])
    )
    twice = next((name for name in columns if name and columns.count(name) > 1), None)
    if twice is not None:
        raise SourceMalformed(
            f"{shown(called)} has more than one column {shown(twice)}; export it once more."
        )
    return HistoryTable(called, text, columns, delimiter, header[0])


@dataclass(slots=True)
class _Lines:
    """A text's lines with their numbers; lines may be handed back to be taken again."""

    stream: StringIO
    number: int = 0
    waiting: deque[tuple[int, str]] = field(default_factory=deque)

    def take(self) -> tuple[int, str] | None:
        """Return the next line, cut just beyond `LONGEST_LINE`, or `None` at the end."""
        if self.waiting:
            return self.waiting.popleft()
        text = self.stream.readline()
        if not text:
            return None
        self.number += 1
        return self.number, text[: LONGEST_LINE + 1]

    def hand_back(self, taken: list[tuple[int, str]]) -> None:
        """Put the lines back in front of those still to come."""
        self.waiting.extendleft(reversed(taken))


def _asked_for(text: str, lines: _Lines, taken: list[tuple[int, str]]) -> Iterator[str]:
    """Yield a row's first line, and those that its quotes ask for, which are noted as taken."""
    yield text
    room = LONGEST_LINE - len(text)
    while len(taken) < MOST_LINES_IN_QUOTES and (more := lines.take()) is not None:
        taken.append(more)
        room -= len(more[1])
        if room < 0:
            break
        yield more[1]
    raise csv.Error("an open quote swallowed more than it can hold")


def _decoded(content: bytes) -> str:
    """Return UTF-8, or else what Windows wrote for years; a few broken lines spoil only those."""
    beyond_ascii = broken = 0
    for line in () if content.isascii() else BytesIO(content):
        if not line.isascii():
            beyond_ascii += 1
            broken += not _is_utf8(line)
    encoding = "utf-8-sig" if broken * 2 <= beyond_ascii else "cp1252"
    return content.decode(encoding, "surrogateescape")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _columns(text: str, delimiter: str) -> tuple[str, ...]:
    names = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
    return tuple(comparable(clean(name, 100).replace("_", " ")) for name in names)
