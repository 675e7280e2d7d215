"""A Plex server: its films and series, its people, and what they did with them."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import ClassVar, Final

from app.backend.domain.clock import as_utc
from app.backend.domain.errors import (
    InvalidInput,
    ServerRefuses,
    SourceMalformed,
    SourceUnreadable,
)
from app.backend.domain.media_server import ItemState, ServerFacts, ServerLibrary, ServerUser
from app.backend.sources import fields, plex_answers, plex_history, plex_items
from app.backend.sources.episode_lengths import with_length
from app.backend.sources.library_source import Entry, without_repeats
from app.backend.sources.media_server import (
    BARE_PAGE,
    BEFORE_CHANGED,
    BEFORE_PLAYED,
    PAGE,
    Page,
)
from app.backend.sources.plex_items import insist_on_id
from app.backend.sources.plex_keys import OWNER, asking
from app.backend.sources.plex_listing import CALLED, Listing
from app.backend.sources.plex_titles import (
    episode_minutes,
    ids_of,
    states_by_id,
    titles_by_id,
    titles_of,
)
from app.backend.sources.server_address import ServerAddress
from app.backend.sources.server_answers import word
from app.backend.sources.upstream import PATIENT, Patience, Query, Upstream

OLDEST: Final = (1, 20)
_VERSION: Final = re.compile(r"(\d{1,4})\.(\d{1,4})(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class PlexLibrary:
    """The films and series of a Plex server.

    Attributes
    ----------
    upstream : Upstream
        With the key of the server's owner.
    people : mapping of str to Upstream
        The same server with keys of accounts that have their own, by the account's id.
    chosen : tuple of str
        The keys of the libraries to read; none means all.
    latest_year : int
        The last year that can be right.
    page : int
        How many titles are asked for at once.
    """

    name: ClassVar[str] = "plex"

    upstream: Upstream
    people: Mapping[str, Upstream]
    chosen: tuple[str, ...] = ()
    _: KW_ONLY
    latest_year: int
    page: int = PAGE

    def facts(self) -> ServerFacts:
        """Return who the server is, once it has taken the key."""
        try:
            told = plex_answers.container(self.upstream.json("/"))
        except SourceMalformed as error:
            raise SourceMalformed(
                f"{error.message} A Plex that is too old tells no JSON: Encore needs 1.20 or newer."
            ) from error
        version, server_id = word(told, "version"), word(told, "machineIdentifier")
        numbers = _VERSION.match(version)
        if not server_id or numbers is None:
            raise plex_answers.malformed("does not tell its id and its version")
        if (int(numbers[1]), int(numbers[2])) < OLDEST:
            raise SourceMalformed(
                f"Plex {fields.shown(version)} is too old, Encore needs 1.20 or newer; update it."
            )
        return ServerFacts(server_id, word(told, "friendlyName") or CALLED, version)

    def users(self) -> list[ServerUser]:
        """Return all accounts, which only the owner's key can tell."""
        try:
            return plex_answers.accounts(self.upstream.json("/accounts"))
        except ServerRefuses as error:
            raise ServerRefuses(
                "Plex tells its accounts to its owner alone; write the key of the server's owner."
            ) from error

    def libraries(self) -> list[ServerLibrary]:
        """Return the libraries of films and of series."""
        return list(plex_answers.sections(self.upstream.json("/library/sections")))

    def total(self) -> int:
        """Return how many films and series there are.

        Raises
        ------
        SourceMalformed
            Where there are none.
        """
        total = self.count()
        if not total:
            raise plex_answers.empty()
        return total

    def read(self) -> Iterator[Entry]:
        """Yield every title once, what is new last; `where` is its id."""
        is_empty = True
        for entry in without_repeats(entry for page in self.pages() for entry in page.entries):
            is_empty = False
            yield with_length(entry, self.episode_minutes)
        if is_empty:
            raise plex_answers.empty()

    def pages(self, after: str = "") -> Iterator[Page]:
        """Read all titles, or go on after the page that ended with `after`.

        Where that is not known any more, all are read.
        """
        return self._pages({}, after)

    def changed(self, since: datetime) -> Iterator[Page]:
        """Read the titles that were written since an hour before a moment."""
        began = as_utc(since) - BEFORE_CHANGED
        return self._pages({"updatedAt>>": int(began.timestamp())}, "")

    def episode_minutes(self, item_id: str) -> int | None:
        """Return the median of what the first episodes of a series run."""
        return episode_minutes(self.upstream, insist_on_id(item_id))

    def count(self) -> int:
        """Return how many films and series there are, without reading them."""
        return self._listing({}).count()

    def item_ids(self) -> Iterator[str]:
        """Read the ids of all films and series, and nothing else of them."""
        for batch in self._listing({}).batches(BARE_PAGE):
            yield from ids_of(batch)

    def items(self, ids: Sequence[str]) -> list[Entry]:
        """Read some titles, wherever they are; those that are gone are not among them."""
        wanted = list(map(insist_on_id, ids))
        return list(titles_by_id(self.upstream, wanted, self.latest_year))

    def states(self, user_id: str, since: datetime | None) -> Iterator[ItemState]:
        """Read what an account did with the titles that it may see.

        With a key of its own: everything, or what was played or rated since a day before a moment.
        Without: what the owner is told that it played to its end.
        """
        until = None if since is None else as_utc(since) - BEFORE_PLAYED
        own = self._own(insist_on_id(user_id))
        if own is None:
            yield from plex_history.states(self.upstream, user_id, until)
            return
        listing = Listing(own, self._types(own), {} if until is None else _done_since(until))
        for batch in listing.batches(BARE_PAGE):
            yield from filter(None, (plex_items.state(row) for _, row in batch.rows))

    def states_of(self, user_id: str, ids: Sequence[str]) -> Iterator[ItemState]:
        """Read what an account did with some titles; without a key of its own, nothing."""
        own, wanted = self._own(insist_on_id(user_id)), list(map(insist_on_id, ids))
        return iter(()) if own is None else states_by_id(own, wanted)

    def tells_visibility(self, user_id: str) -> bool:
        """Say whether the account has a key, with which `states` yields all that it may see."""
        return self._own(user_id) is not None

    def poster(self, poster: str, most_bytes: int) -> bytes:
        """Fetch a poster, 400 pixels wide; at most so large."""
        query: Query = {"width": 400, "height": 600, "url": plex_items.poster_path(poster)}
        return self.upstream.content("/photo/:/transcode", query, most_bytes)

    def rate(self, user_id: str, item_id: str, rating: float) -> None:
        """Write a rating from 0 to 10 for an account that has a key; 0 takes it back."""
        if not (math.isfinite(rating) and 0.0 <= rating <= plex_items.HIGHEST_RATING):
            raise InvalidInput("A rating in Plex is from 0 to 10; write one of those.")
        own = self._own(insist_on_id(user_id))
        if own is None:
            raise ServerRefuses(
                f"Plex takes ratings of account {user_id} with its own key alone; "
                "write that key, or do not write ratings back."
            )
        query: Query = {
            "identifier": "com.plexapp.plugins.library",
            "key": insist_on_id(item_id),
            "rating": f"{rating:g}" if rating else "-1",
        }
        own.send("PUT", "/:/rate", query)

    def close(self) -> None:
        """Close connections."""
        for upstream in (self.upstream, *self.people.values()):
            upstream.close()

    def _own(self, user_id: str) -> Upstream | None:
        return self.upstream if user_id == OWNER else self.people.get(user_id)

    def _types(self, upstream: Upstream) -> dict[str, int]:
        """Return the chosen libraries that a key may see, each with the type of its items."""
        found = plex_answers.sections(upstream.json("/library/sections"))
        types = {library.id: kind for library, kind in found.items()}
        return {key: types[key] for key in self.chosen or types if key in types}

    def _listing(self, filtered: Query) -> Listing:
        types = self._types(self.upstream)
        for library in self.chosen:
            if library not in types:
                raise SourceUnreadable(
                    f"Plex has no library {fields.shown(library)} any more; choose its libraries "
                    "again."
                )
        return Listing(self.upstream, types, filtered)

    def _pages(self, filtered: Query, after: str) -> Iterator[Page]:
        for batch in self._listing(filtered).batches(self.page, after):
            titles = titles_of(self.upstream, batch, self.latest_year)
            yield Page(list(titles), str(batch.place), batch.total)


def plex(
    address: ServerAddress,
    token: str,
    people: Mapping[str, str],
    *,
    libraries: Sequence[str] = (),
    latest_year: int,
    patience: Patience = PATIENT,
) -> PlexLibrary:
    """Return the library of a Plex server; nothing is called yet.

    Parameters
    ----------
    address : ServerAddress
    token : str
        The key of the server's owner.
    people : mapping of str to str
        Keys of accounts that have their own, by the account's id.
    libraries : sequence of str
        The keys of the libraries to read; none means all.
    latest_year : int
    patience : Patience

    Raises
    ------
    InvalidInput
        Where a key, or the id of a library or an account, can be none.
    """
    return PlexLibrary(
        asking(address, token, patience=patience),
        {user_id: asking(address, key, user_id, patience) for user_id, key in people.items()},
        tuple(map(insist_on_id, libraries)),
        latest_year=latest_year,
    )


def _done_since(moment: datetime) -> Query:
    """Return what asks for items that were played or rated since; the brackets are Plex's own."""
    began = int(moment.timestamp())
    return {"push": 1, "lastViewedAt>>": began, "or": 1, "lastRatedAt>>": began, "pop": 1}
