"""What every source of titles promises, and the one rule that all of them share."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

from app.backend.domain.title import Refusal, TitleRecord

Entry: TypeAlias = TitleRecord | Refusal


class LibrarySource(Protocol):
    """Someone's library, wherever it is kept; it may be read as often as one likes.

    `total` and `read` raise `SourceUnreadable` or `SourceMalformed` where there is no library to
    be read at all. Whatever is wrong with one entry is a `Refusal`, never an error.
    """

    @property
    def name(self) -> str:
        """The source's own word for itself, under which its titles are kept."""

    def total(self) -> int | None:
        """Return how many entries `read` is going to yield, or `None` where only reading tells."""

    def read(self) -> Iterator[Entry]:
        """Yield every entry, in a fixed order: titles, and refusals of what cannot be one."""


def without_repeats(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Let the first title of each key through and refuse the later ones, naming the first."""
    first_of: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, TitleRecord):
            first = first_of.get(entry.key)
            if first is not None:
                yield Refusal(entry.where, f"is the same title as {first}; keep one of the two")
                continue
            first_of[entry.key] = entry.where
        yield entry
