"""What a sync has read so far, in a file: so that it goes on where it was broken off.

Each line is one page, with its checksum. What follows a line that is damaged, or was not written to
its end, counts for nothing. One sync of a source writes at a time.
"""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from app.backend.domain.errors import SourceUnreadable, StorageFull
from app.backend.domain.title import Refusal, SourceItem, TitleRecord
from app.backend.sources.library_source import Entry
from app.backend.workflows.turns import Turn

FORMAT: Final = 2
# What was read earlier is too old to be told as the library of today.
GOES_STALE: Final = timedelta(hours=12)


@dataclass(slots=True)
class Staging:
    """The pages of one sync; whoever opens it closes it.

    Attributes
    ----------
    path : Path
    began : datetime
        When its first page was read, perhaps by a sync that was broken off.
    after : str
        Where the reading goes on; empty at its beginning.
    read : int
        Entries that are staged.
    is_complete : bool
        Whether all pages were staged.
    """

    path: Path
    began: datetime
    after: str = ""
    read: int = 0
    is_complete: bool = False
    _turn: Turn | None = field(default=None, repr=False)

    @classmethod
    def open(cls, path: Path, purpose: str, at: datetime) -> "Staging":
        """Go on with what was read for the same purpose, or begin anew.

        Raises
        ------
        Conflict
            Where another sync reads it.
        StorageFull
            Where there is no room, or no right, to write.
        """
        with _named_errors(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            turn = Turn(path.with_suffix(".lock"))
        staging = cls(path, at, _turn=turn)
        try:
            if not staging._resume(purpose, at):
                staging.begin_anew(purpose, at)
        except BaseException:
            turn.end()
            raise
        return staging

    def begin_anew(self, purpose: str, at: datetime) -> None:
        """Forget what was read, and begin with nothing."""
        with _named_errors(self.path):
            self.path.write_bytes(b"")
        self.began, self.after, self.read, self.is_complete = at, "", 0, False
        self._append({"format": FORMAT, "purpose": purpose, "began": at.isoformat()})

    def add(self, entries: Sequence[Entry], after: str) -> None:
        """Keep a page."""
        self._append({"after": after, "entries": [_told(entry) for entry in entries]})
        self.after, self.read = after, self.read + len(entries)

    def complete(self) -> None:
        """Say that there are no more pages."""
        self._append({"is_complete": True})
        self.is_complete = True

    def pages(self) -> Iterator[tuple[Entry, ...]]:
        """Read what was staged, a page at a time.

        Raises
        ------
        SourceUnreadable
            Where it is not all there any more; then the next sync begins anew.
        """
        read = 0
        try:
            for line, _ in self._lines():
                if "entries" in line:
                    entries = tuple(map(_entry, line["entries"]))
                    read += len(entries)
                    yield entries
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise self._damaged() from error
        if read != self.read:
            raise self._damaged()

    def discard(self) -> None:
        """Forget what was read."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let another sync of the source begin."""
        if self._turn is not None:
            self._turn.end()
            self._turn = None

    def _resume(self, purpose: str, at: datetime) -> bool:
        try:
            lines = self._lines()
            header, end = next(lines, ({}, 0))
            if (header.get("format"), header.get("purpose")) != (FORMAT, purpose):
                return False
            began = datetime.fromisoformat(header["began"])
            if not timedelta() <= at - began <= GOES_STALE:
                return False
            for line, ends in lines:
                end = ends
                self.after = line.get("after", self.after)
                self.read += len(line.get("entries", ()))
                self.is_complete = self.is_complete or line.get("is_complete", False)
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            return False
        with _named_errors(self.path):
            os.truncate(self.path, end)
        self.began = began
        return True

    def _lines(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield the lines that are whole, and where each of them ends."""
        end = 0
        with self.path.open("rb") as file:
            for line in file:
                sum_of, _, told = line.partition(b" ")
                if not line.endswith(b"\n") or sum_of != _checksum(told):
                    return
                end += len(line)
                yield json.loads(told), end

    def _append(self, told: object) -> None:
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
        line = text.encode("utf-8", "surrogatepass")
        with _named_errors(self.path), self.path.open("ab") as file:
            file.write(_checksum(line) + b" " + line)

    def _damaged(self) -> SourceUnreadable:
        self.discard()
        return SourceUnreadable(
            f"What a sync had read is damaged in {self.path.parent}, so nothing was changed; sync "
            "again."
        )


def _checksum(line: bytes) -> bytes:
    return b"%08x" % zlib.crc32(line)


def _told(entry: Entry) -> list[Any]:
    if isinstance(entry, Refusal):
        return [entry.where, entry.reason]
    item = entry.item
    return [*_values(entry), None if item is None else [item.id, item.library, item.poster]]


def _entry(told: Sequence[Any]) -> Entry:
    if len(told) == 2:
        return Refusal(*told)
    *values, item = told
    kept: Iterator[Any] = (tuple(one) if isinstance(one, list) else one for one in values)
    found: TitleRecord = _record(*kept, None if item is None else SourceItem(*item))
    return found


# In the order of the record's own fields, whose last is its item.
_FIELDS: Final = tuple(one.name for one in fields(TitleRecord) if one.name != "item")
_values: Final = attrgetter(*_FIELDS)
_record: Final[Any] = TitleRecord


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
