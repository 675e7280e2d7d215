"""What watches over an installation asks for."""

from typing import Final

from fastapi import APIRouter, Request, Response

from app.backend.api.guarded import Guarded
from app.backend.api.metrics import exposed

router = APIRouter(route_class=Guarded, tags=["operation"])

FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "The metrics."}},
)
def get_metrics(request: Request) -> Response:
    """Tell Prometheus of requests, slates, feedback, the model, calibration, drift and runs."""
    state = request.app.state
    return Response(exposed(state.meters, state.observer), media_type=FORMAT)
