"""What Trakt, and programs that call it, export of somebody's history: JSON, or a zip of it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.title import Refusal
from app.backend.sources.archive_file import is_archive, opened
from app.backend.sources.fields import FieldError, clean, shown
from app.backend.sources.history_fields import MOST_ENTRIES, is_later
from app.backend.sources.trakt_entries import Left, Told, speaks_of_titles, told_by

LARGEST_DOCUMENT: Final = 64 << 20
# Each value takes room, however few characters it is.
MOST_VALUES: Final = 4_000_000
SUFFIX: Final = ".json"

_DEPTH: Final = 3
_LONGEST_PLACE: Final = 100


@dataclass(frozen=True, slots=True)
class TraktExport:
    """An export, or one JSON document out of it; `called` is the file's name.

    `latest_year` is the last year that can be right.
    """

    name: ClassVar[str] = "trakt"

    content: bytes
    called: str
    _: KW_ONLY
    latest_year: int

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield what is refused, and then every film and series once, rating and viewing together.

        What was watched of episodes is counted, and says nothing of their series.

        Raises
        ------
        SourceMalformed
            Where it is no such export.
        """
        titles: dict[str, _Title] = {}
        done, is_any = 0, False
        for place, values in self._lists():
            is_any, done = True, done + len(values)
            if done > MOST_ENTRIES:
                raise SourceMalformed(
                    f"{shown(self.called)} has more than {MOST_ENTRIES} entries; no export has."
                )
            yield from self._take(place, values, titles)
        if not is_any:
            raise SourceMalformed(
                f"{shown(self.called)} holds no list of films or series; import the JSON that "
                "Trakt exports of ratings or of what was watched."
            )
        for title in titles.values():
            yield title.entry()

    def _take(
        self, place: str, values: list[Any], titles: "dict[str, _Title]"
    ) -> Iterator[Refusal]:
        """Take note of a list's entries, and yield those that are refused."""
        left: Counter[Left] = Counter()
        for number, value in enumerate(values, start=1):
            where = f"{place} entry {number}"
            try:
                told = told_by(value, where, self.latest_year)
            except FieldError as error:
                yield Refusal(where, str(error))
                continue
            if isinstance(told, Left):
                left[told] += 1
            else:
                titles.setdefault(told.key, _Title(told)).add(told)
        for reason, count in left.items():
            noun = "entry" if count == 1 else "entries"
            yield Refusal(place, f"holds {count} {noun} {reason.value}")

    def _lists(self) -> Iterator[tuple[str, list[Any]]]:
        if not is_archive(self.content):
            yield from _lists_in(_parsed(self.content, self.called), self.called, _DEPTH)
            return
        with opened(self.content, self.called) as archive:
            for name in documents_in(archive.names):
                yield from _lists_in(_parsed(archive.read(name), name), name, _DEPTH)


def documents_in(names: Iterable[str]) -> list[str]:
    """Return the JSON documents of an archive."""
    found = ((name, name.casefold().split("/")) for name in names)
    return [name for name, parts in found if parts[-1].endswith(SUFFIX) and "__macosx" not in parts]


@dataclass(slots=True)
class _Title:
    """A title, and the latest entries about it."""

    first: Told
    rated: Told | None = None
    viewed: Told | None = None

    def add(self, told: Told) -> None:
        """Take note of an entry."""
        if told.rating is not None and (
            self.rated is None or is_later(told.rated_at, self.rated.rated_at)
        ):
            self.rated = told
        if self.viewed is None or is_later(told.watched_at, self.viewed.watched_at):
            self.viewed = told

    def entry(self) -> HistoryEntry:
        """Return what all entries together say."""
        first, rated = self.first, self.rated
        watched_at = None if self.viewed is None else self.viewed.watched_at
        return HistoryEntry(
            title=first.title,
            kind=first.kind,
            year=first.year,
            ids=first.ids,
            where=first.where,
            key=first.key,
            rating=None if rated is None else rated.rating,
            is_watched=first.kind == "movie",
            at=watched_at if rated is None else rated.rated_at or watched_at,
        )


def _parsed(content: bytes, called: str) -> object:
    if len(content) > LARGEST_DOCUMENT or sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise SourceMalformed(f"{shown(called)} is larger than any export; it was not read.")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise SourceMalformed(
            f"{shown(called)} is nested more deeply than any export; it was not read."
        ) from error
    except ValueError as error:
        raise SourceMalformed(f"{shown(called)} is not JSON; export it once more.") from error


def _lists_in(value: object, place: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists that speak of titles; of a document's other lists nothing is read."""
    if isinstance(value, list) and any(speaks_of_titles(one) for one in value):
        yield clean(place, _LONGEST_PLACE), value
    elif isinstance(value, dict) and depth:
        for name, inner in value.items():
            yield from _lists_in(inner, f"{clean(place, _LONGEST_PLACE)}/{name}", depth - 1)
