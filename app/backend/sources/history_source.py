"""What every history from elsewhere promises: who watched and rated what, entry by entry."""

from collections.abc import Iterator
from typing import Protocol

from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.title import Refusal


class HistorySource(Protocol):
    """Somebody's history in a file that another program wrote.

    `read` raises `SourceUnreadable` or `SourceMalformed` where the file as a whole is none.
    Whatever is wrong with one entry is a `Refusal`, never an error. Of entries with one key the
    last one in time counts, and is the only one that is yielded.
    """

    @property
    def name(self) -> str:
        """The source's own word for itself: one of `ratings.SCALES`."""

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield every entry, in a fixed order."""
