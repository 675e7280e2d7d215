"""Picks as cards, in the words of the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.backend.api.choices_view import label, time_label
from app.backend.api.left_out_view import left_out_reasons
from app.backend.api.poster_view import Poster, picture_path, poster_of
from app.backend.api.source_names import source_name
from app.backend.api.tongue import Tongue
from app.backend.domain.context import ANY_MOOD
from app.backend.domain.evening import StoredPick, StoredSlate
from app.backend.features.genres import display_name, normalise
from app.backend.workflows.ranked import SURPRISE_NAME
from app.backend.workflows.standings import Whereabouts

FRESH_FOR: Final = timedelta(hours=6)
_SAFE: Final = 0.7
_GOOD: Final = 0.5


@dataclass(frozen=True, slots=True)
class PickView:
    """A pick as a card; it ends after so many `minutes`, which is told only while it is fresh.

    `picture` is the path of its real poster, `opens` its page at the media server `opens_in`.
    """

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
    picture: str | None
    opens: str | None
    opens_in: str


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


def slate_view(
    slate: StoredSlate,
    served_by: str,
    now: datetime,
    tongue: Tongue,
    places: Mapping[int, Whereabouts],
) -> SlateView:
    """Show a slate; when it ends is told only while it is fresh.

    Parameters
    ----------
    slate : StoredSlate
    served_by : str
        Who picked, in a sentence.
    now : datetime
    tongue : Tongue
    places : mapping of int to Whereabouts
        Where its titles stand at media servers, by their ids.
    """
    start = now if now - slate.requested_at < FRESH_FOR else None
    picks = [pick_view(pick, start, tongue, places.get(pick.media_id)) for pick in slate.picks]
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


def pick_view(
    pick: StoredPick, start: datetime | None, tongue: Tongue, place: Whereabouts | None
) -> PickView:
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
        picture=picture_path(pick.media_id, place),
        opens=None if place is None else place.link,
        opens_in="" if place is None else source_name(place.kind, tongue),
    )


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


def _ends(start: datetime | None, pick: StoredPick, tongue: Tongue) -> str | None:
    if start is None or pick.minutes is None:
        return None
    return tongue.clock(start + timedelta(minutes=pick.minutes))


def _confidence(probability: float, tongue: Tongue) -> str:
    _ = tongue.gettext
    if probability >= _SAFE:
        return _("A safe choice")
    return _("A good chance") if probability >= _GOOD else _("Worth a try")
