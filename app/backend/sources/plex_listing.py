"""The items of a Plex server's libraries as one key sees them, page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.backend.sources import plex_answers, plex_items, server_paging
from app.backend.sources.server_paging import Batch, Naming, Rows
from app.backend.sources.upstream import Query, Upstream

CALLED: Final = "Plex"
_NAMING: Final = Naming(CALLED, plex_items.where)
# What is new comes last, so that nothing moves while it is read.
_IN_ORDER: Final = "addedAt:asc,titleSort:asc"
# Lists tell only the first of an item's genres and people, so that nothing is taken from them.
_LEFT_OUT: Final = (
    "Media,Genre,Country,Guid,Rating,Collection,Director,Writer,Role,Producer,Similar,Style,Mood,"
    "Image,UltraBlurColors"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """Ids and states of the items of some libraries.

    Attributes
    ----------
    upstream : Upstream
        With the key that asks.
    types : mapping of str to int
        The libraries, each with the type of its items.
    filtered : Query
        Which items are wanted; nothing means all.
    """

    upstream: Upstream
    types: Mapping[str, int]
    filtered: Query

    def batches(self, size: int, after: str = "") -> Iterator[Batch]:
        """Read all of them, or go on after the page that ended with `after`."""
        return server_paging.batches(self._page, list(self.types), size, after, naming=_NAMING)

    def count(self) -> int:
        """Return how many there are, without reading them."""
        return sum(self._page(library, 0, 0)[1] for library in self.types)

    def _page(self, library: str, start: int, limit: int) -> Rows:
        query = {
            "type": self.types[library],
            "sort": _IN_ORDER,
            "excludeElements": _LEFT_OUT,
            "excludeFields": "summary,tagline",
            **self.filtered,
        }
        path = f"/library/sections/{library}/all"
        return plex_answers.page(
            self.upstream.json(path, query | paging(start, limit)), start, limit
        )


def paging(start: int, limit: int) -> dict[str, str | int]:
    """Return what asks for a page; without the one, Plex does not heed the other."""
    return {"X-Plex-Container-Start": start, "X-Plex-Container-Size": limit}
