"""What is remembered of an evening: the slate that was shown, each pick, the verdict on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.backend.domain.title import Title

LONGEST_EVENT_ID: Final = 100
LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class AsKnown:
    """What a model can read of a title, as it was known when the title was shown."""

    kind: str
    year: int | None
    minutes: float | None
    genres: tuple[str, ...]
    community_rating: float | None

    @classmethod
    def of(cls, title: Title) -> "AsKnown":
        """Return what a model can read of a title now."""
        return cls(title.kind, title.year, title.minutes, title.genres, title.community_rating)


@dataclass(frozen=True, slots=True)
class Pick:
    """One impression: a title in its position, the chance it had there, and why it is shown."""

    media_id: int
    position: int
    propensity: float
    probability: float
    reasons: tuple[str, ...]
    features: AsKnown


@dataclass(frozen=True, slots=True)
class ShownSlate:
    """A slate about to be remembered. `left_out` counts excluded titles by reason.

    `instead_of` is the slate that it was asked for in place of.
    """

    requested_at: datetime
    mood: str
    group_size: str
    session_length: str
    context_code: int
    members: tuple[str, ...]
    policy: str
    model_version: str | None
    seed: int
    candidates: int
    left_out: Mapping[str, int]
    picks: tuple[Pick, ...]
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class StoredPick:
    """A pick as it is remembered, with its title as the library has it now.

    `signal` is what stands of it, one of `signals.SIGNAL_KINDS`.
    """

    recommendation_id: int
    media_id: int
    position: int
    propensity: float
    probability: float
    reasons: tuple[str, ...]
    title: str
    kind: str
    year: int | None
    minutes: int | None
    genres: tuple[str, ...]
    age_rating: str | None
    watched_at: datetime | None
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSlate:
    """A slate as it is remembered."""

    id: int
    requested_at: datetime
    mood: str
    group_size: str
    session_length: str
    members: tuple[str, ...]
    policy: str
    model_version: str | None
    seed: int
    candidates: int
    left_out: Mapping[str, int]
    picks: tuple[StoredPick, ...] = field(default=())
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What someone thought of a pick. `event_id` makes saying it twice harmless."""

    recommendation_id: int
    rating: int
    would_watch_again: bool
    member: str | None = None
    event_id: str | None = None
    source: str = "household"


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict as it is remembered; `is_new` says whether this call wrote it."""

    id: int
    recommendation_id: int
    rating: int
    would_watch_again: bool
    member: str | None
    created_at: datetime
    is_new: bool
