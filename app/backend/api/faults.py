"""Every failure leaves in the one envelope, or as a page where a browser asked."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.backend.api.templates import render
from app.backend.domain.errors import EncoreError, InvalidInput

API_ROOT = "/api/"


def add_fault_handlers(app: FastAPI) -> None:
    """Give every kind of failure its answer."""
    app.add_exception_handler(EncoreError, _on_encore_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)


def _on_encore_error(request: Request, error: Exception) -> Response:
    named = error if isinstance(error, EncoreError) else EncoreError(str(error))
    return _answer(request, named.status, named.envelope())


def _on_invalid(request: Request, error: Exception) -> Response:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    # What was sent is not repeated: it may be unprintable, huge, or a secret.
    problems = [
        {"where": ".".join(str(part) for part in one["loc"])[:200], "problem": one["msg"][:200]}
        for one in found[:20]
    ]
    first = problems[0] if problems else {"where": "body", "problem": "malformed"}
    invalid = InvalidInput(
        f"{first['where']}: {first['problem']}. Correct it and send it again.",
        {"problems": problems},
    )
    return _answer(request, invalid.status, invalid.envelope())


def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    phrase = HTTPStatus(status).phrase
    message = f"{phrase}: {request.method} is not answered at this address."
    code = phrase.casefold().replace(" ", "_")
    envelope = {"error": {"code": code, "message": message, "details": {}}}
    headers = error.headers if isinstance(error, HTTPException) else None
    return _answer(request, status, envelope, dict(headers or {}))


def _on_fault(request: Request, _error: Exception) -> Response:
    message = "Something broke inside Encore; its log says what. Nothing was changed."
    envelope = {"error": {"code": "internal_error", "message": message, "details": {}}}
    return _answer(request, 500, envelope)


def _answer(
    request: Request,
    status: int,
    envelope: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Response:
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not request.url.path.startswith(API_ROOT):
        return render(
            request,
            "error.html",
            {
                "page": "error",
                "status": status,
                "heading": "That did not work",
                **envelope["error"],
            },
            status,
        )
    return JSONResponse(envelope, status_code=status, headers=headers)
