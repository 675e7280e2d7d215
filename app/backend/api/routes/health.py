"""Whether Encore is well, and whether it can answer."""

from fastapi import APIRouter, Request

from app.backend.api.dependencies import CallerDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.schemas import ErrorEnvelope, HealthOut, ReadyOut
from app.backend.domain.errors import ShuttingDown
from app.backend.workflows.observation import insist_on_readiness

router = APIRouter(route_class=Guarded, tags=["operation"])


@router.get(
    "/healthz",
    responses={503: {"model": ErrorEnvelope, "description": "The database does not answer."}},
)
def healthz(household: HouseholdDep, caller: CallerDep) -> HealthOut:
    """Answer ok where the database answers; degraded where the champion cannot be opened.

    Which version serves, and why, is told to who may read.
    """
    with household.database.reading() as session:
        serving = household.shelf.serving(session)
    may_read = "read" in caller.scopes
    return HealthOut(
        status="degraded" if serving.is_fallback else "ok",
        model_version=serving.version if may_read else None,
        reason=serving.reason if may_read else None,
    )


@router.get(
    "/readyz",
    responses={503: {"model": ErrorEnvelope, "description": "It cannot answer requests."}},
)
def readyz(household: HouseholdDep, request: Request) -> ReadyOut:
    """Answer where requests can be answered; not any more once the server was told to stop."""
    if request.app.state.is_stopping:
        raise ShuttingDown("Encore was told to stop; ask another process, or again in a moment.")
    insist_on_readiness(household)
    return ReadyOut(status="ready")
