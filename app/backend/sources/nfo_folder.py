"""A library as Kodi, Jellyfin and Emby write it down: a folder tree with an NFO file per title."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import ClassVar, Final
from xml.etree.ElementTree import Element

from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.domain.title import Refusal, TitleRecord
from app.backend.sources import fields
from app.backend.sources.episode_lengths import typical_minutes
from app.backend.sources.fields import FieldError
from app.backend.sources.library_source import Entry, without_repeats
from app.backend.sources.nfo_document import (
    EPISODE,
    LINKED_FOLDER,
    UNCLEAR,
    document,
    episodes,
    sort_of,
)

_KIND_OF_ROOT: Final = {"movie": "movie", "tvshow": "series"}
_SKIPPED_FOLDERS: Final = frozenset({"extras", "@eadir", "#recycle", "$recycle.bin"})
_GENRE_SEPARATORS: Final = re.compile(r"\s/\s|[|;,]")
# A comma may be part of what a keyword or a person is called.
_NAME_SEPARATORS: Final = re.compile(r"\s/\s|[|;]")
_PROVIDER: Final = re.compile("[a-z][a-z0-9]{1,19}")
_PROVIDERS: Final = ("imdb", "tmdb", "tvdb")
_LEGACY_IDS: Final = (
    ("imdbid", "imdb"),
    ("imdb_id", "imdb"),
    ("tmdbid", "tmdb"),
    ("tvdbid", "tvdb"),
)
_HOW_TO_WRITE_NFO: Final = (
    "name the folder that holds the films or series, and let the media server write NFO files: "
    "Jellyfin and Emby do so when the library's NFO metadata saver is on, Kodi when the library "
    "is exported to separate files"
)


@dataclass(frozen=True, slots=True)
class NfoFolder:
    """The titles below one folder; `latest_year` is the last year that can be right."""

    name: ClassVar[str] = "nfo"

    path: Path
    _: KW_ONLY
    latest_year: int

    def total(self) -> int:
        """Return how many files are to become a title or a refusal."""
        return sum(1 for _, sort in self._files() if _is_entry(sort))

    def passed_over(self) -> Mapping[str, int]:
        """Return how many files there are of each sort that is no title, such as `season`."""
        sorts = (sort for _, sort in self._files() if not _is_entry(sort))
        return dict(sorted(Counter(sorts).items()))

    def read(self) -> Iterator[Entry]:
        """Yield what every file says, by folder and name; `where` is its path below the folder."""
        return without_repeats(entry for entry, _ in self.documents())

    def documents(self) -> Iterator[tuple[Entry, Element | None]]:
        """Yield for every file what it is, and the document that says so, where there is one."""
        return (self._entry(path) for path, sort in self._files() if _is_entry(sort))

    def _files(self) -> Iterator[tuple[Path, str]]:
        _insist_on_folder(self.path)
        is_empty = True
        for path in _nfo_files(self.path):
            sort = sort_of(path, self.path)
            is_empty = is_empty and sort == LINKED_FOLDER
            yield path, sort
        if is_empty:
            raise SourceMalformed(f"There is no NFO file below {self.path}; {_HOW_TO_WRITE_NFO}.")

    def _entry(self, path: Path) -> tuple[Entry, Element | None]:
        where = _printable(path.relative_to(self.path).as_posix())
        try:
            root = document(path, self.path)
            return self._record(root, path, where), root
        except FieldError as error:
            return Refusal(where, str(error)), None

    def _record(self, root: Element, path: Path, where: str) -> TitleRecord:
        kind = _KIND_OF_ROOT.get(root.tag)
        if kind is None:
            raise FieldError(f"is about {fields.shown(root.tag)}, which is no title; move it away")
        title = fields.title(_text(root, "title") or _text(root, "originaltitle"))
        minutes = _minutes(root)
        if minutes is None and kind == "series":
            minutes = self._minutes_of_episodes(path.parent)
        return TitleRecord(
            title=title,
            kind=kind,
            year=_year(root, self.latest_year),
            minutes=minutes,
            genres=fields.genres(_names(root, "genre", _GENRE_SEPARATORS)),
            where=where,
            external_id=_external_id(root, kind),
            community_rating=_rating(root),
            age_rating=fields.clean(_text(root, "mpaa"), fields.LONGEST_AGE_RATING) or None,
            overview=fields.clean(_text(root, "plot"), fields.LONGEST_OVERVIEW) or None,
            keywords=fields.keywords(_names(root, "tag", _NAME_SEPARATORS)),
            directors=fields.people(_names(root, "director", _NAME_SEPARATORS)),
            cast=fields.people(_names(root, "actor/name", _NAME_SEPARATORS)),
        )

    def _minutes_of_episodes(self, folder: Path) -> int | None:
        found = (
            episode
            for path in _nfo_files(folder)
            if sort_of(path, self.path) == EPISODE
            for episode in episodes(path, self.path)
        )
        return typical_minutes(found, _minutes)


def _is_entry(sort: str) -> bool:
    return sort in _KIND_OF_ROOT or sort == UNCLEAR


def _insist_on_folder(path: Path) -> None:
    if "\0" in str(path):
        raise SourceUnreadable("The path holds a NUL character; check the path.")
    try:
        with os.scandir(path):
            return
    except FileNotFoundError as error:
        raise SourceUnreadable(f"There is no folder {path}; check the path.") from error
    except NotADirectoryError as error:
        raise SourceUnreadable(f"{path} is a file; name the folder that holds it.") from error
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); check the path and who may read it."
        raise SourceUnreadable(message) from error


def _nfo_files(folder: Path) -> Iterator[Path]:
    """Yield the NFO files below a folder, and the folders that rights or links keep closed."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                found = sorted((entry.name, _sort_of_entry(entry)) for entry in entries)
        except OSError:
            # Whoever opens it as a file will say so.
            yield here
            continue
        seen = [(here / name, sort) for name, sort in found if not _is_skipped(name)]
        yield from (path for path, sort in seen if sort == "file" or _is_linked_folder(path, sort))
        waiting.extend(path for path, sort in reversed(seen) if sort == "folder")


def _sort_of_entry(entry: os.DirEntry[str]) -> str:
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    if entry.name.lower().endswith(".nfo"):
        return "file"
    return "link" if entry.is_symlink() else "other"


def _is_linked_folder(path: Path, sort: str) -> bool:
    try:
        return sort == "link" and path.is_dir()
    except OSError:
        return False


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SKIPPED_FOLDERS


def _printable(where: str) -> str:
    # A file name may hold line breaks, and bytes that are no text at all.
    text = os.fsencode(where).decode("utf-8", "replace")
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def _text(root: Element, tag: str) -> str:
    return (root.findtext(tag) or "").strip()


def _minutes(root: Element) -> int | None:
    seconds = "fileinfo/streamdetails/video/durationinseconds"
    return fields.minutes(_text(root, "runtime"), "runtime") or fields.minutes_of_seconds(
        _text(root, seconds), "durationinseconds"
    )


def _year(root: Element, latest: int) -> int | None:
    found = fields.year(_text(root, "year"), latest)
    for tag in ("premiered", "releasedate", "aired"):
        found = found or fields.year_of_date(_text(root, tag), latest, tag)
    return found


def _names(root: Element, tag: str, separators: re.Pattern[str]) -> Iterator[str]:
    texts = (found.text or "" for found in root.findall(tag))
    return (name for text in texts for name in separators.split(text))


def _rating(root: Element) -> float | None:
    ratings = root.findall("ratings/rating")
    for given in sorted(ratings, key=lambda rating: rating.get("default") != "true"):
        highest = fields.number(given.get("max", "")) or fields.HIGHEST_RATING
        if found := fields.rating(_text(given, "value"), "rating", highest):
            return found
    return fields.rating(_text(root, "rating"), "rating")


def _external_id(root: Element, kind: str) -> str | None:
    given = [(_provider(tag), tag) for tag in root.findall("uniqueid")]
    chosen = [(provider, tag) for provider, tag in given if tag.get("default") == "true"]
    for wanted in _PROVIDERS:
        chosen += [(provider, tag) for provider, tag in given if provider == wanted]
    chosen += [(provider, tag) for name, provider in _LEGACY_IDS for tag in root.findall(name)]
    chosen += [("imdb", tag) for tag in root.findall("id") if (tag.text or "").strip()[:2] == "tt"]
    ids = (
        fields.external_id(tag.text or "", kind, provider) for provider, tag in chosen if provider
    )
    return next((found for found in ids if found), None)


def _provider(tag: Element) -> str:
    name = tag.get("type", "").strip().lower()
    return name if _PROVIDER.fullmatch(name) else ""
