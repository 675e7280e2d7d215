"""Fields of a message that a media server sends: templates make texts of numbers and of yes and no.

What is missing, or of another type, is not told; only what is no message at all is an error.
"""

import html
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from app.backend.domain.errors import BodyTooLarge, SourceMalformed
from app.backend.sources import fields
from app.backend.sources.json_fields import is_number

MOST_BYTES: Final = 2**20
# From here on something counts as played to its end, as both kinds of server have it.
WATCHED_SHARE: Final = 0.9
HIGHEST_RATING: Final = 10.0
_LONGEST: Final = 300
_HIGHEST: Final = 1e18


def message(body: bytes, called: str, advice: str) -> dict[str, Any]:
    """Return the JSON object that a message is, whatever its sender called its type.

    Raises
    ------
    BodyTooLarge
        Where it is longer than any message.
    SourceMalformed
        Where it is none; `called` sends it, and `advice` says how to have it sent.
    """
    if len(body) > MOST_BYTES:
        raise BodyTooLarge(f"The message is larger than {MOST_BYTES} bytes; send less.")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise SourceMalformed(f"That is no message of {called}, which is a JSON object; {advice}.")
    return told


def part(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object; empty where it is not told."""
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def word(told: Mapping[str, Any], name: str) -> str:
    """Return a short text, or a number as text; empty where it is not told.

    Examples
    --------
    >>> word({"Name": " Tom &amp; Jerry "}, "Name"), word({"id": 7}, "id"), word({}, "id")
    ('Tom & Jerry', '7', '')
    """
    found = told.get(name)
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < _HIGHEST:
        found = str(found)
    # Templates escape what they fill in, as if for a page.
    return fields.clean(html.unescape(found), _LONGEST) if isinstance(found, str) else ""


def is_said(told: Mapping[str, Any], name: str) -> bool:
    """Say whether something is told to be so.

    Examples
    --------
    >>> [is_said({"Played": one}, "Played") for one in (True, "True", "true", "False", 1, None)]
    [True, True, True, False, False, False]
    """
    found = told.get(name)
    return found is True or (isinstance(found, str) and found.strip().casefold() == "true")


def figure(told: Mapping[str, Any], name: str) -> float | None:
    """Return a number that is not below 0, `None` where none is told.

    Examples
    --------
    >>> [figure({"year": one}, "year") for one in ("1995", 1995, "", None)]
    [1995.0, 1995.0, None, None]
    """
    found = told.get(name)
    if isinstance(found, str):
        return fields.number(fields.clean(found, _LONGEST))
    return float(found) if is_number(found) and 0 <= found < _HIGHEST else None


def rating(told: Mapping[str, Any], name: str) -> float | None:
    """Return a rating of at most 10; nothing, 0, and what can be none mean that nobody rated."""
    found = figure(told, name)
    return found if found and found <= HIGHEST_RATING else None


def year(told: Mapping[str, Any], name: str) -> int | None:
    """Return a year, `None` where none is told."""
    found = figure(told, name)
    return int(found) if found and found < 10_000 else None


def is_finished(position: float | None, length: float | None) -> bool:
    """Say whether so much of something was played that it counts as watched."""
    return bool(position and length) and (position or 0.0) >= WATCHED_SHARE * (length or 0.0)


def external_ids(given: Mapping[str, str], kind: str) -> tuple[str, ...]:
    """Return ids that mean a title everywhere, by who gives them; what can be none is left out.

    Examples
    --------
    >>> external_ids({"imdb": "tt0113277", "tmdb": "949", "tvdb": ""}, "movie")
    ('imdb:tt0113277', 'tmdb:movie:949')
    """
    found = list[str | None]()
    for provider, value in given.items():
        with suppress(fields.FieldError):
            found.append(fields.external_id(value, kind, provider))
    return tuple(dict.fromkeys(filter(None, found)))
