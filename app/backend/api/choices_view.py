"""The choices of the page Tonight: what can be chosen, and what a browser remembers."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from app.backend.api.messages import N_
from app.backend.api.tongue import Tongue
from app.backend.domain.context import ANY_MOOD, GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.evening import StoredSlate
from app.backend.features.rules import default_rules
from app.backend.workflows.people import Person

# Company follows from who is ticked.
AUTO: Final = "auto"
COUPLE: Final = 2
ASKED_MOODS: Final = (ANY_MOOD, *MOODS)
LABELS: Final = {
    ANY_MOOD: N_("Any"),
    "funny": N_("Funny"),
    "action": N_("Action"),
    "dramatic": N_("Dramatic"),
    "relaxing": N_("Relaxing"),
    AUTO: N_("As ticked"),
    "solo": N_("Solo"),
    "couple": N_("Couple"),
    "group": N_("Group"),
    "short": N_("Short"),
    "medium": N_("Medium"),
    "binge": N_("Binge"),
}

# Mood, company and time; who was ticked, where there was somebody to tick; and whether what was
# seen elsewhere may be picked too.
_REMEMBERED: Final = re.compile(
    r"([a-z]+)\.([a-z]+)\.([a-z]+)(?:\.((?:[0-9]{1,16}-){0,20}))?(\.seen)?"
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen on the form; `members` are ids.

    With `with_seen` titles may be picked that somebody here has seen elsewhere.
    """

    mood: str = ANY_MOOD
    group_size: str = GROUP_SIZES[1]
    session_length: str = SESSION_LENGTHS[1]
    members: tuple[int, ...] = ()
    with_seen: bool = False

    @classmethod
    def remembered(cls, text: str | None, people: Sequence[Person]) -> "Choices":
        """Read the choices that a browser remembers; anything odd means the usual ones.

        Who left is not ticked. Where nobody could be ticked when the choices were written, company
        follows from who is ticked from now on.
        """
        found = _REMEMBERED.fullmatch(text or "")
        if found is None or not _can_be(*found.groups()[:3]):
            return cls(group_size=AUTO).among(people)
        mood, size, length, ticked, seen = found.groups()
        members = tuple(int(one) for one in (ticked or "").split("-") if one)
        company = AUTO if ticked is None else size
        return cls(mood, company, length, members, seen is not None).among(people, without=size)

    def to_remember(self, people: Sequence[Person]) -> str:
        """Write the choices for a browser to remember."""
        said = f"{self.mood}.{self.group_size}.{self.session_length}"
        ticked = f".{''.join(f'{one}-' for one in self.members)}" if people else ""
        return f"{said}{ticked}{'.seen' if self.with_seen else ''}"

    def among(self, people: Sequence[Person], without: str = AUTO) -> "Choices":
        """Return the choices as they can be among these people.

        Parameters
        ----------
        people : sequence of Person
        without : str
            The company where there is nobody to tick.
        """
        here = {person.id for person in people}
        members = tuple(one for one in self.members if one in here)
        if people:
            return replace(self, members=members)
        return replace(self, members=members, group_size=resolved(without, (), ()))

    def of_slate(self, slate: StoredSlate, people: Sequence[Person]) -> "Choices":
        """Return what a slate was asked for with; company that followed still does."""
        if not _can_be(slate.mood, slate.group_size, slate.session_length):
            return self
        members = tuple(person.id for person in people if person.name in slate.members)
        follows = self.group_size == AUTO and resolved(AUTO, members, people) == slate.group_size
        company = AUTO if follows else slate.group_size
        return replace(
            self,
            mood=slate.mood,
            group_size=company,
            session_length=slate.session_length,
            members=members,
        )


def company_of(count: int) -> str:
    """Say what company so many make.

    Examples
    --------
    >>> company_of(1), company_of(2), company_of(5)
    ('solo', 'couple', 'group')
    """
    if count == 1:
        return "solo"
    return "couple" if count == COUPLE else "group"


def resolved(group_size: str, ticked: Collection[object], people: Sequence[Person]) -> str:
    """Return the company that was said, or as many as are ticked, or everybody where nobody is.

    With nobody to tick, two are taken to watch.
    """
    if group_size != AUTO:
        return group_size
    return company_of(len(ticked) or len(people) or COUPLE)


def choice_lists(people: Sequence[Person], now: datetime, tongue: Tongue) -> dict[str, Any]:
    """Return what can be chosen, for the form."""
    sizes = (AUTO, *GROUP_SIZES) if people else GROUP_SIZES
    return {
        "moods": [_choice(mood, tongue) for mood in ASKED_MOODS],
        "groups": [_choice(size, tongue) for size in sizes],
        "sessions": [_session(length, now, tongue) for length in SESSION_LENGTHS],
        "people": people,
    }


def label(value: str, tongue: Tongue) -> str:
    """Name a choice."""
    return tongue.gettext(LABELS.get(value, value))


def time_label(session_length: str, tongue: Tongue) -> str:
    """Say how long a session may be."""
    limit = default_rules().limit_minutes.get(session_length)
    _ = tongue.gettext
    if limit is None:
        return _("as long as you like")
    return _("up to %(minutes)s min") % {"minutes": limit}


def _can_be(mood: str, size: str, length: str) -> bool:
    is_size = size == AUTO or size in GROUP_SIZES
    return mood in ASKED_MOODS and is_size and length in SESSION_LENGTHS


def _choice(value: str, tongue: Tongue) -> dict[str, Any]:
    return {"value": value, "label": label(value, tongue), "hint": None, "ends": None}


def _session(length: str, now: datetime, tongue: Tongue) -> dict[str, Any]:
    limit = default_rules().limit_minutes.get(length)
    return {
        **_choice(length, tongue),
        "hint": time_label(length, tongue),
        "minutes": limit,
        "ends": None if limit is None else tongue.clock(now + timedelta(minutes=limit)),
    }
