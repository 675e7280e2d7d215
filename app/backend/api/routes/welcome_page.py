"""The first run: bring titles, say what was liked, and go to tonight. Each step can be skipped."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field

from app.backend.api.addresses import led_to
from app.backend.api.dependencies import CallerDep, DeskDep, HouseholdDep, TrainerDep
from app.backend.api.desk import Desk
from app.backend.api.guarded import Guarded
from app.backend.api.messages import N_
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, TongueDep
from app.backend.api.welcome_view import card, steps
from app.backend.domain.errors import Conflict, InvalidInput
from app.backend.domain.evening import LONGEST_NAME
from app.backend.domain.progress import silent
from app.backend.domain.runs import Order
from app.backend.workflows import accounts, browse, demo, people, quick_taste
from app.backend.workflows.household import Household, live_demo
from app.backend.workflows.quick_taste import SIZE, Ticked

router = APIRouter(route_class=Guarded, include_in_schema=False)

NOTICES: Final = {
    "demo": N_("The demo is ready. Its first model is being trained; until then the rules pick."),
    "more": N_("Kept. Here are some more."),
}
MOST_TURNS: Final = 1_000

TitleId = Annotated[int, Field(ge=1, le=2**53)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]


class TasteForm(BaseModel):
    """What the page of titles to tick sends. Who is not among the names can type another."""

    turn: Annotated[int, Field(ge=0, le=MOST_TURNS)] = 0
    shown: Annotated[list[TitleId], Field(max_length=SIZE)] = []
    liked: Annotated[list[TitleId], Field(max_length=SIZE)] = []
    member: Name = ""
    newcomer: Name = ""
    then: Literal["tonight", "others"] = "tonight"

    def ticked(self) -> Ticked:
        """Return what was ticked, and by whom."""
        return Ticked(
            tuple(self.shown), frozenset(self.liked), self.turn, self.member, self.newcomer.strip()
        )


@router.get("/welcome")
def welcome(
    request: Request, household: HouseholdDep, caller: CallerDep, tongue: TongueDep
) -> Response:
    """Show the ways in which titles come here."""
    with household.database.reading() as session:
        context = {
            "page": "welcome",
            "steps": steps("titles", tongue),
            "has_titles": browse.has_titles(session),
            "demo": browse.is_demo(session),
            "is_to_be_owned": caller.kind == "unclaimed" and not accounts.has_owner(session),
        }
    return render(request, "welcome.html", context)


@router.post("/welcome/demo")
def begin_demo(request: Request, household: HouseholdDep, trainer: TrainerDep) -> Response:
    """Fill an empty Encore with the demo, and lead on while its first model is trained."""
    made = live_demo(household, silent, reset=False)
    if made is None:
        # There are titles by now, so this step is done.
        return led_to(request, "/welcome/taste")
    trainer.start(Order(demo.SEED))
    return led_to(request, "/welcome/taste?notice=demo")


@router.get("/welcome/taste")
def taste_page(
    request: Request,
    household: HouseholdDep,
    desk: DeskDep,
    tongue: TongueDep,
    turn: Annotated[int, Query(ge=0, le=MOST_TURNS)] = 0,
    notice: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Show a few known titles to tick."""
    with household.database.reading() as session:
        if not browse.has_titles(session):
            return led_to(request, "/welcome")
    told = NOTICES.get(notice or "")
    page = _taste(household, desk, tongue, TasteForm(turn=turn))
    page["notice"] = None if told is None else tongue.gettext(told)
    return render(request, "taste.html", page)


@router.post("/welcome/taste")
def save_taste(
    request: Request,
    household: HouseholdDep,
    desk: DeskDep,
    tongue: TongueDep,
    said: Annotated[TasteForm, Form()],
) -> Response:
    """Write down what was liked, and lead on: to tonight, or to more titles."""
    wants_others = said.then == "others"
    further = f"/welcome/taste?turn={min(said.turn + 1, MOST_TURNS)}"
    if wants_others and not said.liked:
        return led_to(request, further)
    ticked = said.ticked()
    try:
        shown = desk.consult(lambda ranked, _: quick_taste.impressions(ranked, ticked))
        with household.database.writing() as session:
            schedule = household.training.schedule
            quick_taste.save(session, ticked, shown, household.clock, schedule)
    except (InvalidInput, Conflict) as error:
        page = {**_taste(household, desk, tongue, said), "problem": error.message}
        return render(request, "taste.html", page, error.status)
    return led_to(request, f"{further}&notice=more" if wants_others else "/?notice=tasted")


def _taste(household: Household, desk: Desk, tongue: Tongue, said: TasteForm) -> dict[str, Any]:
    """Return what the page of titles to tick shows."""
    with household.database.reading() as session:
        known, here = quick_taste.rated(session), people.everybody(session)
        is_demo = browse.is_demo(session)
    found = desk.consult(lambda ranked, _: quick_taste.known_titles(ranked, known, said.turn))
    liked = frozenset(said.liked)
    return {
        "page": "welcome",
        "demo": is_demo,
        "problem": None,
        "steps": steps("taste", tongue),
        "turn": said.turn,
        "cards": [card(title, liked, tongue) for title in found.titles],
        "has_others": found.sets > 1,
        "names": [person.name for person in here],
        "member": said.member,
        "newcomer": said.newcomer,
        "longest_name": LONGEST_NAME,
    }
