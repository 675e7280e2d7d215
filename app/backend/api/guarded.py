"""Routes that know their caller, answer a repeated request once, and an unchanged one briefly."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from app.backend.api.access import CALLER, Caller, insist
from app.backend.api.dependencies import ApiState
from app.backend.api.scopes import NEEDED, NEVER_KEPT, PUBLIC
from app.backend.domain.errors import InvalidInput
from app.backend.domain.repeats import Answer, Asked
from app.backend.workflows.repeats import Repeats, digest

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

IDEMPOTENCY_KEY: Final = "idempotency-key"
REPLAYED: Final = "Idempotent-Replayed"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,100}")
_KEPT_HEADERS: Final = ("content-type", "location")
# What RFC 9110 §15.4.5 asks an answer without a body to say again.
_TOLD_AGAIN: Final = ("etag", "cache-control", "vary")
_REFUSED: Final = 400


class Guarded(APIRoute):
    """A route that asks who calls before it reads anything of the request's body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers, behind the question whether the caller may ask."""
        answer = super().get_route_handler()
        needed = NEEDED.get(self.name)
        is_kept = self.name not in NEVER_KEPT

        async def guarded(request: Request) -> Response:
            state: ApiState = request.app.state.encore
            scope = request.scope
            if needed == PUBLIC:
                scope[CALLER] = await state.porter.glance(scope)
            else:
                scope[CALLER] = await state.porter.caller(scope)
                insist(scope[CALLER], needed)
            _insist_on_one_of_each(request)
            if request.method in {"GET", "HEAD"}:
                return unless_known(request, await answer(request))
            if IDEMPOTENCY_KEY in request.headers and is_kept:
                return await once(request, repeats_of(state), answer)
            return await answer(request)

        return guarded


def _insist_on_one_of_each(request: Request) -> None:
    """Refuse an address that says two things by one name: no parameter takes several values."""
    said = [name for name, _ in request.query_params.multi_items()]
    if len(set(said)) < len(said):
        raise InvalidInput("A parameter of the address comes more than once; say each once.")


def repeats_of(state: ApiState) -> Repeats:
    """Return the answers that are kept."""
    return Repeats(state.household.database, state.household.clock)


def unless_known(request: Request, answer: Response) -> Response:
    """Return an answer with its tag, or only that the caller has it already.

    The tag is of the answer's bytes (RFC 9110 §8.8.3); what is streamed has none.
    """
    body = getattr(answer, "body", None)
    if answer.status_code != 200 or not isinstance(body, bytes):
        return answer
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    answer.headers["ETag"] = tag
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    known = request.headers.get("if-none-match", "")
    if tag in {one.strip().removeprefix("W/") for one in known.split(",")}:
        kept = {name: answer.headers[name] for name in _TOLD_AGAIN if name in answer.headers}
        return Response(status_code=304, headers=kept)
    return answer


async def once(request: Request, repeats: Repeats, answer: Handler) -> Response:
    """Answer a request, or as before where it comes again under its key.

    Raises
    ------
    InvalidInput
        Where the key cannot be one.
    RequestReused
        Where the key came with another request, or the same one is being answered.
    """
    asked = await _asked(request)
    known = await run_in_threadpool(repeats.begin, asked)
    if known is not None:
        headers = {**known.headers, REPLAYED: "true"}
        return Response(known.body, known.status, headers)
    given: Response | None = None
    try:
        given = await answer(request)
    finally:
        await run_in_threadpool(_settle, repeats, asked, given)
    return given


async def _asked(request: Request) -> Asked:
    key = request.headers[IDEMPOTENCY_KEY]
    if _KEY.fullmatch(key) is None:
        raise InvalidInput("An Idempotency-Key has 1 to 100 visible ASCII characters; make one.")
    caller: Caller = request.scope[CALLER]
    target = f"{request.method} {request.url.path}?{request.url.query}".encode()
    # Several keys may have one name.
    who = caller.grant.credential if caller.kind == "key" and caller.grant else caller.name
    return Asked(f"{caller.kind} {who}", key, digest(target, await request.body()))


def _settle(repeats: Repeats, asked: Asked, given: Response | None) -> None:
    """Keep what was answered; what was refused, or failed, may come again."""
    if given is None or isinstance(given, StreamingResponse) or given.status_code >= _REFUSED:
        repeats.give_up(asked)
        return
    headers = {name: given.headers[name] for name in _KEPT_HEADERS if name in given.headers}
    body = bytes(given.body).decode()
    repeats.finish(asked, Answer(asked.request_hash, given.status_code, headers, body))
