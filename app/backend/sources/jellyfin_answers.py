"""What Jellyfin answers, taken apart: a document of another shape is named, never guessed at."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.sources import fields

LONGEST_NAME: Final = 200


def an_object(value: object) -> Mapping[str, Any]:
    """Return a JSON object.

    Raises
    ------
    SourceMalformed
        Where it is none.
    """
    if not isinstance(value, dict):
        raise malformed("answered with something else than was asked for")
    return value


def a_list(value: object) -> Sequence[object]:
    """Return a JSON list.

    Raises
    ------
    SourceMalformed
        Where it is none.
    """
    if not isinstance(value, list):
        raise malformed("answered with something else than a list")
    return value


def items(value: object) -> Sequence[object]:
    """Return the items of a page.

    Raises
    ------
    SourceMalformed
        Where it is no page.
    """
    return a_list(an_object(value).get("Items"))


def word(told: Mapping[str, Any], name: str) -> str:
    """Return a short text; empty where it is not told."""
    value = told.get(name)
    return fields.clean(value, LONGEST_NAME) if isinstance(value, str) else ""


def id_and_name(value: object, of_id: str) -> tuple[str, str]:
    """Return the id and the name of an account or a library.

    Raises
    ------
    SourceMalformed
        Where it has no id.
    """
    told = an_object(value)
    found = word(told, of_id).replace("-", "").lower()
    if not found:
        raise malformed("does not tell the id of an account or a library")
    return found, word(told, "Name") or found


def malformed(what: str) -> SourceMalformed:
    """Return the error for an answer that is none of Jellyfin's."""
    return SourceMalformed(
        f"The server {what}; check that the address is that of Jellyfin itself, and that it is not "
        "too old."
    )


def empty() -> SourceMalformed:
    """Return the error for a server without a title."""
    return SourceMalformed(
        "Jellyfin has no film and no series that this key may see; add a library there first."
    )
