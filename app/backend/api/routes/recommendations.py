"""Ask for a slate."""

from fastapi import APIRouter, Request, Response, status
from pydantic_core import to_json

from app.backend.api.counter import request_of
from app.backend.api.dependencies import DeskDep
from app.backend.api.guarded import Guarded
from app.backend.api.schemas import ErrorEnvelope, RecommendationRequest, SlateOut
from app.backend.api.slate_view import slate_address, slate_told

router = APIRouter(route_class=Guarded, tags=["recommendations"])


@router.post(
    "/recommendations",
    status_code=status.HTTP_201_CREATED,
    response_model=SlateOut,
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no slate to replace."},
        409: {"model": ErrorEnvelope, "description": "The library is empty, or nothing fits."},
        422: {"model": ErrorEnvelope, "description": "A value is missing or cannot be."},
    },
)
def create_recommendation(
    desk: DeskDep, request: Request, asked: RecommendationRequest
) -> Response:
    """Draw a slate for an evening and write it down, with each title's chance of its place.

    `members` names who is present: their tastes are averaged, and nothing is shown that one of them
    is too young for. With `seed`, the same slate is drawn again as long as nothing else has
    changed; with `instead_of`, only titles that the slates before did not show; with `surprise`,
    from more of them. Where nothing fits, the details count the titles by what excluded them, and
    those that would fit in other lengths of session.
    """
    found = desk.slate_for_thread(request_of(asked))
    return Response(
        to_json(slate_told(found)),
        status.HTTP_201_CREATED,
        headers={"Location": slate_address(request.scope, found)},
        media_type="application/json",
    )
