"""Every failure leaves in the one envelope, or as a page where a browser asked."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.backend.api.access import CHALLENGE
from app.backend.api.addresses import MOST_NEXT, base_of, path_of
from app.backend.api.fault_view import NO_PAGE, fault_context
from app.backend.api.invalid import invalid_input
from app.backend.api.request_log import HEADER, request_id
from app.backend.api.resources import Resources
from app.backend.api.shape import shaped
from app.backend.api.templates import render
from app.backend.api.tongue import tongue_of
from app.backend.domain.errors import EncoreError, NotSignedIn, TooManyAttempts

API_ROOT = "/api/"
_NO_PAGE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


def add_fault_handlers(app: FastAPI, resources: Resources) -> None:
    """Give every kind of failure its answer.

    Parameters
    ----------
    app : FastAPI
    resources : Resources
        Which methods each address answers: who asks by another one is told.
    """
    app.state.resources = resources
    app.add_exception_handler(EncoreError, _on_encore_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)


def _on_encore_error(request: Request, error: Exception) -> Response:
    named = error if isinstance(error, EncoreError) else EncoreError(str(error))
    headers = {}
    if isinstance(named, NotSignedIn):
        if request.method == "GET" and wants_page(request):
            return _to_login(request)
        headers["WWW-Authenticate"] = CHALLENGE
    if isinstance(named, TooManyAttempts):
        headers["Retry-After"] = str(named.details["retry_after_seconds"])
    return _answer(request, named.status, named.envelope(), headers)


def _to_login(request: Request) -> Response:
    """Lead a browser to where one signs in, and back afterwards."""
    wanted = path_of(request.scope) or "/"
    if request.url.query:
        wanted = f"{wanted}?{request.url.query}"
    wanted = wanted if len(wanted) <= MOST_NEXT else "/"
    target = f"{base_of(request.scope)}/login?{urlencode({'next': wanted})}"
    return RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER)


def _on_invalid(request: Request, error: Exception) -> Response:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    invalid = invalid_input(found)
    return _answer(request, invalid.status, invalid.envelope())


def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    phrase = HTTPStatus(status).phrase
    message = f"{phrase}: {request.method} is not answered at this address."
    if status in _NO_PAGE and wants_page(request):
        message = tongue_of(request).gettext(NO_PAGE)
    code = phrase.casefold().replace(" ", "_")
    envelope = {"error": {"code": code, "message": message, "details": {}}}
    headers = dict((error.headers if isinstance(error, HTTPException) else None) or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        resources: Resources = request.app.state.resources
        headers["Allow"] = ", ".join(
            sorted(resources.allowed(path_of(request.scope)))
        ) or headers.get("allow", "")
    return _answer(request, status, envelope, headers)


def _on_fault(request: Request, _error: Exception) -> Response:
    message = "Something broke inside Encore; its log says what. Nothing was changed."
    # Who answers a fault stands before whoever names requests.
    name = request_id.get()
    details = {"request_id": name}
    envelope = {"error": {"code": "internal_error", "message": message, "details": details}}
    answer = _answer(request, 500, envelope)
    answer.headers[HEADER.decode()] = name
    return answer


def answered(request: Request, error: EncoreError) -> Response:
    """Return a failure that was met before any route: in the envelope, or as a page."""
    return _answer(request, error.status, error.envelope())


def wants_page(request: Request) -> bool:
    """Say whether a browser asked, and not for the API."""
    is_api = path_of(request.scope).startswith(API_ROOT)
    return not is_api and "text/html" in request.headers.get("accept", "")


def _answer(
    request: Request,
    status: int,
    envelope: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Response:
    if wants_page(request):
        tongue = tongue_of(request)
        shown = fault_context(status, envelope["error"], request_id.get(), tongue)
        answer = render(request, "error.html", shown, status)
        answer.headers.update(headers or {})
        return answer
    return JSONResponse(shaped(request.scope, envelope), status_code=status, headers=headers)
