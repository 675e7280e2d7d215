"""See which versions of the model there are."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.schemas import ErrorEnvelope, ModelOut, ModelsOut
from app.backend.workflows import browse

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
