"""The page Tonight: the choices, the picks, and what is said of them instead of watching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Cookie, Form, Query, Request, Response
from pydantic import BaseModel, Field

from app.backend.api.addresses import led_to
from app.backend.api.choices_view import Choices, choice_lists, resolved
from app.backend.api.cookies import remember
from app.backend.api.dependencies import DeskDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.left_out_view import nothing_view
from app.backend.api.messages import N_
from app.backend.api.pick_view import slate_view
from app.backend.api.question_view import questions
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, TongueDep
from app.backend.domain.context import AskedMood, GroupSize, SessionLength
from app.backend.domain.errors import LibraryEmpty, NothingFits
from app.backend.domain.evening import StoredPick, StoredSlate
from app.backend.domain.randomness import fresh_seed
from app.backend.domain.signals import SEEN, SignalKind
from app.backend.store.session import ReadSession
from app.backend.workflows import browse, feedback, notices, people, recommend, signals
from app.backend.workflows.standings import Whereabouts, whereabouts

router = APIRouter(route_class=Guarded, include_in_schema=False)

REMEMBER: Final = "encore_choices"
NOTICES: Final = {
    "chosen": N_("Enjoy. Encore will ask how it was."),
    "saved": N_("Thank you. The next training will learn from it."),
    "dismissed": N_("Encore will not ask about it again."),
    "not_tonight": N_("Not tonight, then. It may come back tomorrow."),
    "never": N_("It will not be suggested again. The library can show it again."),
    "seen": N_("Noted. Say how it was, if you like."),
    "taken-back": N_("Taken back."),
    "tasted": N_("Noted. Your first picks will show it."),
}

Number = Annotated[int, Form(ge=1, le=2**53)]
SlateId = Annotated[int | None, Form(ge=1, le=2**53)]


class Asked(BaseModel):
    """What the form of the choices says; `members` are ids."""

    mood: AskedMood
    group_size: GroupSize | Literal["auto"]
    session_length: SessionLength
    members: list[Annotated[int, Field(ge=1, le=2**53)]] = Field(default=[], max_length=20)
    surprise: bool = False
    with_seen: bool = False
    instead_of: int | None = Field(default=None, ge=1, le=2**53)

    @property
    def choices(self) -> Choices:
        """The choices, whoever is here."""
        ticked = tuple(dict.fromkeys(self.members))
        return Choices(self.mood, self.group_size, self.session_length, ticked, self.with_seen)


@dataclass(frozen=True, slots=True)
class _Home:
    """What the page shows: who is here, what is asked, and the slate, where there is one."""

    people: list[people.Person]
    pending: list[StoredPick]
    told: Mapping[int, notices.Prefilled]
    demo: bool
    has_seen: bool
    slate: StoredSlate | None
    places: Mapping[int, Whereabouts]

    @classmethod
    def read(cls, session: ReadSession, slate_id: int | None = None) -> "_Home":
        slate = None if slate_id is None else browse.slate(session, slate_id)
        pending = browse.unanswered(session)
        picks = () if slate is None else slate.picks
        return cls(
            people.everybody(session),
            pending,
            notices.prefilled(session, pending),
            browse.is_demo(session),
            browse.has_seen_elsewhere(session),
            slate,
            whereabouts(session, [pick.media_id for pick in picks]),
        )


@router.get("/")
def tonight(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    slate: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    notice: Annotated[str | None, Query(max_length=20)] = None,
    encore_choices: Annotated[str | None, Cookie()] = None,
) -> Response:
    """Show the three choices, what is to be rated, and the slate that was asked for."""
    with household.database.reading() as session:
        if not browse.has_titles(session):
            return led_to(request, "/welcome")
        home = _Home.read(session, slate)
    choices = Choices.remembered(encore_choices, home.people)
    if home.slate is not None:
        choices = choices.of_slate(home.slate, home.people)
    page = _page(home, choices, household.clock(), tongue)
    told = NOTICES.get(notice or "")
    page["notice"] = None if told is None else tongue.gettext(told)
    return render(request, "tonight.html", page)


@router.post("/tonight")
def ask(
    request: Request,
    household: HouseholdDep,
    desk: DeskDep,
    tongue: TongueDep,
    said: Annotated[Asked, Form()],
) -> Response:
    """Draw a slate and show it; where nothing fits, say what excluded how many."""
    with household.database.reading() as session:
        here = people.everybody(session)
    choices = said.choices.among(here, without=said.group_size)
    try:
        slate_id = desk.slate_for_thread(_evening(said, choices, here)).slate_id
    except (LibraryEmpty, NothingFits) as error:
        with household.database.reading() as session:
            home = _Home.read(session)
        page = _page(home, choices, household.clock(), tongue)
        page["nothing"] = nothing_view(error, said.session_length, tongue)
        page["again"] = {"instead_of": said.instead_of, "surprise": said.surprise}
        return render(request, "tonight.html", page, error.status)
    answer = led_to(request, f"/?slate={slate_id}#picks-heading")
    remember(request, answer, REMEMBER, choices.to_remember(here))
    return answer


@router.post("/watched")
def watched(
    request: Request, household: HouseholdDep, recommendation_id: Number, slate: SlateId = None
) -> Response:
    """Note which pick is watched."""
    with household.database.writing() as session:
        feedback.choose(session, recommendation_id, household.clock)
    return _back(request, slate, "chosen", recommendation_id)


@router.post("/signals")
def say_by_page(
    request: Request,
    household: HouseholdDep,
    recommendation_id: Number,
    kind: Annotated[SignalKind, Form()],
    slate: SlateId = None,
) -> Response:
    """Note what is said of a pick instead of watching it."""
    with household.database.writing() as session:
        signals.say(session, recommendation_id, kind, household.clock)
    return _back(request, slate, kind, recommendation_id)


@router.post("/signals/undo")
def take_back_by_page(
    request: Request,
    household: HouseholdDep,
    recommendation_id: Number,
    kind: Annotated[SignalKind, Form()],
    slate: SlateId = None,
) -> Response:
    """Take back what was said of a pick."""
    with household.database.writing() as session:
        signals.take_back(session, recommendation_id, kind, household.clock)
    return _back(request, slate, "taken-back", recommendation_id)


def _back(request: Request, slate: int | None, notice: str, pick: int) -> Response:
    """Lead back to the slate that something was said of, or to the start."""
    if slate is None:
        return led_to(request, f"/?notice={notice}")
    return led_to(request, f"/?slate={slate}&notice={notice}#pick-{pick}")


def _evening(said: Asked, choices: Choices, here: Sequence[people.Person]) -> recommend.Request:
    """Return what is asked for: those who are ticked are named, and are so many."""
    return recommend.Request(
        choices.mood,
        resolved(choices.group_size, choices.members, here),
        choices.session_length,
        members=tuple(person.name for person in here if person.id in choices.members),
        seed=fresh_seed(),
        instead_of=said.instead_of,
        is_surprise=said.surprise,
        with_seen=said.with_seen,
    )


def _page(home: _Home, choices: Choices, now: datetime, tongue: Tongue) -> dict[str, Any]:
    """Return what the page shows, with a slate or without."""
    slate = home.slate
    # Who has just chosen a title cannot say yet how it was.
    chosen = () if slate is None else [pick for pick in slate.picks if pick.signal != SEEN]
    too_early = {pick.recommendation_id for pick in chosen}
    view = None
    if slate is not None:
        view = slate_view(slate, browse.served_by(slate), now, tongue, home.places)
    return {
        "page": "tonight",
        "demo": home.demo,
        "choices": choices,
        "has_seen": home.has_seen,
        "company": resolved(choices.group_size, choices.members, home.people),
        **choice_lists(home.people, now, tongue),
        "pending": questions(home.pending, home.told, too_early, tongue),
        "slate": view,
        "nothing": None,
        "again": {"instead_of": None, "surprise": False if view is None else view.is_surprise},
        "next": "/" if slate is None else f"/?slate={slate.id}",
    }
