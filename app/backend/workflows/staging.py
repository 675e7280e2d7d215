"""What a sync has read so far, in a file: so that it goes on where it was broken off.

Each line is one page; a line that was not written to its end counts for nothing.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from app.backend.domain.errors import StorageFull
from app.backend.domain.title import Refusal, SourceItem, TitleRecord
from app.backend.sources.library_source import Entry

FORMAT: Final = 1
# What was read earlier is too old to be told as the library of today.
GOES_STALE: Final = timedelta(hours=12)


@dataclass(slots=True)
class Staging:
    """The pages of one sync.

    Attributes
    ----------
    path : Path
    after : str
        Where the reading goes on; empty at its beginning.
    read : int
        Entries that are staged.
    is_complete : bool
        Whether all pages were staged.
    """

    path: Path
    after: str = ""
    read: int = 0
    is_complete: bool = False
    _size: int = field(default=0, repr=False)

    @classmethod
    def open(cls, path: Path, purpose: str, at: datetime) -> "Staging":
        """Go on with what was read for the same purpose, or begin anew.

        Raises
        ------
        StorageFull
            Where there is no room, or no right, to write.
        """
        staging = cls(path)
        if not staging._resume(purpose, at):
            with _named_errors(path):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.write_bytes(b"")
            header = {"format": FORMAT, "purpose": purpose, "began": at.isoformat()}
            staging.after, staging.read, staging._size = "", 0, 0
            staging._append(header)
        return staging

    def add(self, entries: Sequence[Entry], after: str) -> None:
        """Keep a page."""
        self._append({"after": after, "entries": [_told(entry) for entry in entries]})
        self.after, self.read = after, self.read + len(entries)

    def complete(self) -> None:
        """Say that there are no more pages."""
        self._append({"is_complete": True})
        self.is_complete = True

    def pages(self) -> Iterator[tuple[Entry, ...]]:
        """Read what was staged, a page at a time."""
        for line in self._lines():
            if "entries" in line:
                yield tuple(map(_entry, line["entries"]))

    def discard(self) -> None:
        """Forget what was read."""
        self.path.unlink(missing_ok=True)

    def _resume(self, purpose: str, at: datetime) -> bool:
        try:
            self._size = self.path.stat().st_size
            lines = self._lines()
            header = next(lines, {})
            if (header.get("format"), header.get("purpose")) != (FORMAT, purpose):
                return False
            if at - datetime.fromisoformat(header["began"]) > GOES_STALE:
                return False
            for line in lines:
                self.after = line.get("after", self.after)
                self.read += len(line.get("entries", ()))
                self.is_complete = line.get("is_complete", False)
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            return False
        with _named_errors(self.path):
            os.truncate(self.path, self._size)
        return True

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines that were written to their end, and remember where the last one ends."""
        end = 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                yield json.loads(line)
                end += len(line)
        self._size = end

    def _append(self, told: object) -> None:
        line = json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
        with _named_errors(self.path), self.path.open("ab") as file:
            file.write(line.encode("utf-8", "surrogatepass"))


def _told(entry: Entry) -> list[Any]:
    if isinstance(entry, Refusal):
        return [entry.where, entry.reason]
    values = [getattr(entry, name) for name in _FIELDS]
    item = entry.item
    return [*values, None if item is None else [item.id, item.library, item.poster]]


def _entry(told: Sequence[Any]) -> Entry:
    if len(told) == 2:
        return Refusal(*told)
    *values, item = told
    kept: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in zip(_FIELDS, values, strict=True)
    }
    return TitleRecord(**kept, item=None if item is None else SourceItem(*item))


_FIELDS: Final = (
    "title",
    "kind",
    "year",
    "minutes",
    "genres",
    "where",
    "external_id",
    "community_rating",
    "age_rating",
    "overview",
    "keywords",
    "directors",
    "cast",
    "other_ids",
)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Give the failures of the file the name that faces know."""
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"What a sync reads cannot be kept in {path.parent} ({error.strerror}); make room, or "
            "grant the right to write there."
        ) from error
