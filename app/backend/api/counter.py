"""Takes requests for slates and predictions before any route looks at them.

What a framework does for each request costs as much as drawing the slate. The same operations are
routes too, which describe them, and answer whoever sends an Idempotency-Key.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.backend.api.access import CALLER, CHALLENGE, insist
from app.backend.api.addresses import API_PREFIX
from app.backend.api.dependencies import ApiState
from app.backend.api.desk import OutOfDate
from app.backend.api.guarded import IDEMPOTENCY_KEY
from app.backend.api.invalid import invalid_body
from app.backend.api.prediction_schemas import PredictionRequest
from app.backend.api.schemas import RecommendationRequest
from app.backend.api.scopes import NEEDED
from app.backend.api.slate_view import slate_address, slate_told
from app.backend.domain.errors import EncoreError, InvalidInput, NotSignedIn
from app.backend.domain.randomness import fresh_seed
from app.backend.workflows.predictions import Judged, judge
from app.backend.workflows.recommend import Request
from app.backend.workflows.serving import served_by

SLATES: Final = f"{API_PREFIX}/recommendations"
PREDICTIONS: Final = f"{API_PREFIX}/predictions"
_KEY: Final = IDEMPOTENCY_KEY.encode()
_JSON: Final = (b"content-type", b"application/json")

M = TypeVar("M", bound=BaseModel)
Headers: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer consists of."""

    status: int
    body: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Lane:
    """What stands where a route would.

    Attributes
    ----------
    path : str
        By which logs and metrics name it.
    needed : str
        The scope that it asks for.
    answer : callable
        Answers a body for a caller who was looked up when rights had been taken away so often.
    """

    path: str
    needed: str
    answer: Callable[[Scope, bytes, int | None], Awaitable[Said]]


class Counter:
    """Answers what is asked most; everything else is for the routes."""

    def __init__(self, app: ASGIApp, state: ApiState, base_path: str) -> None:
        self.app = app
        self.state = state
        lanes = (
            Lane(SLATES, NEEDED["create_recommendation"], self._slate),
            Lane(PREDICTIONS, NEEDED["create_predictions"], self._predictions),
        )
        self.lanes = {base_path + lane.path: lane for lane in lanes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        lane = self.lanes.get(scope["path"]) if scope["type"] == "http" else None
        if lane is None or scope["method"] != "POST" or _has_key(scope):
            await self.app(scope, receive, send)
            return
        scope["route"] = lane
        try:
            said = await self._answered(lane, scope, receive)
        except EncoreError as error:
            extra: Headers = []
            if isinstance(error, NotSignedIn):
                extra = [(b"www-authenticate", CHALLENGE.encode())]
            said = Said(error.status, to_json(error.envelope()), extra)
        await _send(send, said)

    async def _answered(self, lane: Lane, scope: Scope, receive: Receive) -> Said:
        porter = self.state.porter
        known = porter.remembered(scope)
        caller = known or await porter.caller(scope)
        insist(caller, lane.needed)
        scope[CALLER] = caller
        body = await _body(receive)
        try:
            return await lane.answer(scope, body, None if known is None else known.as_of)
        except OutOfDate:
            insist(await porter.caller(scope), lane.needed)
            return await lane.answer(scope, body, None)
        except InvalidInput:
            # What is wrong with a body is told to who may ask, as of now.
            insist(await porter.caller(scope), lane.needed)
            raise

    async def _slate(self, scope: Scope, body: bytes, as_of: int | None) -> Said:
        said = asked_of(RecommendationRequest, scope, body)
        found = await self.state.desk.slate(request_of(said), as_of)
        location = slate_address(scope, found).encode()
        return Said(201, to_json(slate_told(found)), [(b"location", location)])

    async def _predictions(self, scope: Scope, body: bytes, as_of: int | None) -> Said:
        question = asked_of(PredictionRequest, scope, body).question()
        judged = await self.state.desk.told(partial(judge, question), as_of)
        # Much is written down beside the others who ask, not before them.
        if question.is_much:
            return Said(200, await run_in_threadpool(judged_told, judged), [])
        return Said(200, judged_told(judged), [])


def judged_told(judged: Judged) -> bytes:
    """Write down what `PredictionsOut` describes."""
    return to_json(
        {
            "model_version": judged.serving.version,
            "served_by": served_by(judged.serving),
            "titles": judged.told(),
        }
    )


def asked_of(model: type[M], scope: Scope, body: bytes) -> M:
    """Return what was sent.

    Raises
    ------
    InvalidInput
        Where it is not what the model allows.
    """
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    if not kinds or b"json" not in kinds[0]:
        raise InvalidInput("body: Send JSON, with Content-Type: application/json.")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid_body(error) from None


def request_of(said: RecommendationRequest) -> Request:
    """Return what a household asks for, with a seed if it said none."""
    return Request(
        said.mood,
        said.group_size,
        said.session_length,
        said.size,
        tuple(said.members),
        fresh_seed() if said.seed is None else said.seed,
        said.instead_of,
        said.surprise,
        said.with_seen,
    )


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    return body


def _has_key(scope: Scope) -> bool:
    return any(name == _KEY for name, _ in scope["headers"])


async def _send(send: Send, said: Said) -> None:
    length = (b"content-length", str(len(said.body)).encode())
    start: Message = {
        "type": "http.response.start",
        "status": said.status,
        "headers": [_JSON, length, *said.headers],
    }
    await send(start)
    await send({"type": "http.response.body", "body": said.body})
