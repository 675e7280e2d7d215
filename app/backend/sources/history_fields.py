"""What one field of a history says: a moment, a rating, and which of two entries is the later."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.title import FIRST_YEAR, comparable
from app.backend.sources.fields import FieldError, clean, number, shown

MOST_ENTRIES: Final = 200_000

_LONGEST: Final = 60
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][0-9:.,+Zz-]+)?", re.ASCII)
# What some programs write where they do not know when.
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str, latest: int, name: str) -> datetime | None:
    """Return a moment in UTC, of a day its beginning; `None` for nothing.

    Examples
    --------
    >>> moment("2021-03-04", 2030, "date").isoformat()
    '2021-03-04T00:00:00+00:00'
    >>> moment("1970-01-01T00:00:00.000Z", 2030, "date") is None
    True
    """
    text = clean(text, _LONGEST)
    if not text:
        return None
    found = _read_moment(text)
    if found is None or not FIRST_YEAR <= found.year <= latest:
        raise FieldError(
            f"{name} is {shown(text)}, which is not a date from {FIRST_YEAR} to {latest}; write "
            "one such as 2021-03-04 or leave it empty"
        )
    at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None if at == _NEVER else at


def rating(text: str, scale: float, name: str = "rating") -> float | None:
    """Return a rating as it was written; nothing, or 0, means that nobody rated.

    Examples
    --------
    >>> rating("4.5", 5.0), rating("", 5.0), rating("0", 5.0)
    (4.5, None, None)
    """
    if not clean(text, _LONGEST):
        return None
    value = number(text)
    if value is None or value > scale:
        raise FieldError(
            f"{name} is {shown(text)}, which is not a number from 0 to {scale:g}; correct it or "
            "leave it empty"
        )
    return value or None


def film_key(source: str, title: str, year: int | None) -> str:
    """Return the key of an entry that has no id: its folded name, and its year.

    Examples
    --------
    >>> film_key("letterboxd", " HEAT", 1995)
    'letterboxd:heat|1995'
    """
    return f"{source}:{comparable(title)}|{'' if year is None else year}"


def latest_of_each(entries: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    """Return of each key the last entry in time, in the order in which keys first came."""
    found: dict[str, HistoryEntry] = {}
    for entry in entries:
        known = found.get(entry.key)
        if known is None or is_later(entry.at, known.at):
            found[entry.key] = entry
    return list(found.values())


def is_later(at: datetime | None, than: datetime | None) -> bool:
    """Say whether what is read now is later, or as late; what has no moment is earlier."""
    return than is None or (at is not None and at >= than)


def _read_moment(text: str) -> datetime | None:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
