"""Ask for a slate."""

from fastapi import APIRouter, status

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.schemas import ErrorEnvelope, RecommendationRequest, SlateOut
from app.backend.domain.randomness import fresh_seed
from app.backend.workflows.recommend import Request, recommend
from app.backend.workflows.serving import served_by

router = APIRouter(tags=["recommendations"])


@router.post(
    "/recommendations",
    status_code=status.HTTP_201_CREATED,
    responses={
        409: {"model": ErrorEnvelope, "description": "The library is empty, or nothing fits."},
        422: {"model": ErrorEnvelope, "description": "A value is missing or cannot be."},
    },
)
def create_recommendation(household: HouseholdDep, asked: RecommendationRequest) -> SlateOut:
    """Draw a slate for an evening and write it down, with each title's chance of its place."""
    request = Request(
        asked.mood,
        asked.group_size,
        asked.session_length,
        asked.size,
        tuple(asked.members),
    )
    seed = fresh_seed() if asked.seed is None else asked.seed
    with household.database.writing() as session:
        serving = household.shelf.serving(session)
        slate = recommend(session, request, serving, household.clock, seed)
    return SlateOut.of(slate, served_by(serving))
