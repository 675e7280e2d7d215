"""One entry of a document that Trakt exports: a title, and what somebody did with it."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from app.backend.domain.ratings import SCALES
from app.backend.sources import fields
from app.backend.sources.fields import FieldError
from app.backend.sources.history_fields import film_key, moment

_KINDS: Final = {"movie": "movie", "show": "series"}
_PARTS: Final = ("episode", "season")
_SUBJECTS: Final = (*_KINDS, *_PARTS)
_IDS: Final = ("imdb", "tmdb", "tvdb")
_HIGHEST_ID: Final = 10**12
_IMDB: Final = re.compile("imdb:tt[0-9]+")
_LONGEST_SLUG: Final = 200


class Left(Enum):
    """Why an entry is counted and not read, though nothing is wrong with it."""

    PART = "of episodes or seasons; films and whole series are read"
    BEGUN = "of series that were watched, and not whether all of each was"
    UNTOLD = "without a rating of yours or a viewing"


@dataclass(frozen=True, slots=True)
class Told:
    """What one entry says of a title; `rated_at` and `watched_at` may be unknown."""

    key: str
    title: str
    kind: str
    year: int | None
    ids: tuple[str, ...]
    where: str
    rating: float | None
    rated_at: datetime | None
    watched_at: datetime | None


def speaks_of_titles(value: object) -> bool:
    """Say whether a value has the shape of an entry."""
    return isinstance(value, dict) and any(name in value for name in _SUBJECTS)


def told_by(value: object, where: str, latest_year: int) -> Told | Left:
    """Return what an entry says.

    Raises
    ------
    FieldError
        Where it says what cannot be.
    """
    if not isinstance(value, dict):
        raise FieldError("is no object, as every entry of an export is; leave it out")
    name = _subject(value)
    if name in _PARTS:
        return Left.PART
    rated = _rating(value.get("rating"))
    plays = _whole(value.get("plays"), "plays") or 0
    watched_at = _moment(value, "last_watched_at", latest_year)
    watched_at = watched_at or _moment(value, "watched_at", latest_year)
    is_viewed = plays > 0 or any(value.get(one) for one in ("last_watched_at", "watched_at"))
    if name not in _KINDS or (rated is None and not is_viewed):
        return Left.UNTOLD
    if rated is None and name == "show":
        return Left.BEGUN
    title = value.get(name)
    if not isinstance(title, dict):
        raise FieldError(f"its {name!r} is no object; export it once more")
    kind, ids = _KINDS[name], _ids(title)
    called, year = fields.title(_text(title.get("title"), "title")), _year(title, latest_year)
    return Told(
        key=_key(kind, ids, called, year),
        title=called,
        kind=kind,
        year=year,
        ids=_shared(kind, ids),
        where=where,
        rating=rated,
        rated_at=_moment(value, "rated_at", latest_year),
        watched_at=watched_at,
    )


def _subject(value: dict[str, Any]) -> str:
    """Return what an entry is about: the word of its type, or else what it holds."""
    given = _text(value.get("type"), "type")
    if given:
        return given
    parts_first = (*_PARTS, *_KINDS)
    found = next((name for name in parts_first if name in value), None)
    if found is None:
        raise FieldError("names neither a film nor a series; leave it out")
    return found


def _rating(value: object) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # A number that is none compares as false with everything.
    if not is_number or not 0 <= value <= SCALES["trakt"]:  # type: ignore[operator]  # see above
        raise FieldError(f"rating is not a number from 0 to {SCALES['trakt']:g}; correct it")
    return float(value) or None  # type: ignore[arg-type]  # a number by now


def _whole(value: object, name: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _HIGHEST_ID:
        raise FieldError(f"{name} is no whole number that can be; correct it or leave it out")
    return value


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FieldError(f"{name} is no text; correct it or leave it out")
    return value


def _moment(value: dict[str, Any], name: str, latest_year: int) -> datetime | None:
    return moment(_text(value.get(name), name), latest_year, name)


def _year(title: dict[str, Any], latest_year: int) -> int | None:
    value = title.get("year")
    return fields.year(
        value if isinstance(value, str) else str(_whole(value, "year") or ""), latest_year
    )


def _ids(title: dict[str, Any]) -> dict[str, str]:
    """Return the ids that are told, each as text."""
    value = title.get("ids")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FieldError("ids are no object; correct them or leave them out")
    found = {}
    for name in (*_IDS, "trakt", "slug"):
        given = value.get(name)
        plain = given if isinstance(given, str) else str(_whole(given, f"the id of {name}") or "")
        if plain := fields.clean(plain, _LONGEST_SLUG):
            found[name] = plain
    return found


def _shared(kind: str, ids: dict[str, str]) -> tuple[str, ...]:
    """Return the ids that mean the same title whoever says them."""
    found = []
    for name in _IDS:
        shared = fields.external_id(f"{name}:{ids[name]}", kind, name) if name in ids else None
        if shared and (name != "imdb" or _IMDB.fullmatch(shared)):
            found.append(shared)
    return tuple(found)


def _key(kind: str, ids: dict[str, str], title: str, year: int | None) -> str:
    own = ids.get("trakt") or ids.get("slug")
    return f"trakt:{kind}:{own}" if own else film_key(f"trakt:{kind}", title, year)
