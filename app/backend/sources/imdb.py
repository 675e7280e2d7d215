"""The ratings that IMDb lets its users export, as one CSV."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.ratings import SCALES
from app.backend.domain.title import Refusal, comparable
from app.backend.sources import fields
from app.backend.sources.fields import FieldError, shown
from app.backend.sources.history_fields import latest_of_each, moment, rating
from app.backend.sources.history_table import HistoryTable, Row, read_history_table

# What each field may be called in the first line.
_NAMES: Final = {
    "const": ("const",),
    "rating": ("your rating", "you rated"),
    "at": ("date rated",),
    "title": ("title",),
    "original": ("original title",),
    "type": ("title type",),
    "year": ("year",),
}
_NEEDED: Final = ("const", "rating")
_KINDS: Final = {
    "": "",
    "movie": "movie",
    "short": "movie",
    "video": "movie",
    "tvmovie": "movie",
    "tvshort": "movie",
    "tvspecial": "movie",
    "tvseries": "series",
    "tvminiseries": "series",
}
_PARTS: Final = ("tvepisode", "podcastepisode")
_IMDB: Final = re.compile("imdb:tt[0-9]+")


@dataclass(frozen=True, slots=True)
class ImdbRatings:
    """A CSV of ratings; `called` is the file's name, `latest_year` the last that can be right."""

    name: ClassVar[str] = "imdb"

    content: bytes
    called: str
    _: KW_ONLY
    latest_year: int

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield what is refused, then the rated films and series; of series nobody says how much.

        Raises
        ------
        SourceMalformed
            Where it is no table, or not this one.
        """
        table = read_history_table(self.content, self.called)
        places = places_of(table)
        if places is None:
            raise SourceMalformed(
                f"{shown(self.called)} has no columns 'Const' and 'Your Rating', as the ratings "
                "that IMDb exports have; export them from the page of your ratings."
            )
        entries: list[HistoryEntry] = []
        for row in table.rows():
            try:
                entries.append(_entry(row, places, self.latest_year))
            except FieldError as error:
                yield Refusal(row.where, str(error))
        yield from latest_of_each(entries)


def places_of(table: HistoryTable) -> Mapping[str, str] | None:
    """Return what the fields are called in a table, or nothing where it is not IMDb's."""
    found = {}
    for of_field, names in _NAMES.items():
        called = next((name for name in names if name in table.columns), None)
        if called is not None:
            found[of_field] = called
    return found if all(name in found for name in _NEEDED) else None


def _entry(row: Row, places: Mapping[str, str], latest_year: int) -> HistoryEntry:
    if row.problem is not None:
        raise FieldError(row.problem)
    cells = {of_field: row.cells[name] for of_field, name in places.items()}
    kind = _kind(cells.get("type", ""))
    const = fields.external_id(cells["const"], kind, "imdb") or ""
    if not _IMDB.fullmatch(const):
        raise FieldError(f"Const is {shown(cells['const'])}, which is no id of IMDb; correct it")
    rated = rating(cells["rating"], SCALES["imdb"], "your rating")
    if rated is None:
        raise FieldError("has no rating of yours; rate it there, and export once more")
    return HistoryEntry(
        title=fields.title(cells.get("title", "").strip() or cells.get("original", "")),
        kind=kind,
        year=fields.year(cells.get("year", ""), latest_year),
        ids=(const,),
        where=row.where,
        key=const.removeprefix("imdb:"),
        rating=rated,
        is_watched=kind != "series",
        at=moment(cells.get("at", ""), latest_year, "date rated"),
    )


def _kind(text: str) -> str:
    found = re.sub("[ _-]", "", comparable(fields.clean(text, 100)))
    if found in _PARTS:
        raise FieldError("is a single episode; films and whole series are read")
    if found not in _KINDS:
        raise FieldError(f"is of the type {shown(text)}, which is neither a film nor a series")
    return _KINDS[found]
