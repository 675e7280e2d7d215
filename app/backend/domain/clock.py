"""Time as something that is handed over. Always UTC."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the current time. Only the edges hand this over; rooms take a `Clock`."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """Read a moment that a database returned without its zone as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def day_number(moment: datetime) -> int:
    """Return the day of a moment, in UTC, counted from 1970-01-01.

    Examples
    --------
    >>> day_number(datetime(1970, 1, 2, 23, 59, tzinfo=UTC))
    1
    """
    return max(0, (as_utc(moment).date() - date(1970, 1, 1)).days)
