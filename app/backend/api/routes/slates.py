"""What was shown: list it, and say that a pick is watched, or that nobody wants to be asked."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, status

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.list_schemas import SlatesOut, VerdictOut, VerdictsOut
from app.backend.api.paging import Cursor, Limit, page_of
from app.backend.api.schemas import WRONG, ErrorEnvelope, Id, SlateOut
from app.backend.workflows import browse, feedback, lists

router = APIRouter(route_class=Guarded, tags=["recommendations"])

NO_PICK: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": ErrorEnvelope, "description": "There is no such recommendation."},
    422: WRONG,
}

PickId = Annotated[Id, Path()]


@router.get("/slates", responses={422: WRONG})
def list_slates(household: HouseholdDep, limit: Limit = 20, cursor: Cursor = None) -> SlatesOut:
    """List what was shown, the newest first."""
    with household.database.reading() as session:
        found = lists.slates(session, cursor, limit)
    shown, before = page_of(found, limit, lambda slate: slate.id)
    told = [SlateOut.of(slate, browse.served_by(slate)) for slate in shown]
    return SlatesOut(slates=told, next_cursor=before)


@router.get(
    "/slates/{slate_id}",
    responses={404: {"model": ErrorEnvelope, "description": "No such slate."}, 422: WRONG},
)
def get_slate(household: HouseholdDep, slate_id: Annotated[Id, Path()]) -> SlateOut:
    """Show a slate again."""
    with household.database.reading() as session:
        found = browse.slate(session, slate_id)
    return SlateOut.of(found, browse.served_by(found))


@router.post(
    "/recommendations/{recommendation_id}/watched",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=NO_PICK,
)
def mark_watched(household: HouseholdDep, recommendation_id: PickId) -> None:
    """Note that a pick is watched; Encore asks how it was until it is told."""
    with household.database.writing() as session:
        feedback.choose(session, recommendation_id, household.clock)


@router.post(
    "/recommendations/{recommendation_id}/dismissal",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=NO_PICK,
)
def dismiss_question(household: HouseholdDep, recommendation_id: PickId) -> None:
    """Stop asking how a pick was."""
    with household.database.writing() as session:
        feedback.dismiss(session, recommendation_id, household.clock)


@router.get("/feedback", tags=["feedback"], responses={422: WRONG})
def list_feedback(household: HouseholdDep, limit: Limit = 50, cursor: Cursor = None) -> VerdictsOut:
    """List what was said of picks, the newest first."""
    with household.database.reading() as session:
        found = lists.verdicts(session, cursor, limit)
    shown, before = page_of(found, limit, lambda verdict: verdict.id)
    return VerdictsOut(feedback=[VerdictOut.model_validate(v) for v in shown], next_cursor=before)
