"""The page History, and what is said there and on Tonight of how it was."""

from collections.abc import Iterator
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import StreamingResponse

from app.backend.api.addresses import MOST_NEXT, led_to, local_path
from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.history_view import days, filters
from app.backend.api.messages import N_
from app.backend.api.templates import render
from app.backend.api.tongue import TongueDep
from app.backend.domain.evening import Verdict
from app.backend.domain.history import Filter
from app.backend.domain.signals import SignalKind
from app.backend.workflows import browse, feedback, history, people, signals

router = APIRouter(route_class=Guarded, include_in_schema=False)

NOTICES: Final = {
    "saved": N_("Thank you. The next training will learn from it."),
    "dismissed": N_("Encore will not ask about it again."),
    "taken-back": N_("Taken back."),
    "asked": N_("Encore will ask how it was."),
}
MOST_WORDS: Final = 100

Number = Annotated[int, Field(ge=1, le=2**53)]
PickId = Annotated[int, Form(ge=1, le=2**53)]
Next = Annotated[str, Form(alias="next", max_length=MOST_NEXT)]


class VerdictForm(BaseModel):
    """What a form says of a pick; `member` is an id, and nothing where it is everybody's."""

    recommendation_id: Number
    rating: Annotated[int, Field(ge=1, le=5)]
    would_watch_again: bool
    member: Annotated[Number | None, BeforeValidator(lambda said: said or None)] = None
    next: Annotated[str, Field(max_length=MOST_NEXT)] = "/"


class Wanted(BaseModel):
    """Which part of the history is looked at."""

    before: Number | None = None
    show: Filter = "all"
    q: Annotated[str, Field(max_length=MOST_WORDS)] = ""
    edit: Number | None = None
    notice: Annotated[str, Field(max_length=20)] = ""


@router.get("/history")
def history_page(
    request: Request, household: HouseholdDep, tongue: TongueDep, wanted: Annotated[Wanted, Query()]
) -> Response:
    """Show what was suggested, watched, rated and set aside, the newest first."""
    before = wanted.before
    with household.database.reading() as session:
        if wanted.edit is not None and before is None:
            before = history.entry(session, wanted.edit).recommendation_id + 1
        found = history.page(session, before, wanted.show, wanted.q)
        here = people.everybody(session)
        demo = browse.is_demo(session)
    told = NOTICES.get(wanted.notice)
    kept = {"show": wanted.show, "q": wanted.q}
    context: dict[str, Any] = {
        "page": "history",
        "demo": demo,
        "notice": None if told is None else tongue.gettext(told),
        "filters": filters(wanted.show, tongue),
        "show": wanted.show,
        "words": wanted.q,
        "days": days(found.entries, wanted.edit, tongue),
        "older": None if found.before is None else urlencode({**kept, "before": found.before}),
        "newest": None if before is None else urlencode(kept),
        "evenings": found.evenings,
        "people": here,
        "next": _here(kept, before),
    }
    return render(request, "history.html", context)


@router.get("/history.csv")
def history_csv(household: HouseholdDep) -> Response:
    """Send the whole history as CSV, while it is read."""

    def part(after: int) -> tuple[str, int | None]:
        with household.database.reading() as session:
            return history.exported(session, after)

    first = part(0)  # what fails here is still answered as a failure

    def lines() -> Iterator[str]:
        text, after = first
        yield text
        while after is not None:
            text, after = part(after)
            yield text

    name = f"encore-history-{household.clock():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/feedback")
def rate(
    request: Request, household: HouseholdDep, said: Annotated[VerdictForm, Form()]
) -> Response:
    """Write a verdict down."""
    with household.database.writing() as session:
        who = people.named(session, said.member)
        verdict = Verdict(said.recommendation_id, said.rating, said.would_watch_again, who)
        feedback.rate(session, verdict, household.clock, household.training.schedule)
    return _back(request, said.next, "saved")


@router.post("/feedback/dismissal")
def dismiss(
    request: Request, household: HouseholdDep, recommendation_id: PickId, next_: Next = "/"
) -> Response:
    """Stop asking about a pick."""
    with household.database.writing() as session:
        feedback.dismiss(session, recommendation_id, household.clock)
    return _back(request, next_, "dismissed")


@router.post("/feedback/retraction")
def retract_by_page(
    request: Request,
    household: HouseholdDep,
    feedback_id: Annotated[int, Form(ge=1, le=2**53)],
    next_: Next = "/history",
) -> Response:
    """Take a verdict back."""
    with household.database.writing() as session:
        history.retract(session, feedback_id, household.clock)
    return _back(request, next_, "taken-back")


@router.post("/history/unwatched")
def unwatch_by_page(
    request: Request, household: HouseholdDep, recommendation_id: PickId, next_: Next = "/history"
) -> Response:
    """Forget that a pick was watched."""
    with household.database.writing() as session:
        history.unwatch(session, recommendation_id)
    return _back(request, next_, "taken-back")


@router.post("/history/question")
def ask_again_by_page(
    request: Request, household: HouseholdDep, recommendation_id: PickId, next_: Next = "/history"
) -> Response:
    """Ask again how a pick was."""
    with household.database.writing() as session:
        history.ask_again(session, recommendation_id)
    return _back(request, next_, "asked")


@router.post("/history/signal")
def take_back_in_history(
    request: Request,
    household: HouseholdDep,
    recommendation_id: PickId,
    kind: Annotated[SignalKind, Form()],
    next_: Next = "/history",
) -> Response:
    """Take back what was said of a pick instead of watching it."""
    with household.database.writing() as session:
        signals.take_back(session, recommendation_id, kind, household.clock)
    return _back(request, next_, "taken-back")


def _here(kept: dict[str, str], before: int | None) -> str:
    """Return the address of this page, without the words searched for where it got too long."""
    begins = {} if before is None else {"before": str(before)}
    address = f"/history?{urlencode({**kept, **begins})}"
    # A link to the pick is added to it.
    is_short = len(address) <= MOST_NEXT - len(f"#pick-{2**53}")
    return address if is_short else _here({"show": kept["show"]}, before)


def _back(request: Request, path: str, notice: str) -> Response:
    """Lead back to where one was, and say what was done."""
    where, sign, place = local_path(path).partition("#")
    joint = "&" if "?" in where else "?"
    return led_to(request, f"{where}{joint}notice={notice}{sign}{place}")
