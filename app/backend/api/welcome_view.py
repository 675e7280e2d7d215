"""What the pages of the first run show: cards to tick, and how far one has come."""

from dataclasses import dataclass
from typing import Final

from app.backend.api.messages import N_
from app.backend.api.pick_view import kind_label
from app.backend.api.poster_view import Poster, poster_of
from app.backend.api.tongue import Tongue
from app.backend.domain.title import Title

STEPS: Final = (("titles", N_("Titles")), ("taste", N_("Taste")), ("tonight", N_("Tonight")))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the first run: before, at, or after where the reader is."""

    name: str
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Card:
    """A title to tick. `is_ticked` holds while the page comes back with something to mend."""

    media_id: int
    title: str
    year: int | None
    kind_label: str
    poster: Poster
    is_ticked: bool


def steps(here: str, tongue: Tongue) -> list[Step]:
    """Return the steps, as seen from one of them."""
    at = [name for name, _ in STEPS].index(here)
    states = ["done"] * at + ["here"] + ["ahead"] * (len(STEPS) - at - 1)
    return [
        Step(name, tongue.gettext(label), state)
        for (name, label), state in zip(STEPS, states, strict=True)
    ]


def card(title: Title, ticked: frozenset[int], tongue: Tongue) -> Card:
    """Show a title as a card to tick."""
    return Card(
        media_id=title.id,
        title=title.title,
        year=title.year,
        kind_label=kind_label(title.kind, tongue),
        poster=poster_of(title.title, title.genres),
        is_ticked=title.id in ticked,
    )
