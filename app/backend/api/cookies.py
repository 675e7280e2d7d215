"""The cookies: the secret of a signed-in browser, and choices; scripts read none of them."""

from typing import Final

from fastapi import Request, Response

from app.backend.api.addresses import base_of
from app.backend.api.dependencies import ApiState
from app.backend.api.marks import COOKIE, SECURE_COOKIE
from app.backend.domain.access import LONGEST_SESSION

REMEMBER_SECONDS: Final = 365 * 24 * 3600


def give(request: Request, response: Response, token: str) -> None:
    """Let a browser keep a session's secret."""
    is_secure = _is_secure(request)
    response.set_cookie(
        _name(request),
        token,
        max_age=int(LONGEST_SESSION.total_seconds()),
        path=base_of(request.scope) or "/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def take(request: Request, response: Response) -> None:
    """Let a browser forget its session's secret."""
    response.delete_cookie(
        _name(request),
        path=base_of(request.scope) or "/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def remember(request: Request, response: Response, name: str, value: str) -> None:
    """Let a browser keep a choice for a year; it is no secret."""
    response.set_cookie(
        name,
        value,
        max_age=REMEMBER_SECONDS,
        path=base_of(request.scope) or "/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _name(request: Request) -> str:
    # The prefix keeps other hosts' pages from planting one; it asks for https and the path "/".
    is_rooted = not base_of(request.scope)
    return SECURE_COOKIE if _is_secure(request) and is_rooted else COOKIE


def _is_secure(request: Request) -> bool:
    state: ApiState = request.app.state.encore
    return request.scope["scheme"] == "https" or state.porter.doorway.is_https
