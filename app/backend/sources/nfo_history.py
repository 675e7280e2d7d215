"""What NFO files tell that somebody watched and rated; whose it is, no file says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final
from xml.etree.ElementTree import Element

from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.ratings import SCALES
from app.backend.domain.title import SHARED_IDS, Refusal, TitleRecord
from app.backend.sources.fields import FieldError
from app.backend.sources.history_fields import latest_of_each, moment, rating
from app.backend.sources.library_source import Entry, without_repeats
from app.backend.sources.nfo_folder import NfoFolder

_YES: Final = frozenset({"true", "yes", "1"})


@dataclass(slots=True)
class NfoTitles:
    """The titles of a folder; whoever reads them is left with the history that the files tell."""

    name: ClassVar[str] = "nfo"

    folder: NfoFolder
    _told: list[HistoryEntry | Refusal] = field(default_factory=list)

    def total(self) -> int:
        """Return how many files are to become a title or a refusal."""
        return self.folder.total()

    def read(self) -> Iterator[Entry]:
        """Yield every title, as the folder does."""
        self._told.clear()
        return without_repeats(self._noted())

    def history(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield, of what was read, what is refused, and then every title rated or watched.

        A file that is no title is refused where titles are, and not once more here. Of a series
        only its own mark says that it was watched: how often episodes were, does not.
        """
        yield from (one for one in self._told if isinstance(one, Refusal))
        yield from latest_of_each([one for one in self._told if isinstance(one, HistoryEntry)])

    def _noted(self) -> Iterator[Entry]:
        for title, root in self.folder.documents():
            if isinstance(title, TitleRecord) and root is not None:
                self._note(title, root)
            yield title

    def _note(self, title: TitleRecord, root: Element) -> None:
        try:
            entry = _entry(title, root, self.folder.latest_year)
        except FieldError as error:
            self._told.append(Refusal(title.where, str(error)))
            return
        if entry.rating is not None or entry.is_watched:
            self._told.append(entry)


def _entry(title: TitleRecord, root: Element, latest_year: int) -> HistoryEntry:
    return HistoryEntry(
        title=title.title,
        kind=title.kind,
        year=title.year,
        ids=tuple(one for one in [title.external_id] if one and one.startswith(SHARED_IDS)),
        where=title.where,
        key=title.key,
        rating=rating(root.findtext("userrating") or "", SCALES["nfo"], "userrating"),
        is_watched=_is_watched(root, title.kind),
        at=moment(root.findtext("lastplayed") or "", latest_year, "lastplayed"),
    )


def _is_watched(root: Element, kind: str) -> bool:
    if (root.findtext("watched") or "").strip().casefold() in _YES:
        return True
    plays = (root.findtext("playcount") or "").strip()
    return kind == "movie" and plays.isascii() and plays.isdecimal() and plays.strip("0") != ""
