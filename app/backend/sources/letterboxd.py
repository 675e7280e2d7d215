"""What Letterboxd lets its users export: a zip of CSVs that each tell a part of every film."""

from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.ratings import SCALES
from app.backend.domain.title import Refusal
from app.backend.sources import fields
from app.backend.sources.archive_file import is_archive, opened
from app.backend.sources.fields import FieldError, clean, shown
from app.backend.sources.history_fields import film_key, is_later, moment, rating
from app.backend.sources.history_table import HistoryTable, Row, read_history_table

# The order in which they are read; the first two name films, the others viewings of films.
WATCHED, RATINGS, DIARY, REVIEWS = "watched.csv", "ratings.csv", "diary.csv", "reviews.csv"
TABLES: Final = (WATCHED, RATINGS, DIARY, REVIEWS)
_OF_FILMS: Final = (WATCHED, RATINGS)
# Folders of an export that hold tables of the same names, about something else.
_OTHERS: Final = frozenset({"deleted", "orphaned", "likes", "lists", "__macosx"})
_LONGEST_URI: Final = 200


@dataclass(frozen=True, slots=True)
class LetterboxdExport:
    """An export, or one CSV out of it; `called` is the file's name.

    `latest_year` is the last year that can be right.
    """

    name: ClassVar[str] = "letterboxd"

    content: bytes
    called: str
    _: KW_ONLY
    latest_year: int

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield what is refused, then every film once, with what all the tables tell of it.

        Raises
        ------
        SourceMalformed
            Where it is no such export.
        """
        films: dict[str, _Film] = {}
        for part, table in self._tables():
            for row in table.rows():
                try:
                    told = _told(row, self.latest_year)
                except FieldError as error:
                    yield Refusal(row.where, str(error))
                else:
                    films.setdefault(told.key, _Film(told)).add(part, told)
        for film in films.values():
            yield film.entry()

    def _tables(self) -> Iterator[tuple[str, HistoryTable]]:
        if not is_archive(self.content):
            table = read_history_table(self.content, self.called)
            yield part_of(table), table
            return
        with opened(self.content, self.called) as archive:
            places = tables_in(archive.names)
            if not places:
                raise SourceMalformed(
                    f"{shown(self.called)} holds none of {', '.join(TABLES)}; it is no export of "
                    "Letterboxd."
                )
            for part, place in places.items():
                table = read_history_table(archive.read(place), part)
                if "name" not in table.columns:
                    raise _not_letterboxd(part)
                yield part, table


def tables_in(names: Iterable[str]) -> dict[str, str]:
    """Return where an export's tables are in its archive, those nearest to its top.

    Raises
    ------
    SourceMalformed
        Where two of one name are equally near.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        *folders, last = name.casefold().split("/")
        if last in TABLES and not _OTHERS.intersection(folders):
            found.setdefault(last, []).append(name)
    places = {}
    for part in TABLES:
        near = sorted(found.get(part, ()), key=lambda name: name.count("/"))
        if len(near) > 1 and near[0].count("/") == near[1].count("/"):
            raise SourceMalformed(
                f"The archive holds {shown(near[0])} and {shown(near[1])}; import one export at a "
                "time."
            )
        if near:
            places[part] = near[0]
    return places


def is_letterboxd(table: HistoryTable) -> bool:
    """Say whether a table has the columns that all tables of an export have."""
    return {"name", "letterboxd uri"} <= set(table.columns)


def part_of(table: HistoryTable) -> str:
    """Return which of the tables a single CSV is.

    Raises
    ------
    SourceMalformed
        Where it is none of them, or one that does not say what was watched.
    """
    if not is_letterboxd(table):
        raise _not_letterboxd(table.called)
    if "watched date" in table.columns:
        return REVIEWS if "review" in table.columns else DIARY
    if "rating" in table.columns:
        return RATINGS
    # The list of what somebody still wants to see has the same columns.
    if not clean(table.called, 300).casefold().rpartition("/")[2].startswith("watched"):
        raise SourceMalformed(
            f"{shown(table.called)} could be a list of films that nobody watched yet; import the "
            "whole export, or its watched.csv under that name."
        )
    return WATCHED


@dataclass(frozen=True, slots=True)
class _Told:
    """What one row says of a film."""

    key: str
    title: str
    year: int | None
    uri: str
    where: str
    rating: float | None
    rewatched: bool
    noted: datetime | None
    watched: datetime | None


@dataclass(slots=True)
class _Film:
    """A film, and the latest rows about it."""

    first: _Told
    uris: set[str] = field(default_factory=set)
    rated: _Told | None = None
    viewed: _Told | None = None
    rated_in_diary: _Told | None = None
    rewatched: bool = False

    def add(self, part: str, told: _Told) -> None:
        """Take note of a row."""
        self.rewatched = self.rewatched or told.rewatched
        if part in _OF_FILMS:
            self.uris |= {told.uri} - {""}
        if part == RATINGS and told.rating is not None:
            self.rated = _later(told, self.rated)
        elif part not in _OF_FILMS:
            self.viewed = _later(told, self.viewed)
            if told.rating is not None:
                self.rated_in_diary = _later(told, self.rated_in_diary)

    def entry(self) -> HistoryEntry | Refusal:
        """Return what all rows together say."""
        first = self.first
        if len(self.uris) > 1:
            return Refusal(
                first.where,
                f"{shown(first.title)} is the name of {len(self.uris)} films of that year, and the "
                "diary does not say which of them it means",
            )
        rated = self.rated or self.rated_in_diary
        if self.rated is not None:
            at = self.rated.noted
        else:
            at = (rated or self.viewed or first).watched or (rated or self.viewed or first).noted
        return HistoryEntry(
            title=first.title,
            kind="",
            year=first.year,
            ids=(),
            where=first.where,
            key=first.key,
            rating=None if rated is None else rated.rating,
            would_watch_again=True if self.rewatched else None,
            at=at,
        )


def _told(row: Row, latest_year: int) -> _Told:
    if row.problem is not None:
        raise FieldError(row.problem)
    title = fields.title(row.cells["name"])
    year = fields.year(row.cells.get("year", ""), latest_year)
    return _Told(
        key=film_key("letterboxd", title, year),
        title=title,
        year=year,
        uri=clean(row.cells.get("letterboxd uri", ""), _LONGEST_URI),
        where=row.where,
        rating=rating(row.cells.get("rating", ""), SCALES["letterboxd"]),
        rewatched=clean(row.cells.get("rewatch", ""), 10).casefold() == "yes",
        noted=moment(row.cells.get("date", ""), latest_year, "date"),
        watched=moment(row.cells.get("watched date", ""), latest_year, "watched date"),
    )


def _later(told: _Told, known: _Told | None) -> _Told:
    is_newer = known is None or is_later(told.watched or told.noted, known.watched or known.noted)
    return told if is_newer or known is None else known


def _not_letterboxd(called: str) -> SourceMalformed:
    return SourceMalformed(
        f"{shown(called)} has no columns 'Name' and 'Letterboxd URI', as the tables that "
        "Letterboxd exports have; import its whole export."
    )
