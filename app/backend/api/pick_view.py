"""Picks as cards, and what kept the other titles out, in the words of the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.backend.api.choices_view import label, time_label
from app.backend.api.poster_view import Poster, poster_of
from app.backend.api.tongue import Tongue
from app.backend.domain.context import ANY_MOOD
from app.backend.domain.errors import EncoreError, LibraryEmpty
from app.backend.domain.evening import StoredPick, StoredSlate
from app.backend.features.genres import display_name, normalise
from app.backend.ranking.candidates import (
    AGE_UNKNOWN,
    LENGTH_UNKNOWN,
    NOT_AGAIN,
    NOT_TONIGHT,
    SEEN_BEFORE,
    SHOWN_TONIGHT,
    TOO_LONG,
    TOO_OLD_FOR,
    VETO,
    WATCHED_LATELY,
    WITHHELD,
)
from app.backend.workflows.ranked import SURPRISE_NAME

FRESH_FOR: Final = timedelta(hours=6)
_SAFE: Final = 0.7
_GOOD: Final = 0.5


@dataclass(frozen=True, slots=True)
class PickView:
    """A pick as a card; it ends after so many `minutes`, which is told only while it is fresh."""

    recommendation_id: int
    title: str
    year: int | None
    kind_label: str
    minutes_label: str
    minutes: int | None
    ends: str | None
    age_rating: str | None
    genres: tuple[str, ...]
    reasons: tuple[str, ...]
    confidence: str
    poster: Poster
    watched: bool
    signal: str | None


@dataclass(frozen=True, slots=True)
class SlateView:
    """A slate as the page shows it: one lead pick and the others."""

    id: int
    lead: PickView
    others: tuple[PickView, ...]
    is_surprise: bool
    facts: tuple[str, ...]
    members: tuple[str, ...]
    served_by: str
    left_out: tuple[str, ...]


def slate_view(slate: StoredSlate, served_by: str, now: datetime, tongue: Tongue) -> SlateView:
    """Show a slate; when it ends is told only while it is fresh."""
    start = now if now - slate.requested_at < FRESH_FOR else None
    picks = [pick_view(pick, start, tongue) for pick in slate.picks]
    return SlateView(
        id=slate.id,
        lead=picks[0],
        others=tuple(picks[1:]),
        is_surprise=slate.policy == SURPRISE_NAME,
        facts=_facts(slate, tongue),
        members=slate.members,
        served_by=tongue.told(served_by),
        left_out=left_out_reasons(slate.left_out, tongue),
    )


def pick_view(pick: StoredPick, start: datetime | None, tongue: Tongue) -> PickView:
    """Show a pick as a card."""
    genres = normalise(pick.genres)
    return PickView(
        recommendation_id=pick.recommendation_id,
        title=pick.title,
        year=pick.year,
        kind_label=kind_label(pick.kind, tongue),
        minutes_label=minutes_label(pick.minutes, pick.kind, tongue),
        minutes=None if start is None else pick.minutes,
        ends=_ends(start, pick, tongue),
        age_rating=pick.age_rating,
        genres=tuple(tongue.gettext(display_name(genre)) for genre in genres.known),
        reasons=tuple(tongue.told(reason) for reason in pick.reasons),
        confidence=_confidence(pick.probability, tongue),
        poster=poster_of(pick.title, genres.known),
        watched=pick.watched_at is not None,
        signal=pick.signal,
    )


def nothing_view(error: EncoreError, session_length: str, tongue: Tongue) -> dict[str, Any]:
    """Show why nothing fits: what excluded how many, and what would help."""
    excluded, would_fit = (_counts(error.details.get(key)) for key in ("excluded", "would_fit"))
    return {
        "message": tongue.told(error.message),
        "reasons": left_out_reasons(excluded, tongue),
        "offers": [
            {"value": length, "label": _offer(length, count, tongue)}
            for length, count in would_fit.items()
            if count and length != session_length
        ],
        "is_shown_before": SHOWN_TONIGHT in excluded,
        "is_empty": isinstance(error, LibraryEmpty),
    }


def left_out_reasons(left_out: Mapping[str, int], tongue: Tongue) -> tuple[str, ...]:
    """Say for each reason how many titles it kept out."""
    told = (_left_out(reason, count, tongue) for reason, count in left_out.items())
    return tuple(sentence for sentence in told if sentence)


def kind_label(kind: str, tongue: Tongue) -> str:
    """Name a kind of title."""
    _ = tongue.gettext
    return _("Series") if kind == "series" else _("Film")


def minutes_label(minutes: float | None, kind: str, tongue: Tongue) -> str:
    """Say how long one sitting is."""
    _ = tongue.gettext
    if minutes is None:
        return _("length unknown")
    told = {"minutes": round(minutes)}
    if kind == "series":
        return _("about %(minutes)s min an episode") % told
    return _("%(minutes)s min") % told


def _facts(slate: StoredSlate, tongue: Tongue) -> tuple[str, ...]:
    """Say what a slate was asked for with."""
    _ = tongue.gettext
    mood = _("Any mood") if slate.mood == ANY_MOOD else label(slate.mood, tongue)
    surprise = (_("A surprise"),) if slate.policy == SURPRISE_NAME else ()
    company, time = label(slate.group_size, tongue), time_label(slate.session_length, tongue)
    return (*surprise, mood, company, time)


def _counts(found: object) -> Mapping[str, int]:
    return found if isinstance(found, dict) else {}


def _ends(start: datetime | None, pick: StoredPick, tongue: Tongue) -> str | None:
    if start is None or pick.minutes is None:
        return None
    return tongue.clock(start + timedelta(minutes=pick.minutes))


def _confidence(probability: float, tongue: Tongue) -> str:
    _ = tongue.gettext
    if probability >= _SAFE:
        return _("A safe choice")
    return _("A good chance") if probability >= _GOOD else _("Worth a try")


def _offer(length: str, n: int, tongue: Tongue) -> str:
    """Offer another length, all of them at once: a catalogue asks for whole sentences."""
    said = {
        "short": tongue.ngettext(
            "%(n)s title would fit a short evening", "%(n)s titles would fit a short evening", n
        ),
        "medium": tongue.ngettext(
            "%(n)s title would fit a medium evening", "%(n)s titles would fit a medium evening", n
        ),
        "binge": tongue.ngettext(
            "%(n)s title would fit a binge", "%(n)s titles would fit a binge", n
        ),
    }
    return said[length] % {"n": tongue.number(n)}


def _left_out(reason: str, n: int, tongue: Tongue) -> str:
    """Say what a reason kept out, all of them at once: a catalogue asks for whole sentences."""
    said = {
        TOO_LONG: tongue.ngettext("%(n)s title is too long", "%(n)s titles are too long", n),
        LENGTH_UNKNOWN: tongue.ngettext(
            "%(n)s title has no known length", "%(n)s titles have no known length", n
        ),
        WATCHED_LATELY: tongue.ngettext(
            "%(n)s title was watched lately", "%(n)s titles were watched lately", n
        ),
        NOT_AGAIN: tongue.ngettext(
            "%(n)s title was not to be watched again",
            "%(n)s titles were not to be watched again",
            n,
        ),
        VETO: tongue.ngettext(
            "%(n)s title is not for everybody present",
            "%(n)s titles are not for everybody present",
            n,
        ),
        NOT_TONIGHT: tongue.ngettext(
            "%(n)s title was put off for tonight", "%(n)s titles were put off for tonight", n
        ),
        SHOWN_TONIGHT: tongue.ngettext(
            "%(n)s title was shown already", "%(n)s titles were shown already", n
        ),
        TOO_OLD_FOR: tongue.ngettext(
            "%(n)s title is above an age limit", "%(n)s titles are above an age limit", n
        ),
        AGE_UNKNOWN: tongue.ngettext(
            "%(n)s title has no readable age rating",
            "%(n)s titles have no readable age rating",
            n,
        ),
        SEEN_BEFORE: tongue.ngettext(
            "%(n)s title was seen before", "%(n)s titles were seen before", n
        ),
        WITHHELD: tongue.ngettext(
            "%(n)s title is not shown to somebody by the media server",
            "%(n)s titles are not shown to somebody by the media server",
            n,
        ),
    }
    return said.get(reason, "") % {"n": tongue.number(n)} if reason in said else ""
