"""How long a series runs where only its episodes tell: as long as one of them typically does."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from statistics import median
from typing import TypeVar

from app.backend.domain.title import TitleRecord
from app.backend.sources.fields import FieldError
from app.backend.sources.library_source import Entry

Episode = TypeVar("Episode")


def with_length(entry: Entry, episode_minutes: Callable[[str], int | None]) -> Entry:
    """Return a series that has no length with that of its episodes; anything else as it is."""
    if not isinstance(entry, TitleRecord) or entry.kind != "series" or entry.minutes:
        return entry
    return entry if entry.item is None else replace(entry, minutes=episode_minutes(entry.item.id))


def typical_minutes(
    episodes: Iterable[Episode], minutes: Callable[[Episode], int | None]
) -> int | None:
    """Return the median of what episodes run; `None` where none of them tells, or tells wrongly.

    Examples
    --------
    >>> typical_minutes([24, 0, 25, 90], lambda told: told or None)
    25
    """
    found = list[int]()
    for episode in episodes:
        with suppress(FieldError):
            if (told := minutes(episode)) is not None:
                found.append(told)
    return int(median(found) + 0.5) if found else None
