"""An item of Jellyfin as a title, and what an account did with it; knows no server."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from app.backend.domain.clock import as_utc
from app.backend.domain.errors import InvalidInput
from app.backend.domain.media_server import ItemState
from app.backend.domain.title import LONGEST_MINUTES, SourceItem, TitleRecord
from app.backend.sources import episode_lengths, fields, media_server
from app.backend.sources.fields import FieldError
from app.backend.sources.json_fields import an_object, is_number, number, text, words
from app.backend.sources.library_source import Entry

# A tick is 100 nanoseconds.
TICKS_IN_A_MINUTE: Final = 600_000_000
HIGHEST_RATING: Final = 10.0
_KINDS: Final = {"Movie": "movie", "Series": "series"}
# The first that an item has is its id; it may have all.
_PROVIDERS: Final = ("imdb", "tmdb", "tvdb")
_ID: Final = re.compile("[0-9a-f]{32}")
_TAG: Final = re.compile("[0-9A-Za-z]{1,64}")
# A moment before is none: it is how an empty date is written.
_FIRST_MOMENT: Final = datetime(1970, 1, 2, tzinfo=UTC)


def plain_id(value: object) -> str | None:
    """Return an id in its one spelling, `None` where it is none.

    Examples
    --------
    >>> plain_id("F27CAA37-E514-2225-CCED-DED48F6553A2")
    'f27caa37e5142225ccedded48f6553a2'
    """
    plain = value.replace("-", "").lower() if isinstance(value, str) else ""
    return plain if _ID.fullmatch(plain) else None


def insist_on_id(text: str) -> str:
    """Let an id through that may become part of a path.

    Raises
    ------
    InvalidInput
        Where it is anything but 32 digits of base 16, in small letters.
    """
    if not _ID.fullmatch(text):
        raise InvalidInput(
            f"{fields.shown(text)} is no id of Jellyfin; those have 32 digits from 0 to f."
        )
    return text


def poster_parts(poster: str) -> tuple[str, str]:
    """Return the item and the tag of what `SourceItem.poster` names.

    Raises
    ------
    InvalidInput
        Where it names no poster of Jellyfin.
    """
    item_id, _, tag = poster.partition("/")
    if not _TAG.fullmatch(tag):
        raise InvalidInput(f"{fields.shown(poster)} names no poster of Jellyfin; read it again.")
    return insist_on_id(item_id), tag


def where(row: object, otherwise: str) -> str:
    """Return where an item is, for messages: by its id, if it has one."""
    item_id = plain_id(row.get("Id")) if isinstance(row, dict) else None
    return otherwise if item_id is None else f"item {item_id}"


def entry(row: object, place: str, library: str, latest_year: int) -> Entry:
    """Return the title that an item is, or why it cannot be one."""
    record = partial(_record, place=place, library=library, latest_year=latest_year)
    return media_server.entry_of(row, place, record)


def minutes(row: Mapping[str, Any]) -> int | None:
    """Return how long an item runs; nothing, 0, and what no film lasts, is unknown.

    Examples
    --------
    >>> minutes({"RunTimeTicks": 81_600_000_000}), minutes({"RunTimeTicks": 0}), minutes({})
    (136, None, None)
    """
    ticks = number(row, "RunTimeTicks")
    if ticks is None or not 0 < ticks <= LONGEST_MINUTES * TICKS_IN_A_MINUTE:
        return None
    return int(ticks / TICKS_IN_A_MINUTE + 0.5) or None


def typical_minutes(episodes: Iterable[object]) -> int | None:
    """Return the median of what episodes run, `None` where none of them tells."""
    told = (one for one in episodes if isinstance(one, dict))
    return episode_lengths.typical_minutes(told, minutes)


def state(row: object) -> ItemState | None:
    """Return what the account that asked did with an item; `None` where the item has no id.

    What is missing or cannot be read counts as not done.
    """
    item_id = plain_id(row.get("Id")) if isinstance(row, dict) else None
    if item_id is None or not isinstance(row, dict):
        return None
    data = row.get("UserData")
    if not isinstance(data, dict):
        return ItemState(item_id)
    plays, rating = data.get("PlayCount"), data.get("Rating")
    rated = float(rating) if is_number(rating) and 0.0 < rating <= HIGHEST_RATING else None
    return ItemState(
        item_id,
        is_watched=data.get("Played") is True,
        watched_at=moment(data.get("LastPlayedDate")),
        plays=max(0, plays) if isinstance(plays, int) else 0,
        rating=rated,
    )


def moment(value: object) -> datetime | None:
    """Return a moment as Jellyfin writes it, `None` where that is unreadable or stands for none.

    Examples
    --------
    >>> moment("2026-05-01T20:15:30.1234567Z"), moment("0001-01-01T00:00:00.0000000Z")
    (datetime.datetime(2026, 5, 1, 20, 15, 30, 123456, tzinfo=datetime.timezone.utc), None)
    """
    try:
        found = as_utc(datetime.fromisoformat(value if isinstance(value, str) else ""))
    except (ValueError, OverflowError):
        return None
    return found if found >= _FIRST_MOMENT else None


def _record(row: dict[str, Any], place: str, library: str, latest_year: int) -> TitleRecord:
    item_id, kind = plain_id(row.get("Id")), _KINDS.get(text(row, "Type"))
    if item_id is None:
        raise FieldError(f"has {fields.shown(str(row.get('Id')))} for an id, which is none")
    if kind is None:
        raise FieldError(f"is a {fields.shown(text(row, 'Type'))}, neither film nor series")
    year, rating = number(row, "ProductionYear"), number(row, "CommunityRating")
    ids = tuple(dict.fromkeys(_external_ids(row, kind)))
    age_rating, overview = text(row, "OfficialRating"), text(row, "Overview")
    return TitleRecord(
        title=fields.title(text(row, "Name")),
        kind=kind,
        year=None if year is None else fields.year(f"{year:.0f}", latest_year, "ProductionYear"),
        minutes=minutes(row),
        genres=fields.genres(words(row, "Genres")),
        where=place,
        external_id=ids[0] if ids else None,
        community_rating=None
        if rating is None
        else fields.rating(f"{rating:f}", "CommunityRating"),
        age_rating=fields.clean(age_rating, fields.LONGEST_AGE_RATING) or None,
        overview=fields.clean(overview, fields.LONGEST_OVERVIEW) or None,
        keywords=fields.keywords(words(row, "Tags")),
        other_ids=ids,
        item=SourceItem(item_id, library, _poster(row, item_id)),
    )


def _external_ids(row: dict[str, Any], kind: str) -> Iterator[str]:
    given = {name.lower(): told for name, told in an_object(row, "ProviderIds").items() if told}
    for provider in _PROVIDERS:
        found = fields.external_id(text(given, provider), kind, provider)
        if found is not None:
            yield found


def _poster(row: dict[str, Any], item_id: str) -> str | None:
    tag = an_object(row, "ImageTags").get("Primary")
    is_plain = isinstance(tag, str) and _TAG.fullmatch(tag) is not None
    return f"{item_id}/{tag}" if is_plain else None
