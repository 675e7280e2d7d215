"""Single values of a database made elsewhere, understood as far as they can be; never raises."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from app.backend.domain.evidence import NO_ANSWER, NO_MOMENT
from app.backend.domain.randomness import derived_seed

ANSWERS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("1", "true", "t", "yes", "y"), 1),
    **dict.fromkeys(("0", "false", "f", "no", "n"), 0),
}
# Ids become numbers in X, whose columns hold whole numbers exactly up to here.
LARGEST_KEY: Final = 2**53
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 10_000_000_000


def frozen(value: object) -> object:
    """Return a value that can be a key: a JSON column may arrive parsed."""
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    return value


def key(value: object) -> int:
    """Return an id as an integer: as it is, as it reads, or one that stands for it; none is 0."""
    if isinstance(value, int) and -LARGEST_KEY < value < LARGEST_KEY:
        return value
    if value is None:
        return 0
    try:
        number = int(value) if isinstance(value, float | str | Decimal) else LARGEST_KEY
    except (ValueError, OverflowError):
        number = LARGEST_KEY
    if not isinstance(value, str) and number != value:
        number = LARGEST_KEY  # a fraction names nobody, least of all the whole number below it
    return number if abs(number) < LARGEST_KEY else derived_seed(str(value))


def rating(value: object) -> float:
    """Return a rating as a number, NaN where it is none."""
    try:
        return float(value) if isinstance(value, int | float | str | Decimal) else float("nan")
    except (ValueError, OverflowError):
        return float("nan")


def answer(value: object) -> int:
    """Return 1 for yes, 0 for no, and `NO_ANSWER` for what is neither."""
    if isinstance(value, str):
        word = value.strip().casefold()
        return ANSWERS.get(word, NO_ANSWER)
    return int(value) if isinstance(value, int | float | Decimal) and value in (0, 1) else NO_ANSWER


def moment(value: object) -> int:
    """Return a moment in milliseconds since 1970, `NO_MOMENT` where it is none.

    A number is taken as seconds, or as milliseconds where it is too large for them; what has no
    zone is UTC.

    Examples
    --------
    >>> moment("2026-01-01"), moment("2026-01-01T01:00:00+01:00"), moment(1_767_225_600)
    (1767225600000, 1767225600000, 1767225600000)
    >>> moment("soon") == NO_MOMENT
    True
    """
    if isinstance(value, bool):
        return NO_MOMENT
    if isinstance(value, int | float | Decimal):
        return _from_number(float(value))
    if isinstance(value, str):
        try:
            return moment(datetime.fromisoformat(value.strip()))
        except ValueError:
            return NO_MOMENT
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        return NO_MOMENT
    zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (zoned - _EPOCH) // timedelta(milliseconds=1)


def _from_number(number: float) -> int:
    if not 0 <= number < _LAST_SECOND * 1_000:
        return NO_MOMENT
    return round(number * 1_000 if number < _LAST_SECOND else number)
