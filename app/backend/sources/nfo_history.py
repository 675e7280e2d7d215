"""What NFO files tell that somebody watched and rated; whose it is, no file says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final
from xml.etree.ElementTree import Element

from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.ratings import SCALES
from app.backend.domain.title import SHARED_IDS, Refusal, TitleRecord
from app.backend.sources.fields import FieldError
from app.backend.sources.history_fields import latest_of_each, moment, rating
from app.backend.sources.nfo_folder import NfoFolder

_YES: Final = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class NfoHistory:
    """The ratings and watched marks in the NFO files of a folder."""

    name: ClassVar[str] = "nfo"

    folder: NfoFolder

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield what is refused, and then every title that was rated or watched.

        A file that is no title is refused where the library is read, and not once more here. Of a
        series only its own mark says that it was watched: how often episodes were, does not.

        Raises
        ------
        SourceUnreadable, SourceMalformed
            Where there is no such folder, or no NFO file in it.
        """
        entries: list[HistoryEntry] = []
        for title, root in self.folder.documents():
            if not isinstance(title, TitleRecord) or root is None:
                continue
            try:
                entry = _entry(title, root, self.folder.latest_year)
            except FieldError as error:
                yield Refusal(title.where, str(error))
                continue
            if entry.rating is not None or entry.is_watched:
                entries.append(entry)
        yield from latest_of_each(entries)


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
