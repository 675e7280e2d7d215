"""A library as a program sends it: titles that were judged one by one already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.backend.domain.title import TitleRecord
from app.backend.sources.library_source import Entry, without_repeats


@dataclass(frozen=True, slots=True)
class SentTitles:
    """Titles of a list, in its order."""

    name: ClassVar[str] = "api"

    records: Sequence[TitleRecord]

    def total(self) -> int | None:
        """Return how many there are."""
        return len(self.records)

    def read(self) -> Iterator[Entry]:
        """Yield them; the second of a key is refused."""
        return without_repeats(self.records)
