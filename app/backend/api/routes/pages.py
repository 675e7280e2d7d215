"""The pages: Tonight, Model, Library. Every change is a form that answers with a redirect."""

from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Cookie, Form, Query, Request, Response

from app.backend.api import views
from app.backend.api.addresses import led_to
from app.backend.api.dependencies import DeskDep, HouseholdDep, TrainerDep
from app.backend.api.guarded import Guarded
from app.backend.api.model_schemas import VERSION_PATTERN
from app.backend.api.model_view import model_context
from app.backend.api.quality_view import quality_context
from app.backend.api.taste_view import taste_context
from app.backend.api.templates import render
from app.backend.domain.context import GroupSize, Mood, SessionLength
from app.backend.domain.errors import InvalidInput, LibraryEmpty, NothingFits, RunEnded
from app.backend.domain.evening import Verdict
from app.backend.domain.randomness import fresh_seed
from app.backend.domain.runs import Order
from app.backend.store.session import ReadSession
from app.backend.workflows import browse, feedback, recommend
from app.backend.workflows.household import Household
from app.backend.workflows.jobs import cancel
from app.backend.workflows.quality import quality_report
from app.backend.workflows.serving import Serving
from app.backend.workflows.taste import taste_of
from app.backend.workflows.versions import Wish, history, promote, roll_back

router = APIRouter(route_class=Guarded, include_in_schema=False)

REMEMBER: Final = "encore_choices"
REMEMBER_SECONDS: Final = 365 * 24 * 3600
MOST_TITLES: Final = 100
NOTICES: Final = {
    "chosen": "Enjoy. Encore will ask how it was.",
    "saved": "Thank you. The next training will learn from it.",
    "dismissed": "Encore will not ask about it again.",
    "promoted": "It serves from now on.",
    "rolled-back": "What served before serves again.",
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


@router.get("/model")
def model(
    request: Request,
    household: HouseholdDep,
    notice: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Show who serves, how the last run went, how the models compare, and what they go by."""
    with household.database.reading() as session:
        overview = browse.models(session)
        serving = household.shelf.serving(session)
        demo = browse.is_demo(session)
        told = _taste(session, serving, household)
        periods = history(session)
        latest = overview.runs[0].id if overview.runs else 0
        problem = browse.tracking_problem(session, latest)
    context = {
        **model_context(overview, serving, periods, problem),
        "taste": told,
        "demo": demo,
        "notice": NOTICES.get(notice or ""),
    }
    return render(request, "model.html", context)


@router.post("/training")
def train(request: Request, trainer: TrainerDep) -> Response:
    """Start training; the page shows how it goes."""
    trainer.start(Order())
    return led_to(request, "/model")


@router.post("/training/cancellation")
def cancel_training(
    request: Request, household: HouseholdDep, run_id: Annotated[int, Form(ge=1, le=2**53)]
) -> Response:
    """Stop the run under way; one that is over by now is left as it is."""
    with suppress(RunEnded):
        cancel(household.database, run_id, household.clock)
    return led_to(request, "/model")


@router.post("/models/promotion")
def promote_version(
    request: Request,
    household: HouseholdDep,
    version: Annotated[str, Form(pattern=VERSION_PATTERN)],
    expected: Annotated[str, Form(pattern=VERSION_PATTERN)],
) -> Response:
    """Let a version serve, if what the page showed as serving still does."""
    wish = Wish("page", expected=expected)
    promote(household.database, household.shelf, version, wish, household.clock)
    return led_to(request, "/model?notice=promoted")


@router.post("/models/rollback")
def roll_back_version(
    request: Request,
    household: HouseholdDep,
    expected: Annotated[str, Form(pattern=VERSION_PATTERN)],
) -> Response:
    """Let what served before serve again, if what the page showed as serving still does."""
    wish = Wish("page", expected=expected)
    roll_back(household.database, household.shelf, wish, household.clock)
    return led_to(request, "/model?notice=rolled-back")


@router.get("/library")
def library(request: Request, household: HouseholdDep) -> Response:
    """Show what there is to choose from."""
    with household.database.reading() as session:
        overview = browse.library(session, household.clock)
        demo = browse.is_demo(session)
        report = quality_report(session, household.clock)
    titles = overview.titles
    context = {
        **quality_context(report),
        "page": "library",
        "demo": demo,
        "counts": {
            "titles": len(titles),
            "movies": overview.movies,
            "series": overview.series,
            "without_minutes": overview.without_minutes,
            "unknown_genres_count": len(overview.unknown_genres),
        },
        "genres": views.genre_bars(overview.genres, len(titles)),
        "unknown_genres": [{"name": n, "count": c} for n, c in overview.unknown_genres],
        "shown_titles": [views.title_row(title) for title in titles[:MOST_TITLES]],
        "more": max(0, len(titles) - MOST_TITLES),
    }
    return render(request, "library.html", context)


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


def _taste(session: ReadSession, serving: Serving, household: Household) -> dict[str, Any] | None:
    """Return what the model that serves goes by; `None` where its family cannot be read so."""
    try:
        return taste_context(taste_of(session, serving, household.clock))
    except InvalidInput:
        return None


def _excluded(error: LibraryEmpty | NothingFits) -> list[str]:
    excluded = error.details.get("excluded")
    return views.left_out_reasons(excluded) if isinstance(excluded, dict) else []
