"""Train, see how it goes while it goes, stop it, and see how it went."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Request, Response, status
from fastapi.responses import StreamingResponse

from app.backend.api.addresses import API_PREFIX, base_of
from app.backend.api.dependencies import HouseholdDep, TrainerDep
from app.backend.api.event_stream import events_of
from app.backend.api.guarded import Guarded
from app.backend.api.model_schemas import TrainingRequest, TrainingRunOut, TrainingRunsOut
from app.backend.api.paging import Cursor, Limit, page_of
from app.backend.api.schemas import ErrorEnvelope
from app.backend.domain.runs import Order
from app.backend.workflows import browse, lists
from app.backend.workflows.jobs import cancel

router = APIRouter(route_class=Guarded, tags=["training"])

RunId = Annotated[int, Path(ge=1, le=2**53)]

NO_SUCH_RUN = {"model": ErrorEnvelope, "description": "There is no such run."}
NO_ID = {"model": ErrorEnvelope, "description": "The id cannot be one."}


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
    """Queue a training beside the requests; where one is under way, answer with that one."""
    said = wanted or TrainingRequest()
    run, _ = trainer.start(Order(said.seed, is_forced=said.anew))
    address = f"{base_of(request.scope)}{API_PREFIX}/training-runs/{run.id}"
    response.headers["Location"] = address
    return TrainingRunOut.model_validate(run)


@router.get("/training-runs", responses={422: NO_ID})
def list_training_runs(
    household: HouseholdDep, limit: Limit = 50, cursor: Cursor = None
) -> TrainingRunsOut:
    """List runs, the newest first."""
    with household.database.reading() as session:
        found = lists.runs(session, cursor, limit)
    shown, before = page_of(found, limit, lambda run: run.id)
    told = [TrainingRunOut.model_validate(run) for run in shown]
    return TrainingRunsOut(training_runs=told, next_cursor=before)


@router.get("/training-runs/{run_id}", responses={404: NO_SUCH_RUN, 422: NO_ID})
def get_training_run(household: HouseholdDep, run_id: RunId) -> TrainingRunOut:
    """Tell how a run is going, or how it ended and why."""
    with household.database.reading() as session:
        return TrainingRunOut.model_validate(browse.training_run(session, run_id))


@router.get(
    "/training-runs/{run_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Events until the run is over."},
        404: NO_SUCH_RUN,
        422: NO_ID,
    },
)
def stream_training_run(
    household: HouseholdDep,
    run_id: RunId,
    last_event_id: Annotated[str, Header(pattern=r"^\d{1,15}$")] = "0",
) -> StreamingResponse:
    """Tell what a run does while it does it, as server-sent events, until it is over.

    `step` begins a step, `done` ends it with inputs, outputs, metrics and seconds, `retry` says
    why an attempt failed, `ended` brings the run as it is described elsewhere. Where a tracking
    server is told after that, a later call has `tracked` with the problem, or none.
    `Last-Event-ID` goes on after an event.
    """
    with household.database.reading() as session:
        browse.training_run(session, run_id)
    stream = events_of(household.database, run_id, int(last_event_id))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


@router.delete(
    "/training-runs/{run_id}",
    responses={
        404: NO_SUCH_RUN,
        409: {"model": ErrorEnvelope, "description": "The run is over."},
        422: NO_ID,
    },
)
def cancel_training_run(household: HouseholdDep, run_id: RunId) -> TrainingRunOut:
    """Stop a run that waits or is under way; from then on nothing of it can be published."""
    return TrainingRunOut.model_validate(cancel(household.database, run_id, household.clock))
