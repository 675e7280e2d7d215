"""Say how a pick was, and take it back."""

from typing import Annotated

from fastapi import APIRouter, Path, Response, status

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.schemas import WRONG, ErrorEnvelope, FeedbackOut, FeedbackRequest, Id
from app.backend.domain.evening import Verdict
from app.backend.workflows import history
from app.backend.workflows.feedback import rate

router = APIRouter(route_class=Guarded, tags=["feedback"])


@router.post(
    "/feedback",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": FeedbackOut, "description": "The verdict was known already."},
        404: {"model": ErrorEnvelope, "description": "There is no such recommendation."},
        409: {"model": ErrorEnvelope, "description": "The event id was used for another verdict."},
        422: {"model": ErrorEnvelope, "description": "A value is missing or cannot be."},
    },
)
def create_feedback(
    household: HouseholdDep, said: FeedbackRequest, response: Response
) -> FeedbackOut:
    """Write a verdict down, once: the same one again answers 200 and changes nothing."""
    verdict = Verdict(
        said.recommendation_id, said.rating, said.would_watch_again, said.member, said.event_id
    )
    with household.database.writing() as session:
        stored = rate(session, verdict, household.clock, household.training.schedule)
    if not stored.is_new:
        response.status_code = status.HTTP_200_OK
    return FeedbackOut.model_validate(stored)


@router.delete(
    "/feedback/{feedback_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: {"model": ErrorEnvelope, "description": "No such verdict."}, 422: WRONG},
)
def retract_feedback(household: HouseholdDep, feedback_id: Annotated[Id, Path()]) -> None:
    """Take a verdict back: training no longer reads what that member said of the pick."""
    with household.database.writing() as session:
        history.retract(session, feedback_id, household.clock)
