"""What is known of titles, as a table; a cell that cannot be used is a gap, never a lost title."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from app.backend.domain.dataset import Coded, RawTitleTable
from app.backend.domain.errors import SourceMalformed
from app.backend.domain.progress import Progress
from app.backend.domain.title import TitleRecord
from app.backend.sources import fields
from app.backend.sources.fields import FieldError
from app.backend.sources.interactions_csv import column_name
from app.backend.sources.tally import Tally
from app.backend.sources.text_table import (
    Header,
    guessed_header,
    named_once,
    read_table,
)

T = TypeVar("T")

NAMES: Final = {
    "title_id": ("title_id", "titleid", "item_id", "itemid", "movie_id", "movieid", "id"),
    "title": ("title", "name"),
    "kind": ("kind", "type"),
    "year": ("year",),
    "minutes": ("minutes", "duration", "runtime"),
    "genres": ("genres", "genre"),
    "community_rating": ("community_rating",),
    "overview": ("overview", "plot"),
    "keywords": ("keywords",),
    "directors": ("directors", "director"),
    "cast": ("cast", "actors"),
}
_SEPARATORS: Final = re.compile("[|;,]")


def read_titles_csv(path: Path, latest_year: int, progress: Progress) -> RawTitleTable:
    """Read what is known of titles; the first line of an id counts.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where there is no such file, or it is no table with a column `title_id`.
    """
    table = read_table(path, _header, _most_words, progress)
    places = _places(table.header.names)
    column = {role: table.columns[place] for role, place in places.items() if place is not None}
    told = {role: _texts(found) for role, found in column.items()}
    tally, titles = table.broken, {}
    if not len(table.line) and not tally.rows:
        raise SourceMalformed(f"{path} has no rows below its first line.")
    for row, line in enumerate(table.line.tolist()):
        cells = {role: texts[row] for role, texts in told.items()}
        title_id = fields.clean(cells["title_id"], fields.LONGEST_ID)
        if not title_id:
            tally.add("title_id_missing", line)
        elif title_id in titles:
            tally.add("title_id_repeated", line)
        else:
            titles[title_id] = _record(title_id, cells, line, latest_year, tally)
    used = {place for place in places.values() if place is not None}
    ignored = [name for at, name in enumerate(table.header.names) if name and at not in used]
    return RawTitleTable(titles, dict(tally.found), tuple(ignored))


def _record(
    title_id: str, cells: dict[str, str], line: int, latest_year: int, tally: Tally
) -> TitleRecord:
    def cell(name: str, read: Callable[[str], T], otherwise: T) -> T:
        try:
            return read(cells.get(name, ""))
        except FieldError:
            tally.add(f"{name}_unreadable", line)
            return otherwise

    names = {role: _SEPARATORS.split(cells.get(role, "")) for role in ("genres", "keywords")}
    return TitleRecord(
        title=fields.clean(cells.get("title", ""), fields.LONGEST_TITLE) or title_id,
        kind=cell("kind", fields.kind, "movie"),
        year=cell("year", lambda text: fields.year(text, latest_year), None),
        minutes=cell("minutes", fields.minutes, None),
        genres=fields.genres(names["genres"]),
        where=f"line {line}",
        external_id=title_id,
        community_rating=cell("community_rating", fields.rating, None),
        overview=fields.clean(cells.get("overview", ""), fields.LONGEST_OVERVIEW) or None,
        keywords=fields.keywords(names["keywords"]),
        directors=fields.people(_SEPARATORS.split(cells.get("directors", ""))),
        cast=fields.people(_SEPARATORS.split(cells.get("cast", ""))),
    )


def _texts(column: Coded | None) -> Sequence[str]:
    return [] if column is None else column.texts()


def _places(names: Sequence[str]) -> dict[str, int | None]:
    return {
        role: next((names.index(name) for name in called if name in names), None)
        for role, called in NAMES.items()
    }


def _header(text: str, path: str, line: int) -> Header:
    def score(names: tuple[str, ...]) -> int:
        places = _places(tuple(map(column_name, names)))
        return sum(place is not None for place in places.values())

    guessed = guessed_header(text, line, score)
    names = tuple(map(column_name, guessed.names))
    if _places(names)["title_id"] is None:
        raise SourceMalformed(
            f"{path} has no column 'title_id'; its first line must name the columns, "
            f"but it is {fields.shown(text)}."
        )
    named_once(names, path)
    return Header(names, guessed.delimiter, line)


def _most_words(name: str) -> int | None:
    return None if any(name in called for called in NAMES.values()) else 0
