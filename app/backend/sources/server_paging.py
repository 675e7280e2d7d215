"""Reading a long list of a media server page by page, while it may change."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from app.backend.domain.errors import SourceMalformed

# So many pages in a row may hold nothing new, and so many items may there be at all.
MOST_IDLE_PAGES: Final = 3
MOST_ITEMS: Final = 1_000_000

Rows = tuple[Sequence[object], int]
# Library, first item, most items: the items, and how many there are in all.
Ask = Callable[[str, int, int], Rows]


@dataclass(frozen=True, slots=True)
class Naming:
    """What a server, and each of its items, is called in messages.

    Attributes
    ----------
    server : str
    where : callable
        An item, and what to call it if it has no id of its own.
    """

    server: str
    where: Callable[[object, str], str]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a list was read.

    Attributes
    ----------
    library : str
    start : int
        How many of its items were read.
    last : str
        Where the last of them is.
    before : int
        How many items the libraries before have.
    """

    library: str
    start: int = 0
    last: str = ""
    before: int = 0

    @classmethod
    def of(cls, text: str, libraries: Sequence[str]) -> "Place":
        """Read a place; the beginning where it is none of these libraries."""
        library, *rest = text.split(":")
        is_known = len(rest) == 3 and library in libraries
        if is_known and all(part.isascii() and part.isdecimal() for part in rest[::2]):
            return cls(library, int(rest[0]), rest[1], int(rest[2]))
        return cls(libraries[0])

    def __str__(self) -> str:
        return f"{self.library}:{self.start}:{self.last}:{self.before}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Items that were not read before, each with where it is, and what is known by now."""

    rows: Sequence[tuple[str, object]]
    place: Place
    total: int


def batches(
    ask: Ask, libraries: Sequence[str], size: int, after: str = "", *, naming: Naming
) -> Iterator[Batch]:
    """Read libraries one after the other; an item that two of them hold comes once."""
    if not libraries:
        return
    place = Place.of(after, libraries)
    read: set[str] = set()
    for library in libraries[libraries.index(place.library) :]:
        total = place.before
        for batch in _batches_of(ask, replace(place, library=library), size, naming):
            rows = [(where, row) for where, row in batch.rows if where not in read]
            read.update(where for where, _ in rows)
            total = batch.total
            if rows:
                yield replace(batch, rows=rows)
        place = Place(library, before=total)


def ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Ask for the next batch while the one before is looked at."""
    with ThreadPoolExecutor(1, "reading ahead") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _batches_of(ask: Ask, place: Place, size: int, naming: Naming) -> Iterator[Batch]:
    """Read one library; the last batch is empty.

    Each page begins with the last item of the page before. Where it does not, something was
    removed, what followed it moved up, and reading goes back until it meets what it knows.
    """
    read = {place.last} if place.start else set[str]()
    idle = 0
    while idle <= MOST_IDLE_PAGES and len(read) <= MOST_ITEMS:
        first = max(0, place.start - 1)
        rows, total = ask(place.library, first, size + place.start - first)
        named = _named(rows, first, place.library, naming)
        if place.start and not (named and named[0][0] in read):
            place = replace(place, start=max(0, place.start - size))
            continue
        named = named[place.start - first :]
        if not named:
            yield Batch((), place, place.before + total)
            return
        fresh = [(where, row) for where, row in dict(named).items() if where not in read]
        idle = 0 if fresh else idle + 1
        read.update(where for where, _ in fresh)
        place = replace(place, start=place.start + len(named), last=named[-1][0])
        yield Batch(fresh, place, place.before + total)
    raise SourceMalformed(
        f"{naming.server} answers with the same titles again and again, or without end; try again "
        "when it is at rest."
    )


def _named(
    rows: Sequence[object], first: int, library: str, naming: Naming
) -> list[tuple[str, object]]:
    of_library = f" of library {library}" if library else ""
    return [
        (naming.where(row, f"entry {number}{of_library}"), row)
        for number, row in enumerate(rows, start=first + 1)
    ]
