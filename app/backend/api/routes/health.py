"""Whether Encore is well."""

from fastapi import APIRouter

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.schemas import ErrorEnvelope, HealthOut

router = APIRouter(tags=["operation"])


@router.get(
    "/healthz",
    responses={503: {"model": ErrorEnvelope, "description": "The database does not answer."}},
)
def healthz(household: HouseholdDep) -> HealthOut:
    """Answer ok where the database answers; degraded where the champion cannot be opened."""
    with household.database.reading() as session:
        serving = household.shelf.serving(session)
    return HealthOut(
        status="degraded" if serving.is_fallback else "ok",
        model_version=serving.version,
        reason=serving.reason,
    )
