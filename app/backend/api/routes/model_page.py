"""The page Model: what Encore has learnt, and what is done with its versions."""

from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request, Response

from app.backend.api.addresses import led_to
from app.backend.api.dependencies import HouseholdDep, TrainerDep
from app.backend.api.guarded import Guarded
from app.backend.api.messages import N_
from app.backend.api.model_schemas import VERSION_PATTERN
from app.backend.api.model_view import model_context
from app.backend.api.taste_view import taste_context
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, TongueDep
from app.backend.domain.errors import InvalidInput, RunEnded
from app.backend.domain.runs import Order
from app.backend.store.session import ReadSession
from app.backend.workflows import browse
from app.backend.workflows.household import Household
from app.backend.workflows.jobs import cancel
from app.backend.workflows.serving import Serving
from app.backend.workflows.taste import taste_of
from app.backend.workflows.versions import Wish, history, promote, roll_back

router = APIRouter(route_class=Guarded, include_in_schema=False)

NOTICES: Final = {
    "promoted": N_("It serves from now on."),
    "rolled-back": N_("What served before serves again."),
}


@router.get("/model")
def model(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    notice: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Show who serves, how the last run went, how the models compare, and what they go by."""
    with household.database.reading() as session:
        overview = browse.models(session)
        serving = household.shelf.serving(session)
        demo = browse.is_demo(session)
        told = _taste(session, serving, household, tongue)
        periods = history(session)
        latest = overview.runs[0].id if overview.runs else 0
        problem = browse.tracking_problem(session, latest)
    context = {
        **model_context(overview, serving, periods, tongue),
        "tracking_problem": problem,
        "taste": told,
        "demo": demo,
        "notice": tongue.gettext(NOTICES[notice]) if notice in NOTICES else None,
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


def _taste(
    session: ReadSession, serving: Serving, household: Household, tongue: Tongue
) -> dict[str, Any] | None:
    """Return what the model that serves goes by; `None` where its family cannot be read so."""
    try:
        return taste_context(taste_of(session, serving, household.clock), tongue)
    except InvalidInput:
        return None
