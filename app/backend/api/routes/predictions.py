"""Judge explicit titles in explicit evenings."""

from functools import partial

from fastapi import APIRouter, Response

from app.backend.api.counter import judged_told
from app.backend.api.dependencies import DeskDep
from app.backend.api.guarded import Guarded
from app.backend.api.prediction_schemas import PredictionRequest, PredictionsOut
from app.backend.api.schemas import ErrorEnvelope
from app.backend.workflows.predictions import judge

router = APIRouter(route_class=Guarded, tags=["inference"])


@router.post(
    "/predictions",
    response_model=PredictionsOut,
    responses={
        404: {"model": ErrorEnvelope, "description": "A title is not in the library."},
        422: {"model": ErrorEnvelope, "description": "A value cannot be."},
        500: {"model": ErrorEnvelope, "description": "The model's numbers give no probability."},
    },
)
def create_predictions(desk: DeskDep, asked: PredictionRequest) -> Response:
    """Tell how likely each title is to please in each evening, and how sure that is.

    Titles come from the library, by `media_id`, or in full, whether or not the library has them.
    Nothing is written down: what is shown to people comes from `/recommendations`.
    """
    judged = desk.consult(partial(judge, asked.question()))
    return Response(judged_told(judged), media_type="application/json")
