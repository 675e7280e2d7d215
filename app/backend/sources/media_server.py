"""What Jellyfin and Plex have in common, as far as Encore needs it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from app.backend.domain.media_server import ItemState, ServerFacts, ServerLibrary, ServerUser
from app.backend.domain.title import Refusal, TitleRecord
from app.backend.sources.fields import FieldError
from app.backend.sources.library_source import Entry, LibrarySource

PAGE: Final = 200
# Pages of items of which nothing but ids and states is asked.
BARE_PAGE: Final = 500
# Of a series without a length, so many episodes tell it.
EPISODES: Final = 24
# Clocks differ, and a server notes a moment somewhat after it.
BEFORE_CHANGED: Final = timedelta(hours=1)
BEFORE_PLAYED: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, in the server's order.

    Attributes
    ----------
    entries : sequence of TitleRecord or Refusal
        Every record has its `item`. The same title may come twice: from two libraries.
    after : str
        What `pages` takes to go on after these.
    total : int or None
        How many entries there are in all, as far as is known by now.
    """

    entries: Sequence[Entry]
    after: str
    total: int | None


class MediaServer(LibrarySource, Protocol):
    """A media server. Whatever asks it raises `SourceError`s, each with a sentence.

    `read`, as of every source, yields each title once.
    """

    def facts(self) -> ServerFacts:
        """Return who the server is; also a test of address and key."""

    def users(self) -> list[ServerUser]:
        """Return its accounts, as far as the key may see them."""

    def libraries(self) -> list[ServerLibrary]:
        """Return its libraries of films and series."""

    def pages(self, after: str = "") -> Iterator[Page]:
        """Read all titles, or go on after the page that ended with `after`.

        A series whose length the server does not tell has none here: `episode_minutes` finds it.
        """

    def changed(self, since: datetime) -> Iterator[Page]:
        """Read the titles that changed since a moment, or perhaps a little before."""

    def episode_minutes(self, item_id: str) -> int | None:
        """Return what an episode of a series typically runs, `None` where no episode tells."""

    def count(self) -> int:
        """Return how many items there are, without reading them."""

    def item_ids(self) -> Iterator[str]:
        """Read the ids of all items, and nothing else of them."""

    def items(self, ids: Sequence[str]) -> list[Entry]:
        """Read some items; those that are gone are not among them."""

    def states(self, user_id: str, since: datetime | None) -> Iterator[ItemState]:
        """Read what an account did with titles.

        Parameters
        ----------
        user_id : str
        since : datetime or None
            `None` yields every item that the account may see, touched or not; otherwise only what
            it played or rated since then, or perhaps a little before.
        """

    def states_of(self, user_id: str, ids: Sequence[str]) -> Iterator[ItemState]:
        """Read what an account did with some items, as it is now.

        What is gone, or that it may not see, is not among them; where its own key would be needed
        and is not there, nothing is.
        """

    def tells_visibility(self, user_id: str) -> bool:
        """Say whether `states` without a moment yields every item that the account may see."""

    def poster(self, poster: str, most_bytes: int) -> bytes:
        """Fetch a poster, as `SourceItem.poster` names it; at most so large."""

    def rate(self, user_id: str, item_id: str, rating: float) -> None:
        """Write a rating, on the server's own scale, for an account."""

    def close(self) -> None:
        """Close connections."""


def entry_of(row: object, place: str, record: Callable[[dict[str, Any]], TitleRecord]) -> Entry:
    """Return the title that an item is, or why it cannot be one."""
    try:
        if not isinstance(row, dict):
            raise FieldError("is no item; ask the server to read its library again")
        return record(row)
    except FieldError as error:
        return Refusal(place, str(error))
