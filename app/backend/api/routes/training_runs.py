"""Train, and see how it went."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Request, Response, status

from app.backend.api.dependencies import HouseholdDep, TrainerDep
from app.backend.api.schemas import (
    ErrorEnvelope,
    TrainingRequest,
    TrainingRunOut,
    TrainingRunsOut,
)
from app.backend.workflows import browse

router = APIRouter(tags=["training"])

RunId = Annotated[int, Path(ge=1, le=2**53)]


@router.post(
    "/training-runs",
    status_code=status.HTTP_202_ACCEPTED,
    responses={422: {"model": ErrorEnvelope, "description": "A value cannot be."}},
)
def create_training_run(
    trainer: TrainerDep,
    request: Request,
    response: Response,
    wanted: Annotated[TrainingRequest | None, Body()] = None,
) -> TrainingRunOut:
    """Start training beside the requests; where a run is under way, answer with that one."""
    run, _ = trainer.start((wanted or TrainingRequest()).seed)
    response.headers["Location"] = request.app.url_path_for("get_training_run", run_id=run.id)
    return TrainingRunOut.model_validate(run)


@router.get("/training-runs")
def list_training_runs(household: HouseholdDep) -> TrainingRunsOut:
    """List the latest runs, the newest first."""
    with household.database.reading() as session:
        overview = browse.models(session)
    return TrainingRunsOut(
        training_runs=[TrainingRunOut.model_validate(run) for run in overview.runs]
    )


@router.get(
    "/training-runs/{run_id}",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such run."},
        422: {"model": ErrorEnvelope, "description": "The id cannot be one."},
    },
)
def get_training_run(household: HouseholdDep, run_id: RunId) -> TrainingRunOut:
    """Tell how a run is going, or how it ended and why."""
    with household.database.reading() as session:
        return TrainingRunOut.model_validate(browse.training_run(session, run_id))
