"""What the page Settings shows: people, when training starts, where things are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.backend.api.messages import N_
from app.backend.api.tongue import Tongue
from app.backend.workflows.people import HIGHEST_AGE_LIMIT, Person
from app.backend.workflows.training_options import Schedule

ROLES: Final = {
    "viewer": N_("Viewer: chooses, watches, rates, and looks at everything."),
    "trainer": N_("Trainer: also brings titles, trains, promotes and rolls back."),
    "owner": N_("Owner: also says who may do what."),
}
SCOPES: Final = {
    "watch": N_("ask, watch and rate"),
    "predict": N_("judge titles"),
    "read": N_("look at everything"),
    "train": N_("bring titles and train"),
    "release": N_("decide what serves"),
    "manage": N_("say who may do what"),
}
# Those of the FSK; any other number of years can be typed.
USUAL_LIMITS: Final = (0, 6, 12, 16, 18)


def people_view(people: Sequence[Person], gone: Sequence[Person]) -> dict[str, Any]:
    """Return who is here, who has left, and what an age limit can be."""
    return {
        "people": people,
        "gone": gone,
        "usual_limits": USUAL_LIMITS,
        "highest_limit": HIGHEST_AGE_LIMIT,
    }


def schedule_view(schedule: Schedule, now: datetime, tongue: Tongue) -> dict[str, Any]:
    """Return when training starts by itself; the time of day in UTC, and as it is here."""
    at = schedule.nightly_at
    local = None if at is None else tongue.clock(datetime.combine(now.date(), at, tzinfo=UTC))
    return {
        "after_feedbacks": schedule.after_feedbacks,
        "nightly_at": "" if at is None else f"{at:%H:%M}",
        "nightly_here": local,
        "is_fixed": schedule.is_fixed,
    }


def named(names: Sequence[str], words: dict[str, str], tongue: Tongue) -> list[dict[str, str]]:
    """Return roles or scopes with what they mean."""
    return [{"value": name, "label": tongue.gettext(words.get(name, name))} for name in names]
