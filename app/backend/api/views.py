"""What the pages show: facts put into the words and shapes of the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.evening import StoredPick, StoredSlate
from app.backend.domain.title import Title
from app.backend.features.genres import display_name, normalise
from app.backend.features.rules import default_rules
from app.backend.ranking.candidates import (
    LENGTH_UNKNOWN,
    NOT_AGAIN,
    TOO_LONG,
    VETO,
    WATCHED_LATELY,
)

HUES: Final = (
    "documentary",
    "scifi",
    "romance",
    "family",
    "thriller",
    "action",
    "comedy",
    "drama",
)
FRESH_FOR: Final = timedelta(hours=6)

_COMPANY: Final = {"solo": "on your own", "couple": "for two", "group": "in a group"}
_LEFT_OUT: Final = {
    TOO_LONG: ("is too long", "are too long"),
    LENGTH_UNKNOWN: ("has no known length", "have no known length"),
    WATCHED_LATELY: ("was watched lately", "were watched lately"),
    NOT_AGAIN: ("was not to be watched again", "were not to be watched again"),
    VETO: ("is not for everybody present", "are not for everybody present"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen on the form."""

    mood: str = MOODS[0]
    group_size: str = GROUP_SIZES[1]
    session_length: str = SESSION_LENGTHS[1]

    @classmethod
    def remembered(cls, text: str | None) -> "Choices":
        """Read the choices that a browser remembers; anything odd means the usual ones."""
        parts = (text or "").split(".")
        if len(parts) != 3 or parts[0] not in MOODS:
            return cls()
        if parts[1] not in GROUP_SIZES or parts[2] not in SESSION_LENGTHS:
            return cls()
        return cls(*parts)

    def to_remember(self) -> str:
        """Write the choices for a browser to remember."""
        return f"{self.mood}.{self.group_size}.{self.session_length}"


@dataclass(frozen=True, slots=True)
class PickView:
    """A pick as a card."""

    recommendation_id: int
    title: str
    year: int | None
    kind_label: str
    minutes_label: str
    ends_label: str | None
    age_rating: str | None
    genres: tuple[str, ...]
    reasons: tuple[str, ...]
    confidence: str
    hue: str
    initials: str
    watched: bool


@dataclass(frozen=True, slots=True)
class SlateView:
    """A slate as the page shows it: one lead pick and the others."""

    lead: PickView
    others: tuple[PickView, ...]
    heading: str
    served_by: str
    left_out: str | None


def choice_lists() -> dict[str, list[Choice]]:
    """Return the radio buttons of the form."""
    return {
        "moods": [Choice(mood, mood.capitalize()) for mood in MOODS],
        "groups": [Choice(size, size.capitalize()) for size in GROUP_SIZES],
        "sessions": [Choice(one, one.capitalize(), _time(one)) for one in SESSION_LENGTHS],
    }


def slate_view(slate: StoredSlate, served_by: str, now: datetime) -> SlateView:
    """Show a slate; when it ends is told only while it is fresh."""
    start = now if now - slate.requested_at < FRESH_FOR else None
    picks = [pick_view(pick, start) for pick in slate.picks]
    company = _COMPANY.get(slate.group_size, "")
    return SlateView(
        lead=picks[0],
        others=tuple(picks[1:]),
        heading=f"For a {slate.mood} evening {company}, {_time(slate.session_length)}",
        served_by=served_by,
        left_out=left_out_sentence(slate.left_out),
    )


def pick_view(pick: StoredPick, start: datetime | None) -> PickView:
    """Show a pick as a card."""
    genres = normalise(pick.genres)
    return PickView(
        recommendation_id=pick.recommendation_id,
        title=pick.title,
        year=pick.year,
        kind_label=kind_label(pick.kind),
        minutes_label=minutes_label(pick.minutes, pick.kind),
        ends_label=_ends(start, pick),
        age_rating=pick.age_rating,
        genres=tuple(display_name(genre) for genre in genres.known),
        reasons=pick.reasons,
        confidence=_confidence(pick.probability),
        hue=next((hue for hue in HUES if hue in genres.known), "other"),
        initials="".join(word[0] for word in pick.title.split() if word[0].isalnum())[:2].upper(),
        watched=pick.watched_at is not None,
    )


def left_out_sentence(left_out: Mapping[str, int]) -> str | None:
    """Say what kept how many titles out."""
    told = left_out_reasons(left_out)
    return None if not told else "Left out: " + "; ".join(told) + "."


def left_out_reasons(left_out: Mapping[str, int]) -> list[str]:
    """Say for each reason how many titles it kept out."""
    return [
        f"{count} {'title' if count == 1 else 'titles'} {_LEFT_OUT[reason][count != 1]}"
        for reason, count in left_out.items()
        if reason in _LEFT_OUT
    ]


def title_row(title: Title) -> dict[str, Any]:
    """Show a title as a row of the library."""
    return {
        "title": title.title,
        "year": title.year,
        "kind_label": kind_label(title.kind),
        "minutes_label": minutes_label(title.minutes, title.kind),
        "genres": [display_name(genre) for genre in title.genres],
    }


def genre_bars(genres: Sequence[tuple[str, int]], titles: int) -> list[dict[str, Any]]:
    """Show how many titles have each genre, as a share of the library in percent."""
    return [
        {"name": name, "count": count, "share": round(100 * count / max(titles, 1))}
        for name, count in genres
    ]


def kind_label(kind: str) -> str:
    """Name a kind of title."""
    return "Series" if kind == "series" else "Film"


def minutes_label(minutes: float | None, kind: str) -> str:
    """Say how long one sitting is."""
    if minutes is None:
        return "length unknown"
    return f"about {round(minutes)} min an episode" if kind == "series" else f"{round(minutes)} min"


def moment_label(moment: datetime) -> str:
    """Say a moment in the time zone of this machine."""
    return f"{moment.astimezone():%d %b %Y, %H:%M}"


def _time(session_length: str) -> str:
    limit = default_rules().limit_minutes.get(session_length)
    return f"up to {limit} minutes" if limit else "as long as you like"


def _ends(start: datetime | None, pick: StoredPick) -> str | None:
    if start is None or pick.minutes is None:
        return None
    return f"ends about {(start + timedelta(minutes=pick.minutes)).astimezone():%H:%M}"


def _confidence(probability: float) -> str:
    if probability >= 0.7:
        return "a safe choice"
    return "a good chance" if probability >= 0.5 else "worth a try"
