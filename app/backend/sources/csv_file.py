"""A library written down as a table, one title a line; whatever program wrote it."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import ClassVar, Final, TextIO

from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.domain.title import Refusal, TitleRecord, comparable
from app.backend.sources import fields
from app.backend.sources.fields import FieldError
from app.backend.sources.library_source import Entry, without_repeats

LONGEST_LINE: Final = 100_000
MOST_LINES_IN_QUOTES: Final = 100

# What each field may be called in the first line, best name first, as `_comparable_name` has it.
COLUMNS: Final = {
    "title": ("title",),
    "kind": ("kind", "title type", "type"),
    "year": ("year",),
    "minutes": ("minutes", "duration", "runtime", "runtime (mins)"),
    "genres": ("genres", "genre"),
    "community rating": ("community rating", "imdb rating", "rating"),
    "age rating": ("age rating", "mpaa", "certificate"),
    "overview": ("overview", "plot"),
    "keywords": ("keywords", "keyword"),
    "directors": ("directors", "director"),
    "cast": ("cast", "actors"),
    "imdb id": ("imdb id", "const"),
    "id": ("external id", "id"),
}

_OPEN_QUOTE: Final = (
    f"opens a quote that does not close within {MOST_LINES_IN_QUOTES} lines and {LONGEST_LINE} "
    "characters; close it, or double it if it is part of the text"
)
_DELIMITERS: Final = ",;\t"
_SEPARATORS: Final = re.compile("[|;,]")
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1f]")
_SAMPLE_BYTES: Final = 1 << 18
_OTHER_FORMATS: Final = {
    b"PK\x03\x04": "a spreadsheet or an archive; open it and save the table as CSV (UTF-8)",
    b"\xff\xfe": "UTF-16 text; save it as CSV (UTF-8)",
    b"\xfe\xff": "UTF-16 text; save it as CSV (UTF-8)",
}


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The titles of one CSV file; `latest_year` is the last year that can be right."""

    name: ClassVar[str] = "csv"

    path: Path
    _: KW_ONLY
    latest_year: int

    def total(self) -> int:
        """Return how many lines hold something, each counted once however often it is broken."""
        with _opened(self.path) as lines:
            return sum(1 for _ in _rows(lines, _layout(lines, self.path).delimiter))

    def unknown_columns(self) -> tuple[str, ...]:
        """Return the names of the columns that are not read, as the file spells them."""
        with _opened(self.path) as lines:
            return _layout(lines, self.path).unknown

    def read(self) -> Iterator[Entry]:
        """Yield what every line after the first says; `where` is the line as an editor counts."""
        return without_repeats(self._entries())

    def _entries(self) -> Iterator[Entry]:
        with _opened(self.path) as lines:
            layout = _layout(lines, self.path)
            for row in _rows(lines, layout.delimiter):
                try:
                    yield _record(row, layout, self.latest_year)
                except FieldError as error:
                    yield Refusal(row.where, str(error))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the first line says about the lines below it."""

    delimiter: str
    names: tuple[str, ...]
    places: dict[str, int]

    @property
    def unknown(self) -> tuple[str, ...]:
        read = set(self.places.values())
        named = ((place, fields.clean(name, 100)) for place, name in enumerate(self.names))
        return tuple(name for place, name in named if name and place not in read)


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of one line (of several, where quotes hold line breaks), or what broke it."""

    line: int
    cells: Sequence[str] = ()
    problem: str | None = None

    @property
    def where(self) -> str:
        return f"line {self.line}"


@dataclass(slots=True)
class _Lines:
    """The file's lines with their numbers; lines may be handed back to be taken again."""

    stream: TextIO
    number: int = 0
    waiting: deque[tuple[int, str]] = field(default_factory=deque)

    def take(self) -> tuple[int, str] | None:
        """Return the next line, cut just beyond `LONGEST_LINE`, or `None` at the end."""
        if self.waiting:
            return self.waiting.popleft()
        text = self.stream.readline(LONGEST_LINE + 1)
        if not text:
            return None
        self.number += 1
        rest = text
        while rest and not rest.endswith("\n"):
            rest = self.stream.readline(LONGEST_LINE)
        return self.number, text

    def hand_back(self, taken: Sequence[tuple[int, str]]) -> None:
        """Put the lines back in front of those still to come."""
        self.waiting.extendleft(reversed(taken))


@contextmanager
def _opened(path: Path) -> Iterator[_Lines]:
    try:
        _insist_on_file(path)
        with path.open("rb") as stream:
            sample = stream.read(_SAMPLE_BYTES)
        encoding = _encoding(sample, path)
        # Bytes that do not fit survive as surrogates, so that they spoil their own line only.
        with path.open(encoding=encoding, errors="surrogateescape") as text:
            yield _Lines(text)
    except FileNotFoundError as error:
        raise SourceUnreadable(f"There is no file {path}; check the path.") from error
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); check the path and who may read it."
        raise SourceUnreadable(message) from error


def _insist_on_file(path: Path) -> None:
    if "\0" in str(path):
        raise SourceUnreadable("The path holds a NUL character; check the path.")
    mode = path.stat().st_mode
    if S_ISDIR(mode):
        raise SourceUnreadable(f"{path} is a folder; name the CSV file inside it.")
    if not S_ISREG(mode):
        raise SourceUnreadable(f"{path} is not a file on a disk; save the table as one first.")


def _encoding(sample: bytes, path: Path) -> str:
    for start, description in _OTHER_FORMATS.items():
        if sample.startswith(start):
            raise SourceMalformed(f"{path} is {description}.")
    # A line cut short by the sample's end says nothing about the encoding.
    lines = sample.splitlines()[: -1 if len(sample) == _SAMPLE_BYTES else None]
    beyond_ascii = [line for line in lines if not line.isascii()]
    broken = sum(1 for line in beyond_ascii if not _is_utf8(line))
    # A few broken lines among good ones are damage; otherwise it is how Windows wrote for years.
    return "utf-8-sig" if broken * 2 <= len(beyond_ascii) else "cp1252"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _layout(lines: _Lines, path: Path) -> _Layout:
    header = lines.take()
    while header is not None and not header[1].strip():
        header = lines.take()
    if header is None:
        raise SourceMalformed(f"{path} is empty; its first line must name the columns.")
    text = header[1]
    if len(text) > LONGEST_LINE or _BINARY.search(text):
        raise SourceMalformed(f"{path} is not a text file; save the table as CSV (UTF-8).")
    layouts = [_layout_with(text, delimiter) for delimiter in _DELIMITERS]
    best = max(layouts, key=lambda layout: (len(layout.places), len(layout.names)))
    if "title" not in best.places:
        raise SourceMalformed(
            f"{path} has no column 'title'; its first line must name the columns, "
            f"but it is {fields.shown(text)}."
        )
    known = [_comparable_name(name) for name in best.names]
    for place in best.places.values():
        if known.count(known[place]) > 1:
            raise SourceMalformed(
                f"{path} has more than one column '{known[place]}'; keep one or rename the others."
            )
    return best


def _layout_with(text: str, delimiter: str) -> _Layout:
    names = tuple(next(csv.reader([text], delimiter=delimiter, skipinitialspace=True)))
    known = [_comparable_name(name) for name in names]
    places = {}
    for of_field, called in COLUMNS.items():
        found = [known.index(name) for name in called if name in known]
        if found:
            places[of_field] = found[0]
    return _Layout(delimiter, names, places)


def _comparable_name(name: str) -> str:
    return comparable(fields.clean(name, 100).replace("_", " "))


def _rows(lines: _Lines, delimiter: str) -> Iterator[_Row]:
    while (line := lines.take()) is not None:
        number, text = line
        if text.replace(delimiter, "").strip():
            yield _row(number, text, lines, delimiter)


def _row(number: int, text: str, lines: _Lines, delimiter: str) -> _Row:
    if len(text) > LONGEST_LINE:
        return _Row(number, problem=f"is longer than {LONGEST_LINE} characters; shorten it")
    taken: list[tuple[int, str]] = []

    def asked_for() -> Iterator[str]:
        yield text
        room = LONGEST_LINE - len(text)
        while len(taken) < MOST_LINES_IN_QUOTES and (more := lines.take()) is not None:
            taken.append(more)
            room -= len(more[1])
            if room < 0:
                break
            yield more[1]
        raise csv.Error("an open quote swallowed more than it can hold")

    try:
        cells = next(csv.reader(asked_for(), delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        # The quote was a slip: only its own line is lost, and the next ones are read as they are.
        lines.hand_back(taken)
        return _Row(number, problem=_OPEN_QUOTE)
    if _NO_TEXT.search(text) or any(_NO_TEXT.search(more) for _, more in taken):
        return _Row(number, problem="holds bytes that are not text; save the file as UTF-8")
    return _Row(number, cells)


def _record(row: _Row, layout: _Layout, latest_year: int) -> TitleRecord:
    if row.problem is not None:
        raise FieldError(row.problem)
    if len(row.cells) != len(layout.names):
        raise FieldError(
            f"has {len(row.cells)} cells where the first line names {len(layout.names)} columns; "
            f"put cells that hold {layout.delimiter!r} in quotes"
        )
    cells = {of_field: row.cells[place] for of_field, place in layout.places.items()}
    kind = fields.kind(cells.get("kind", ""))
    return TitleRecord(
        title=fields.title(cells["title"]),
        kind=kind,
        year=fields.year(cells.get("year", ""), latest_year),
        minutes=fields.minutes(cells.get("minutes", "")),
        genres=fields.genres(_SEPARATORS.split(cells.get("genres", ""))),
        where=row.where,
        external_id=fields.external_id(cells.get("imdb id", ""), kind, "imdb")
        or fields.external_id(cells.get("id", ""), kind, "csv"),
        community_rating=fields.rating(cells.get("community rating", ""), "community rating"),
        age_rating=fields.clean(cells.get("age rating", ""), fields.LONGEST_AGE_RATING) or None,
        overview=fields.clean(cells.get("overview", ""), fields.LONGEST_OVERVIEW) or None,
        keywords=fields.keywords(_SEPARATORS.split(cells.get("keywords", ""))),
        directors=fields.people(_SEPARATORS.split(cells.get("directors", ""))),
        cast=fields.people(_SEPARATORS.split(cells.get("cast", ""))),
    )
