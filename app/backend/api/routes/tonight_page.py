"""The page Tonight: the choices, the picks, and what is said of them."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Cookie, Form, Query, Request, Response

from app.backend.api import views
from app.backend.api.addresses import led_to
from app.backend.api.dependencies import DeskDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.templates import render
from app.backend.domain.context import GroupSize, Mood, SessionLength
from app.backend.domain.errors import LibraryEmpty, NothingFits
from app.backend.domain.evening import Verdict
from app.backend.domain.randomness import fresh_seed
from app.backend.workflows import browse, feedback, recommend
from app.backend.workflows.household import Household

router = APIRouter(route_class=Guarded, include_in_schema=False)

REMEMBER: Final = "encore_choices"
REMEMBER_SECONDS: Final = 365 * 24 * 3600
NOTICES: Final = {
    "chosen": "Enjoy. Encore will ask how it was.",
    "saved": "Thank you. The next training will learn from it.",
    "dismissed": "Encore will not ask about it again.",
}

PickId = Annotated[int, Form(ge=1, le=2**53)]


@router.get("/")
def tonight(
    request: Request,
    household: HouseholdDep,
    slate: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    notice: Annotated[str | None, Query(max_length=20)] = None,
    encore_choices: Annotated[str | None, Cookie()] = None,
) -> Response:
    """Show the three choices, what is to be rated, and the slate that was asked for."""
    choices = views.Choices.remembered(encore_choices)
    shown: dict[str, Any] = {"slate": None, "nothing": None}
    if slate is not None:
        with household.database.reading() as session:
            found = browse.slate(session, slate)
        choices = views.Choices(found.mood, found.group_size, found.session_length)
        shown["slate"] = views.slate_view(found, browse.served_by(found), household.clock())
    page = _tonight(household, choices, NOTICES.get(notice or ""))
    return render(request, "tonight.html", {**page, **shown})


@router.post("/tonight")
def ask(
    request: Request,
    household: HouseholdDep,
    desk: DeskDep,
    mood: Annotated[Mood, Form()],
    group_size: Annotated[GroupSize, Form()],
    session_length: Annotated[SessionLength, Form()],
) -> Response:
    """Draw a slate and show it; where nothing fits, say what excluded how many."""
    choices = views.Choices(mood, group_size, session_length)
    try:
        evening = recommend.Request(mood, group_size, session_length, seed=fresh_seed())
        slate_id = desk.slate_for_thread(evening).slate_id
    except (LibraryEmpty, NothingFits) as error:
        nothing = {"message": error.message, "reasons": _excluded(error)}
        page = _tonight(household, choices, None)
        context = {**page, "slate": None, "nothing": nothing}
        return render(request, "tonight.html", context, error.status)
    answer = led_to(request, f"/?slate={slate_id}#picks-heading")
    answer.set_cookie(
        REMEMBER, choices.to_remember(), max_age=REMEMBER_SECONDS, httponly=True, samesite="lax"
    )
    return answer


@router.post("/watched")
def watched(request: Request, household: HouseholdDep, recommendation_id: PickId) -> Response:
    """Note which pick is watched."""
    with household.database.writing() as session:
        feedback.choose(session, recommendation_id, household.clock)
    return led_to(request, "/?notice=chosen")


@router.post("/feedback")
def rate(
    request: Request,
    household: HouseholdDep,
    recommendation_id: PickId,
    rating: Annotated[int, Form(ge=1, le=5)],
    would_watch_again: Annotated[bool, Form()],
) -> Response:
    """Write a verdict down."""
    verdict = Verdict(recommendation_id, rating, would_watch_again)
    with household.database.writing() as session:
        feedback.rate(session, verdict, household.clock, household.training.schedule)
    return led_to(request, "/?notice=saved")


@router.post("/feedback/dismissal")
def dismiss(request: Request, household: HouseholdDep, recommendation_id: PickId) -> Response:
    """Stop asking about a pick."""
    with household.database.writing() as session:
        feedback.dismiss(session, recommendation_id, household.clock)
    return led_to(request, "/?notice=dismissed")


def _tonight(household: Household, choices: views.Choices, notice: str | None) -> dict[str, Any]:
    """Return what the page shows whether or not there is a slate."""
    with household.database.reading() as session:
        pending = browse.unanswered(session)
        demo = browse.is_demo(session)
    return {
        "page": "tonight",
        "demo": demo,
        "notice": notice,
        "choices": asdict(choices),
        **views.choice_lists(),
        "pending": [
            {
                "recommendation_id": pick.recommendation_id,
                "title": pick.title,
                "year": pick.year,
                "watched_on": views.moment_label(pick.watched_at) if pick.watched_at else "",
            }
            for pick in pending
        ],
    }


def _excluded(error: LibraryEmpty | NothingFits) -> list[str]:
    excluded = error.details.get("excluded")
    return views.left_out_reasons(excluded) if isinstance(excluded, dict) else []
