"""Fields of a JSON object that somebody else wrote: absent is nothing, another type is an error."""

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from app.backend.sources.fields import FieldError, shown

# Beyond are infinity and what no float can be; what is not a number is on neither side of it.
_HIGHEST: Final = 1e19


def text(row: Mapping[str, Any], name: str) -> str:
    """Return a text; empty where it is not told.

    Raises
    ------
    FieldError
        Where it is none.
    """
    found = row.get(name)
    if found is None or isinstance(found, str):
        return found or ""
    raise _not_a(name, found, "text")


def words(row: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of texts; empty where it is not told.

    Raises
    ------
    FieldError
        Where it is none.
    """
    found = [] if row.get(name) is None else row[name]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _not_a(name, found, "list of words")
    return found


def an_object(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object; empty where it is not told.

    Raises
    ------
    FieldError
        Where it is none.
    """
    found = row.get(name)
    if found is None or isinstance(found, dict):
        return found or {}
    raise _not_a(name, found, "object")


def objects(row: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects; empty where it is not told.

    Raises
    ------
    FieldError
        Where it is none.
    """
    found = [] if row.get(name) is None else row[name]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _not_a(name, found, "list of objects")
    return found


def number(row: Mapping[str, Any], name: str) -> float | None:
    """Return a number, `None` where it is not told.

    Raises
    ------
    FieldError
        Where it is none.
    """
    found = row.get(name)
    if found is None or (is_number(found) and -_HIGHEST < found < _HIGHEST):
        return found
    raise _not_a(name, found, "number")


def is_number(value: object) -> TypeGuard[int | float]:
    """Say whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _not_a(name: str, found: object, wanted: str) -> FieldError:
    return FieldError(f"{name} is {shown(str(found)[:100])}, which is no {wanted}")
