"""What Plex answers, taken apart."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.backend.domain.media_server import ServerLibrary, ServerUser
from app.backend.sources.plex_items import plain_id, whole
from app.backend.sources.server_answers import Answers, word
from app.backend.sources.server_paging import Rows

_ANSWERS: Final = Answers("Plex")
# What the kinds of libraries that hold titles call their items in a query.
TYPES: Final = {"movie": 1, "show": 2}

malformed: Final = _ANSWERS.malformed
empty: Final = _ANSWERS.empty


def container(value: object) -> Mapping[str, Any]:
    """Return what an answer holds.

    Raises
    ------
    SourceMalformed
        Where it is none of Plex's.
    """
    return _ANSWERS.an_object(_ANSWERS.an_object(value).get("MediaContainer"))


def items(value: object) -> Sequence[object]:
    """Return the items that were answered.

    Raises
    ------
    SourceMalformed
        Where it is no answer with items.
    """
    return _listed(container(value), "Metadata")


def page(value: object, start: int, limit: int) -> Rows:
    """Return the items of a page, and how many there are in all.

    Plex tells how many there are where it answers by the page; where it does not, all are there.

    Raises
    ------
    SourceMalformed
        Where it is no page.
    """
    rows, total = items(value), whole(container(value), "totalSize")
    return (rows[start : start + limit], len(rows)) if total is None else (rows, total)


def sections(value: object) -> dict[ServerLibrary, int]:
    """Return the libraries of films and of series, each with the type of its items."""
    found = {}
    for one in map(_ANSWERS.an_object, _listed(container(value), "Directory")):
        kind, key = word(one, "type"), plain_id(one.get("key"))
        if kind not in TYPES:
            continue
        if key is None:
            raise malformed("does not tell the number of a library")
        found[ServerLibrary(key, word(one, "title") or key)] = TYPES[kind]
    return found


def accounts(value: object) -> list[ServerUser]:
    """Return the accounts of a server; the one with the number 0 stands for nobody."""
    found = []
    for one in map(_ANSWERS.an_object, _listed(container(value), "Account")):
        user_id = plain_id(one.get("id"))
        if user_id is not None:
            found.append(ServerUser(user_id, word(one, "name") or user_id))
    return found


def _listed(told: Mapping[str, Any], name: str) -> Sequence[object]:
    """Return a list; where nothing is in it, Plex leaves it out."""
    return _ANSWERS.a_list(told.get(name, []))
