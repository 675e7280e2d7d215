"""What Jellyfin answers, taken apart."""

from collections.abc import Sequence
from typing import Final

from app.backend.sources.server_answers import Answers, word
from app.backend.sources.server_paging import Rows

_ANSWERS: Final = Answers("Jellyfin")

an_object: Final = _ANSWERS.an_object
a_list: Final = _ANSWERS.a_list
malformed: Final = _ANSWERS.malformed
empty: Final = _ANSWERS.empty


def items(value: object) -> Sequence[object]:
    """Return the items of a page.

    Raises
    ------
    SourceMalformed
        Where it is no page.
    """
    return a_list(an_object(value).get("Items"))


def rows_of(value: object) -> Rows:
    """Return the items of a page, and how many there are in all.

    Raises
    ------
    SourceMalformed
        Where it is no page, or does not tell how many there are.
    """
    rows, total = items(value), an_object(value).get("TotalRecordCount")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise malformed("does not tell how many titles it has")
    return rows, total


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
