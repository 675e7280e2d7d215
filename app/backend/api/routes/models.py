"""See which versions of the model there are."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.schemas import ErrorEnvelope, ModelOut, ModelsOut
from app.backend.workflows import browse
from app.backend.workflows.taste import Taste, taste

router = APIRouter(tags=["models"])

VersionName = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,40}$")]


@router.get("/models")
def list_models(household: HouseholdDep) -> ModelsOut:
    """List the latest versions, the newest first, and say which one serves."""
    with household.database.reading() as session:
        overview = browse.models(session)
    champion = None if overview.champion is None else overview.champion.version
    return ModelsOut(
        champion=champion, models=[ModelOut.model_validate(v) for v in overview.versions]
    )


@router.get(
    "/models/{version}",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        422: {"model": ErrorEnvelope, "description": "The name cannot be one."},
    },
)
def get_model(household: HouseholdDep, version: VersionName) -> ModelOut:
    """Describe one version."""
    with household.database.reading() as session:
        return ModelOut.model_validate(browse.version(session, version))


@router.get(
    "/models/{version}/taste",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        422: {
            "model": ErrorEnvelope,
            "description": "The name cannot be one, or its family has no moods of its own.",
        },
        500: {"model": ErrorEnvelope, "description": "Its files cannot be trusted or read."},
    },
)
def get_taste(household: HouseholdDep, version: VersionName) -> Taste:
    """Tell what a mood, company and session mean to a model, and what decides in it.

    `version` may be `champion` (what serves now, be it the rules) or `rules`. Means and standard
    deviations are in logits, relative to the average over moods, companies or sessions; a genre
    or length has what comes on top of `any title`. `importance` is each group's share of the
    variance of the logits over the library, within a context and over all 36; shares add up to 1.
    """
    with household.database.reading() as session:
        return taste(session, household.shelf, household.clock, version)
