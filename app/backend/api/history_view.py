"""The history in the words of its page: days, and what was said of each pick."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from app.backend.api.choices_view import label, time_label
from app.backend.api.messages import N_
from app.backend.api.pick_view import kind_label
from app.backend.api.tongue import Tongue
from app.backend.domain.evidence import ELSEWHERE_POLICY, QUICK_TASTE_POLICY
from app.backend.domain.history import FILTERS, Entry, Said
from app.backend.domain.signals import SEEN

NAMES: Final = {
    "all": N_("Everything"),
    "watched": N_("Watched"),
    "rated": N_("Rated"),
    "aside": N_("Set aside"),
}
# What is said in place of the evening that entries were picked for, where there was none.
NOT_OF_AN_EVENING: Final = {
    QUICK_TASTE_POLICY: N_("Quick taste"),
    ELSEWHERE_POLICY: N_("Watched elsewhere"),
}
SIGNALS: Final = {
    "not_tonight": N_("Not tonight"),
    "never": N_("Never again suggested"),
    "seen": N_("Already seen"),
}


def filters(chosen: str, tongue: Tongue) -> list[dict[str, Any]]:
    """Return the ways to look at the history, and which one is taken."""
    return [
        {"value": one, "label": tongue.gettext(NAMES[one]), "is_chosen": one == chosen}
        for one in FILTERS
    ]


def days(entries: Sequence[Entry], edited: int | None, tongue: Tongue) -> list[dict[str, Any]]:
    """Return the entries by the day on which they were shown, the newest first."""
    dated = groupby(entries, key=lambda entry: entry.shown_at.astimezone().date())
    return [
        {"day": day, "entries": [_entry(one, edited, tongue) for one in found]}
        for day, found in dated
    ]


def _entry(entry: Entry, edited: int | None, tongue: Tongue) -> dict[str, Any]:
    is_taste = entry.policy == QUICK_TASTE_POLICY
    signal = SIGNALS.get(entry.signal or "")
    return {
        "recommendation_id": entry.recommendation_id,
        "slate_id": None if entry.policy in NOT_OF_AN_EVENING else entry.slate_id,
        "title": entry.title,
        "year": entry.year,
        "kind_label": kind_label(entry.kind, tongue),
        "context": _context(entry, tongue),
        "members": entry.members,
        # When a title was ticked says nothing of when it was watched.
        "watched_at": None if is_taste else entry.watched_at,
        "is_watched_alone": entry.watched_at is not None and not entry.verdicts,
        "is_dismissed": entry.dismissed_at is not None and not entry.verdicts,
        "is_asked": entry.watched_at is not None or entry.signal == SEEN,
        "signal": entry.signal,
        "signal_label": None if signal is None else tongue.gettext(signal),
        "verdicts": [_verdict(said, tongue) for said in entry.verdicts],
        "is_open": entry.recommendation_id == edited,
        "form": _form(entry),
    }


def _context(entry: Entry, tongue: Tongue) -> list[str]:
    if entry.policy in NOT_OF_AN_EVENING:
        return [tongue.gettext(NOT_OF_AN_EVENING[entry.policy])]
    return [
        label(entry.mood, tongue),
        label(entry.group_size, tongue),
        time_label(entry.session_length, tongue),
    ]


def _verdict(said: Said, tongue: Tongue) -> dict[str, Any]:
    _ = tongue.gettext
    return {
        "feedback_id": said.feedback_id,
        "rating": said.rating,
        "stars_label": _("%(stars)s of 5") % {"stars": said.rating},
        "again_label": _("would watch again") if said.would_watch_again else _("not again"),
        "member": said.member,
        "at": said.at,
    }


def _form(entry: Entry) -> dict[str, Any]:
    """Return what the form of a verdict begins with: the last one said."""
    last = entry.verdicts[-1] if entry.verdicts else None
    return {
        "recommendation_id": entry.recommendation_id,
        "rating": None if last is None else last.rating,
        "again": None if last is None else ("yes" if last.would_watch_again else "no"),
        "member": None if last is None else last.member,
        "member_id": None if last is None else last.member_id,
    }
