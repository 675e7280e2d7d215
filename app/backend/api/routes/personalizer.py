"""Rank and reward in the shape of Azure Personalizer: so that its clients work unchanged."""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Path, Request, Response, status
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.personalizer_schemas import (
    EVENT_PATTERN,
    LONGEST_ID,
    RankedActionOut,
    RankOut,
    RankRequestIn,
    RewardRequest,
)
from app.backend.api.schemas import ErrorEnvelope
from app.backend.domain.errors import EncoreError
from app.backend.workflows import personalizer
from app.backend.workflows.personalizer import RankRequest
from app.backend.workflows.personalizer_actions import RawAction

CLIENTS_KEY: Final = "ocp-apim-subscription-key"
_OF_THE_BODY: Final = frozenset({"content-length", "content-type"})
_FAILURES: Final = (EncoreError, RequestValidationError, HTTPException)


class Ranking(Guarded):
    """A route whose failures its clients can read: who sends their header gets their shape.

    To them `details` are a list of further errors; their exceptions hold nothing of an answer in
    which it is anything else.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers."""
        answer = super().get_route_handler()

        async def ranking(request: Request) -> Response:
            try:
                return await answer(request)
            except _FAILURES as error:
                if CLIENTS_KEY not in request.headers:
                    raise
                kind = next(kind for kind in _FAILURES if isinstance(error, kind))
                return _as_clients_read(request.app.exception_handlers[kind](request, error))

        return ranking


router = APIRouter(route_class=Ranking, tags=["rank and reward"])

EventId = Annotated[str, Path(min_length=1, max_length=LONGEST_ID, pattern=EVENT_PATTERN)]

BASE: Final = "/personalizer/v1.0"
IGNORED: Final = "Encore-Ignored-Features"

NO_EVENT = {"model": ErrorEnvelope, "description": "There is no such event."}
WRONG = {"model": ErrorEnvelope, "description": "A value is missing or cannot be."}
REUSED = {
    "model": ErrorEnvelope,
    "description": "The event id came with another request, or all is excluded.",
}
DAMAGED = {"model": ErrorEnvelope, "description": "The model's numbers give no probability."}
RANKED = {
    "description": "What was drawn.",
    "headers": {
        IGNORED: {
            "description": "Names of features that were not understood, `+n` for more of them.",
            "schema": {"type": "string"},
        }
    },
}


@router.post("/rank", status_code=status.HTTP_201_CREATED, include_in_schema=False)
@router.post(
    f"{BASE}/rank",
    status_code=status.HTTP_201_CREATED,
    responses={201: RANKED, 409: REUSED, 422: WRONG, 500: DAMAGED},
)
def rank_actions(household: HouseholdDep, asked: RankRequestIn, response: Response) -> RankOut:
    """Draw one of up to 50 actions for an evening, with each action's chance, and remember it.

    The same event again is answered as before, and shown once.
    """
    request = RankRequest(
        event_id=asked.event_id or str(uuid4()),
        actions=tuple(RawAction(one.id, one.features) for one in asked.actions),
        context_features=asked.context_features or (),
        excluded=frozenset(asked.excluded_actions or ()),
        is_deferred=bool(asked.defer_activation),
    )
    with household.database.writing() as session:
        serving = household.shelf.serving(session)
        answer = personalizer.rank(session, request, serving, household.clock)
    if answer.ignored:
        response.headers[IGNORED] = ", ".join(answer.ignored)
    return RankOut(
        ranking=[RankedActionOut(id=name, probability=chance) for name, chance in answer.ranking],
        event_id=answer.event_id,
        reward_action_id=answer.reward_action_id,
    )


@router.post(
    "/events/{event_id:path}/reward",
    status_code=status.HTTP_204_NO_CONTENT,
    include_in_schema=False,
)
@router.post(
    f"{BASE}/events/{{event_id:path}}/reward",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: NO_EVENT, 422: WRONG},
)
def reward_event(household: HouseholdDep, event_id: EventId, said: RewardRequest) -> None:
    """Say what an event was worth; the first reward counts, once the event is active."""
    schedule = household.training.schedule
    with household.database.writing() as session:
        personalizer.reward(session, event_id, said.value, household.clock, schedule)


@router.post(
    "/events/{event_id:path}/activate",
    status_code=status.HTTP_204_NO_CONTENT,
    include_in_schema=False,
)
@router.post(
    f"{BASE}/events/{{event_id:path}}/activate",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: NO_EVENT, 422: WRONG},
)
def activate_event(household: HouseholdDep, event_id: EventId) -> None:
    """Say that the action of a deferred event was shown; twice is harmless."""
    schedule = household.training.schedule
    with household.database.writing() as session:
        personalizer.activate(session, event_id, household.clock, schedule)


def _as_clients_read(failure: Response) -> Response:
    if not isinstance(failure, JSONResponse):
        return failure
    told = json.loads(bytes(failure.body))
    error = told["error"]
    problems = error["details"].get("problems", [])
    error["details"] = [
        {"code": error["code"], "message": f"{one['where']}: {one['problem']}"} for one in problems
    ]
    kept = {name: value for name, value in failure.headers.items() if name not in _OF_THE_BODY}
    return JSONResponse(told, failure.status_code, kept)
