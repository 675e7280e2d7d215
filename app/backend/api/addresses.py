"""Where things stand: below which path Encore is mounted, and what an address is without it."""

import re
from typing import Final

from starlette import status
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import Scope

API_PREFIX: Final = "/api/v1"
PROTOCOL_ROOT: Final = "/v2"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# How long the address may be that one is led back to.
MOST_NEXT: Final = 500

_LOCAL: Final = re.compile(rf"/(?!/)[\x21-\x5b\x5d-\x7e]{{0,{MOST_NEXT}}}")


def base_of(scope: Scope) -> str:
    """Return the path that Encore is mounted under; empty where it has the whole host."""
    base: str = scope.get("root_path", "")
    return base


def path_of(scope: Scope) -> str:
    """Return the path of a request without the one that Encore is mounted under."""
    path: str = scope["path"]
    return path.removeprefix(base_of(scope))


def led_to(request: Request, path: str) -> RedirectResponse:
    """Return what leads a browser to one of Encore's own pages after a change."""
    return RedirectResponse(f"{base_of(request.scope)}{path}", status.HTTP_303_SEE_OTHER)


def local_path(path: str) -> str:
    """Return where to go afterwards: a path of Encore's own, or the first page.

    Examples
    --------
    >>> local_path("/model"), local_path("//evil.example"), local_path("https://evil.example")
    ('/model', '/', '/')
    """
    return path if _LOCAL.fullmatch(path) else "/"
