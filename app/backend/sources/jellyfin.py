"""A Jellyfin server: its films and series, its people, and what they did with them."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar, Final

from app.backend.domain.clock import as_utc
from app.backend.domain.errors import (
    InvalidInput,
    ServerRefuses,
    SourceMalformed,
    SourceUnreadable,
)
from app.backend.domain.media_server import ItemState, ServerFacts, ServerLibrary, ServerUser
from app.backend.sources import fields, jellyfin_items
from app.backend.sources.episode_lengths import with_length
from app.backend.sources.jellyfin_answers import (
    a_list,
    an_object,
    empty,
    id_and_name,
    items,
    malformed,
    rows_of,
)
from app.backend.sources.jellyfin_items import insist_on_id, plain_id
from app.backend.sources.jellyfin_paging import batches
from app.backend.sources.library_source import Entry, without_repeats
from app.backend.sources.media_server import (
    BARE_PAGE,
    BEFORE_CHANGED,
    BEFORE_PLAYED,
    EPISODES,
    PAGE,
    Page,
)
from app.backend.sources.server_address import ServerAddress
from app.backend.sources.server_answers import word
from app.backend.sources.server_paging import Rows, ahead
from app.backend.sources.upstream import PATIENT, Patience, Query, Upstream

CALLED: Final = "Jellyfin"
OLDEST: Final = (10, 10)
IDS_AT_ONCE: Final = 50
_LONGEST_KEY: Final = 500
_KEY: Final = re.compile(rf"[!-~]{{1,{_LONGEST_KEY}}}", re.ASCII)
_VERSION: Final = re.compile(r"(\d{1,4})\.(\d{1,4})(?!\d)", re.ASCII)
_LIBRARIES: Final = frozenset({"", "movies", "tvshows", "mixed"})

# Else a server may tell of a collection in place of the films that are in it.
_TITLES: Final[Query] = {
    "recursive": "true",
    "includeItemTypes": "Movie,Series",
    "collapseBoxSetItems": "false",
}
# What is new comes last, so that nothing moves while it is read.
_IN_ORDER: Final[Query] = {"sortBy": "DateCreated,SortName", "sortOrder": "Ascending"}
LISTED: Final[Query] = {
    **_TITLES,
    **_IN_ORDER,
    "fields": "Genres,Overview,ProviderIds,Tags",
    "enableImageTypes": "Primary",
    "enableUserData": "false",
}
_BARE: Final[Query] = {**_TITLES, **_IN_ORDER, "enableImages": "false", "enableUserData": "false"}
_LAST_PLAYED_FIRST: Final[Query] = {
    "filters": "IsPlayed",
    "sortBy": "DatePlayed",
    "sortOrder": "Descending",
}


@dataclass(frozen=True, slots=True)
class JellyfinLibrary:
    """The films and series of a Jellyfin server.

    Attributes
    ----------
    upstream : Upstream
    chosen : tuple of str
        The ids of the libraries to read; none means all.
    latest_year : int
        The last year that can be right.
    page : int
        How many titles are asked for at once.
    """

    name: ClassVar[str] = "jellyfin"

    upstream: Upstream
    chosen: tuple[str, ...] = ()
    _: KW_ONLY
    latest_year: int
    page: int = PAGE

    def facts(self) -> ServerFacts:
        """Return who the server is, once it has taken the key."""
        told = an_object(self.upstream.json("/System/Info/Public"))
        product, version = word(told, "ProductName"), word(told, "Version")
        if "jellyfin" not in product.lower():
            raise SourceMalformed(
                f"{self.upstream.address} calls itself {fields.shown(product)}, which is no "
                "Jellyfin; write the address of a Jellyfin server."
            )
        numbers = _VERSION.match(version)
        if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST:
            raise SourceMalformed(
                f"Jellyfin {fields.shown(version)} is too old, Encore needs 10.10 or newer; "
                "update it."
            )
        server_id = word(told, "Id")
        if not server_id:
            raise malformed("does not tell its id")
        self._total("")
        return ServerFacts(server_id, word(told, "ServerName") or CALLED, version)

    def users(self) -> list[ServerUser]:
        """Return all accounts, or the one that a key of somebody's own belongs to."""
        try:
            found = a_list(self.upstream.json("/Users"))
        except ServerRefuses:
            found = [self.upstream.json("/Users/Me")]
        return [ServerUser(*id_and_name(one, "Id")) for one in found]

    def libraries(self) -> list[ServerLibrary]:
        """Return the libraries of films, of series, and of both."""
        try:
            found, of_id = a_list(self.upstream.json("/Library/VirtualFolders")), "ItemId"
        except ServerRefuses:
            user_id, _ = id_and_name(self.upstream.json("/Users/Me"), "Id")
            found = items(self.upstream.json("/UserViews", {"userId": user_id}))
            of_id = "Id"
        wanted = (one for one in map(an_object, found) if word(one, "CollectionType") in _LIBRARIES)
        return [ServerLibrary(*id_and_name(one, of_id)) for one in wanted]

    def total(self) -> int:
        """Return how many films and series there are.

        Raises
        ------
        SourceMalformed
            Where there are none that the key may see.
        """
        total = self.count()
        if not total:
            raise empty()
        return total

    def read(self) -> Iterator[Entry]:
        """Yield every title once, what is new last; `where` is its id."""
        is_empty = True
        for entry in without_repeats(entry for page in self.pages() for entry in page.entries):
            is_empty = False
            yield with_length(entry, self.episode_minutes)
        if is_empty:
            raise empty()

    def pages(self, after: str = "") -> Iterator[Page]:
        """Read all titles, or go on after the page that ended with `after`.

        Where that is not known any more, all are read.
        """
        return self._pages(LISTED, after)

    def changed(self, since: datetime) -> Iterator[Page]:
        """Read the titles that were written since an hour before a moment."""
        began = f"{as_utc(since) - BEFORE_CHANGED:%Y-%m-%dT%H:%M:%SZ}"
        return self._pages({**LISTED, "minDateLastSaved": began}, "")

    def episode_minutes(self, item_id: str) -> int | None:
        """Return the median of what the first episodes of a series run."""
        asked = {**_BARE, "includeItemTypes": "Episode"}
        rows, _ = self._rows(asked, insist_on_id(item_id), 0, EPISODES)
        return jellyfin_items.typical_minutes(rows)

    def count(self) -> int:
        """Return how many films and series there are, without reading them."""
        return sum(map(self._total, self._scopes()))

    def item_ids(self) -> Iterator[str]:
        """Read the ids of all films and series, and nothing else of them."""
        for batch in batches(partial(self._rows, _BARE), self._scopes(), BARE_PAGE):
            ids = (plain_id(row.get("Id")) for _, row in batch.rows if isinstance(row, dict))
            yield from filter(None, ids)

    def items(self, ids: Sequence[str]) -> list[Entry]:
        """Read some titles, wherever they are; those that are gone are not among them."""
        rows = enumerate(self._by_ids(LISTED, ids), start=1)
        return [self._entry(row, jellyfin_items.where(row, f"entry {n}"), "") for n, row in rows]

    def states(self, user_id: str, since: datetime | None) -> Iterator[ItemState]:
        """Read what an account did with the titles that it may see, of all libraries.

        Since a moment: with those that it played since a day before. A rating without playing, and
        the end of a series, are found by reading all.
        """
        asked = {**_BARE, "userId": insist_on_id(user_id), "enableUserData": "true"}
        until = None if since is None else as_utc(since) - BEFORE_PLAYED
        if until is not None:
            asked |= _LAST_PLAYED_FIRST
        # A library that is not theirs would be refused: they are asked for all at once.
        for batch in batches(partial(self._rows, asked), ("",), BARE_PAGE):
            for _, row in batch.rows:
                found = jellyfin_items.state(row)
                if found is None:
                    continue
                if until is not None and found.watched_at and found.watched_at < until:
                    return
                yield found

    def states_of(self, user_id: str, ids: Sequence[str]) -> Iterator[ItemState]:
        """Read what an account did with some titles; what it may not see is not among them."""
        asked = {**_BARE, "userId": insist_on_id(user_id), "enableUserData": "true"}
        return filter(None, map(jellyfin_items.state, self._by_ids(asked, ids)))

    def tells_visibility(self, user_id: str) -> bool:  # noqa: ARG002  # of any account
        """Say whether `states` without a moment yields every item that the account may see."""
        return True

    def poster(self, poster: str, most_bytes: int) -> bytes:
        """Fetch a poster, 400 pixels wide; at most so large."""
        item_id, tag = jellyfin_items.poster_parts(poster)
        query: Query = {"tag": tag, "maxWidth": 400, "quality": 90}
        return self.upstream.content(f"/Items/{item_id}/Images/Primary", query, most_bytes)

    def rate(self, user_id: str, item_id: str, rating: float) -> None:
        """Write a rating from 0 to 10 for an account; 0 takes it back."""
        if not (math.isfinite(rating) and 0.0 <= rating <= jellyfin_items.HIGHEST_RATING):
            raise InvalidInput("A rating in Jellyfin is from 0 to 10; write one of those.")
        path, user = f"/UserItems/{insist_on_id(item_id)}/UserData", insist_on_id(user_id)
        self.upstream.send("POST", path, {"userId": user}, {"Rating": float(rating)})

    def close(self) -> None:
        """Close connections."""
        self.upstream.close()

    def _scopes(self) -> tuple[str, ...]:
        """Return the chosen libraries: asked for one that is gone, Jellyfin would tell of all."""
        there = {library.id for library in self.libraries()} if self.chosen else set()
        for library in self.chosen:
            if library not in there:
                raise SourceUnreadable(
                    f"Jellyfin has no library {fields.shown(library)} any more; choose its "
                    "libraries again."
                )
        return self.chosen or ("",)

    def _total(self, library: str) -> int:
        # Of no item at all, some versions tell no total, and others tell everything.
        return self._rows(_BARE, library, 0, 1)[1]

    def _pages(self, asked: Query, after: str) -> Iterator[Page]:
        # What is asked for next is on its way while these are made titles.
        for batch in ahead(batches(partial(self._rows, asked), self._scopes(), self.page, after)):
            library = batch.place.library
            entries = [self._entry(row, where, library) for where, row in batch.rows]
            yield Page(entries, str(batch.place), batch.total)

    def _rows(self, asked: Query, library: str, start: int, limit: int) -> Rows:
        query = {**asked, "startIndex": start, "limit": limit}
        if library:
            query["parentId"] = library
        return rows_of(self.upstream.json("/Items", query))

    def _by_ids(self, asked: Query, ids: Sequence[str]) -> Iterator[object]:
        wanted = list(map(insist_on_id, ids))
        for start in range(0, len(wanted), IDS_AT_ONCE):
            some = ",".join(wanted[start : start + IDS_AT_ONCE])
            yield from self._rows({**asked, "ids": some}, "", 0, IDS_AT_ONCE)[0]

    def _entry(self, row: object, where: str, library: str) -> Entry:
        return jellyfin_items.entry(row, where, library, self.latest_year)


def jellyfin(
    address: ServerAddress,
    token: str,
    *,
    libraries: Sequence[str] = (),
    latest_year: int,
    patience: Patience = PATIENT,
) -> JellyfinLibrary:
    """Return the library of a Jellyfin server; nothing is called yet.

    Raises
    ------
    InvalidInput
        Where the key, or the id of a library, can be none.
    """
    if not _KEY.fullmatch(token) or set(token) & set("\"'\\"):
        raise InvalidInput(
            "That is no key of Jellyfin; copy one from its dashboard, under API keys, as it is."
        )
    headers = {"Authorization": f'MediaBrowser Token="{token}"'}
    upstream = Upstream(address, headers, CALLED, patience)
    return JellyfinLibrary(upstream, tuple(map(insist_on_id, libraries)), latest_year=latest_year)
