"""An item of Plex as a title, and what an account did with it; knows no server."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from app.backend.domain.errors import InvalidInput
from app.backend.domain.media_server import ItemState
from app.backend.domain.title import LONGEST_MINUTES, SourceItem, TitleRecord
from app.backend.sources import episode_lengths, fields, media_server
from app.backend.sources.fields import FieldError
from app.backend.sources.json_fields import is_number, number, objects, text
from app.backend.sources.library_source import Entry

MILLISECONDS_IN_A_MINUTE: Final = 60_000
HIGHEST_RATING: Final = 10.0
_KINDS: Final = {"movie": "movie", "show": "series"}
# The first that an item has is its id; it may have all. Older agents have longer names for two.
_PROVIDERS: Final = ("imdb", "tmdb", "tvdb")
_AGENTS: Final = {"themoviedb": "tmdb", "thetvdb": "tvdb"}
_ID: Final = re.compile("[1-9][0-9]{0,18}")
_THUMB: Final = re.compile("/library/metadata/([1-9][0-9]{0,18})/thumb/(-?[0-9]{1,18})")
_POSTER: Final = re.compile(r"([1-9][0-9]{0,18})\.(-?[0-9]{1,18})")
_GUID: Final = re.compile(
    r"(?:com\.plexapp\.agents\.)?([a-z]{4,10})://([A-Za-z0-9]{1,20})(?:[/?].*)?", re.DOTALL
)
# The first day stands for no moment; the last is the end of the calendar.
_FIRST_SECOND: Final = 86_400
_LAST_SECOND: Final = 253_402_300_799


def plain_id(value: object) -> str | None:
    """Return an id in its one spelling, `None` where it is none.

    Examples
    --------
    >>> plain_id("1049"), plain_id(26), plain_id("../1049")
    ('1049', '26', None)
    """
    plain = str(value) if isinstance(value, str | int) else ""
    return plain if _ID.fullmatch(plain) else None


def insist_on_id(given: str) -> str:
    """Let an id through that may become part of a path.

    Raises
    ------
    InvalidInput
        Where it is anything but a number.
    """
    if not _ID.fullmatch(given):
        raise InvalidInput(f"{fields.shown(given)} is no id of Plex; those are numbers.")
    return given


def poster_path(poster: str) -> str:
    """Return where the picture is that `SourceItem.poster` names.

    Raises
    ------
    InvalidInput
        Where it names no poster of Plex.
    """
    found = _POSTER.fullmatch(poster)
    if found is None:
        raise InvalidInput(f"{fields.shown(poster)} names no poster of Plex; read it again.")
    return f"/library/metadata/{found[1]}/thumb/{found[2]}"


def where(row: object, otherwise: str) -> str:
    """Return where an item is, for messages: by its id, if it has one."""
    item_id = plain_id(row.get("ratingKey")) if isinstance(row, dict) else None
    return otherwise if item_id is None else f"item {item_id}"


def entry(row: object, place: str, library: str, latest_year: int) -> Entry:
    """Return the title that an item is, or why it cannot be one."""
    record = partial(_record, place=place, library=library, latest_year=latest_year)
    return media_server.entry_of(row, place, record)


def minutes(row: Mapping[str, Any]) -> int | None:
    """Return how long an item runs; nothing, 0, and what no film lasts, is unknown.

    Of a series, Plex tells what one episode usually runs.

    Examples
    --------
    >>> minutes({"duration": 8_160_000}), minutes({"duration": 0}), minutes({})
    (136, None, None)
    """
    told = number(row, "duration")
    if told is None or not 0 < told <= LONGEST_MINUTES * MILLISECONDS_IN_A_MINUTE:
        return None
    return int(told / MILLISECONDS_IN_A_MINUTE + 0.5) or None


def typical_minutes(episodes: Iterable[object]) -> int | None:
    """Return the median of what episodes run, `None` where none of them tells."""
    told = (one for one in episodes if isinstance(one, dict))
    return episode_lengths.typical_minutes(told, minutes)


def state(row: object) -> ItemState | None:
    """Return what the account that asked did with an item; `None` where the item has no id.

    Plex leaves out what was not done. A series is watched once all of its episodes are.
    """
    item_id = plain_id(row.get("ratingKey")) if isinstance(row, dict) else None
    if item_id is None or not isinstance(row, dict):
        return None
    plays, rating = whole(row, "viewCount") or 0, row.get("userRating")
    episodes, seen = whole(row, "leafCount"), whole(row, "viewedLeafCount") or 0
    is_series = row.get("type") == "show"
    return ItemState(
        item_id,
        is_watched=bool(episodes) and seen >= (episodes or 0) if is_series else plays > 0,
        watched_at=moment(row.get("lastViewedAt")),
        plays=plays,
        rating=float(rating) if is_number(rating) and 0.0 < rating <= HIGHEST_RATING else None,
    )


def whole(row: Mapping[str, Any], name: str) -> int | None:
    """Return a count, `None` where there is none; some are written as text.

    Examples
    --------
    >>> whole({"leafCount": 18}, "leafCount"), whole({"size": "1"}, "size"), whole({}, "size")
    (18, 1, None)
    """
    value = row.get(name)
    if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def moment(value: object) -> datetime | None:
    """Return a moment as Plex counts it, in seconds since 1970; `None` where it stands for none.

    Examples
    --------
    >>> moment(1_777_665_600), moment(0), moment(None)
    (datetime.datetime(2026, 5, 1, 20, 0, tzinfo=datetime.timezone.utc), None, None)
    """
    if not is_number(value) or not _FIRST_SECOND <= value <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(int(value), UTC)


def _record(row: dict[str, Any], place: str, library: str, latest_year: int) -> TitleRecord:
    item_id, kind = plain_id(row.get("ratingKey")), _KINDS.get(text(row, "type"))
    if item_id is None:
        raise FieldError(f"has {fields.shown(str(row.get('ratingKey')))} for an id, which is none")
    if kind is None:
        raise FieldError(f"is a {fields.shown(text(row, 'type'))}, neither film nor series")
    ids = tuple(dict.fromkeys(external_ids(row, kind)))
    age_rating, overview = text(row, "contentRating"), text(row, "summary")
    return TitleRecord(
        title=fields.title(text(row, "title")),
        kind=kind,
        year=_year(row, latest_year),
        minutes=minutes(row),
        genres=fields.genres(_tags(row, "Genre")),
        where=place,
        external_id=ids[0] if ids else None,
        community_rating=_community_rating(row),
        age_rating=fields.clean(age_rating, fields.LONGEST_AGE_RATING) or None,
        overview=fields.clean(overview, fields.LONGEST_OVERVIEW) or None,
        keywords=fields.keywords(_tags(row, "Collection")),
        directors=fields.people(_tags(row, "Director")),
        cast=fields.people(_tags(row, "Role")),
        other_ids=ids,
        item=SourceItem(
            item_id, library or plain_id(row.get("librarySectionID")) or "", _poster(row)
        ),
    )


def _year(row: Mapping[str, Any], latest_year: int) -> int | None:
    year = number(row, "year")
    if year is not None:
        return fields.year(f"{year:.0f}", latest_year, "year")
    name = "originallyAvailableAt"
    return fields.year_of_date(text(row, name), latest_year, name)


def _community_rating(row: Mapping[str, Any]) -> float | None:
    """Return what viewers say, else what critics say."""
    for name in ("audienceRating", "rating"):
        told = number(row, name)
        if told is not None:
            return fields.rating(f"{told:f}", name)
    return None


def _tags(row: Mapping[str, Any], name: str) -> list[str]:
    return [text(one, "tag") for one in objects(row, name)]


def external_ids(row: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Yield the ids that mean an item everywhere, by old agents and by new ones.

    Raises
    ------
    FieldError
        Where they are not told as Plex tells them.
    """
    given: dict[str, str] = {}
    for guid in (*(text(one, "id") for one in objects(row, "Guid")), text(row, "guid")):
        if match := _GUID.fullmatch(guid):
            given.setdefault(_AGENTS.get(match[1], match[1]), match[2])
    for provider in _PROVIDERS:
        found = fields.external_id(given.get(provider, ""), kind, provider)
        if found is not None:
            yield found


def _poster(row: Mapping[str, Any]) -> str | None:
    thumb = row.get("thumb")
    found = _THUMB.fullmatch(thumb) if isinstance(thumb, str) else None
    return None if found is None else f"{found[1]}.{found[2]}"
