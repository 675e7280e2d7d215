"""What is remembered of a pick that something was said of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

Filter: TypeAlias = Literal["all", "watched", "rated", "aside"]
FILTERS: Final[tuple[str, ...]] = get_args(Filter)


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict that counts: the last one of a member, or of the household."""

    feedback_id: int
    rating: int
    would_watch_again: bool
    member_id: int | None
    member: str | None
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A pick that was watched, rated, dismissed, or set aside.

    Attributes
    ----------
    watched_at, dismissed_at : datetime or None
        When it was chosen; when nobody wanted to be asked any more.
    signal : str or None
        What was said of it instead of watching it.
    verdicts : tuple of Said
        One for each member who said something, in the order in which they first did.
    """

    recommendation_id: int
    slate_id: int
    title: str
    year: int | None
    kind: str
    mood: str
    group_size: str
    session_length: str
    members: tuple[str, ...]
    policy: str
    shown_at: datetime
    watched_at: datetime | None
    dismissed_at: datetime | None
    signal: str | None
    verdicts: tuple[Said, ...]
