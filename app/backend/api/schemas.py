"""What goes over the wire: strict, bounded, documented."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.backend.domain.access import NAME_PATTERN
from app.backend.domain.context import AskedMood, GroupSize, SessionLength
from app.backend.domain.evening import LONGEST_EVENT_ID, LONGEST_NAME, StoredSlate
from app.backend.domain.signals import SignalKind
from app.backend.ranking.slate import LARGEST, SMALLEST

DESCRIPTION = """
Encore answers one question for a household with a media library. Ask for a slate, say what was
watched and how it was, train, ask again. Every failure has one shape: a code for programs, a
sentence for people, and details.
"""

# JSON has one kind of numbers alone, exact up to here.
LARGEST_EXACT = 2.0**53


def whole(value: object) -> object:
    """Return a number without a fraction as an integer."""
    is_whole = isinstance(value, float) and abs(value) <= LARGEST_EXACT and value.is_integer()
    return int(value) if is_whole and isinstance(value, float) else value


def written_out(value: object) -> object:
    """Return a moment that is written out: a number of seconds is none.

    Raises
    ------
    ValueError
        Where it is a number.
    """
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("a moment is written 2026-11-23T20:15:00Z")
    return value


WHOLE = BeforeValidator(whole)
Id = Annotated[int, Field(ge=1, le=2**53), WHOLE]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=NAME_PATTERN),
]
EventId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_EVENT_ID, pattern=r"^[\x21-\x7e]+$"),
]


def _undefaulted(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


# What stands in for a field that was not said is nothing that could be sent.
UNSAID: Final = Field(json_schema_extra=_undefaulted)


class Strict(BaseModel):
    """What is sent: nothing else, and of these types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """What is told of something that is remembered, under the names it is remembered by."""

    model_config = ConfigDict(from_attributes=True)


class Problem(BaseModel):
    """What went wrong: a code for programs, a sentence for people, details for both."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorEnvelope(BaseModel):
    """The one shape of every failure."""

    error: Problem


class RecommendationRequest(Strict):
    """What the household says about its evening; any mood is none in particular.

    Of the `members` who are named, the strictest age limit holds; nobody named means no limit.
    `instead_of` is a slate: what it showed is left out, and what those showed that it was itself
    asked for in place of. A `surprise` is drawn by chance from more titles than the best few.
    With `with_seen`, titles may be picked that those present watched elsewhere.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"mood": "funny", "group_size": "couple", "session_length": "short"}]
        },
    )

    mood: AskedMood
    group_size: GroupSize
    session_length: SessionLength
    size: Annotated[int, Field(ge=SMALLEST, le=LARGEST), WHOLE] = 4
    members: Annotated[list[Name], Field(max_length=20)] = []
    seed: Annotated[int, Field(ge=0, lt=2**53), WHOLE] | None = None
    instead_of: Id | None = None
    surprise: bool = False
    with_seen: bool = False


class PickOut(Told):
    """One title of a slate; `minutes` is one sitting. The first position is the lead.

    `watched_at` is when it was chosen; null as long as it was not. `signal` is what was said of it
    instead, and not taken back: `not_tonight`, `never` or `seen`.
    """

    recommendation_id: int
    media_id: int
    position: int
    title: str
    kind: str
    year: int | None
    minutes: int | None
    genres: list[str]
    age_rating: str | None
    probability: float
    propensity: float
    reasons: list[str]
    watched_at: datetime | None
    signal: SignalKind | None


class SlateOut(Told):
    """A slate. `model_version` is null where the rules answered; `served_by` says what did.

    `instead_of` is the slate that it was asked for in place of. `left_out` counts titles by the
    first reason that kept them out.
    """

    id: int
    requested_at: datetime
    mood: str
    group_size: str
    session_length: str
    members: list[str]
    model_version: str | None
    served_by: str
    policy: str
    seed: int
    candidates: int
    left_out: dict[str, int]
    instead_of: int | None
    picks: list[PickOut]

    @classmethod
    def of(cls, slate: StoredSlate, served_by: str) -> "SlateOut":
        """Tell a slate, and what answered."""
        return cls.model_validate({**_attributes(slate), "served_by": served_by})


class FeedbackRequest(Strict):
    """What someone thought of a pick. With `event_id`, sending it twice is harmless."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"recommendation_id": 1, "rating": 5, "would_watch_again": True}]
        },
    )

    recommendation_id: Id
    rating: Annotated[int, Field(ge=1, le=5), WHOLE]
    would_watch_again: bool
    member: Name | None = None
    event_id: EventId | None = None


class FeedbackOut(Told):
    """A verdict as it is kept; `is_new` is false where it was known already."""

    id: int
    recommendation_id: int
    rating: int
    would_watch_again: bool
    member: str | None
    created_at: datetime
    is_new: bool


class ReadyOut(BaseModel):
    """That requests can be answered."""

    status: Literal["ready"]


class HealthOut(BaseModel):
    """Whether the database answers, and what serves: the latter to who may read."""

    status: Literal["ok", "degraded"]
    model_version: str | None
    reason: str | None


def _attributes(slate: StoredSlate) -> dict[str, object]:
    return {field.name: getattr(slate, field.name) for field in fields(slate)}


# What operations answer to a value out of bounds.
WRONG: Final[dict[str, Any]] = {"model": ErrorEnvelope, "description": "A value cannot be."}
