"""What stands before every route: who may call from where, how much, and what browsers may do."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.backend.domain.errors import BodyTooLarge, CrossSiteRefused, EncoreError, HostRefused

MOST_BODY_BYTES: Final = 64 * 1024
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)


class SecurityHeaders:
    """Tells browsers to load nothing from elsewhere and to be framed nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every answer."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
            await send(message)

        await self.app(scope, receive, send_guarded)


class OwnNames:
    """Refuses requests under a name that somebody else pointed at this machine."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let requests under one of the names through."""
        if scope["type"] == "http" and _host_name(Headers(scope=scope)) not in self.names:
            error = HostRefused("Encore does not answer under that name; use the one it printed.")
            await _answer(error)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class SameSite:
    """Refuses changes that another site's page asks a browser for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let safe methods and requests without a browser's marks through."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            if not _same_site(headers):
                error = CrossSiteRefused(
                    "The request came from another site's page; open Encore itself and try there."
                )
                await _answer(error)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class BodyLimit:
    """Refuses bodies that are larger than any request needs, however they are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit and hand it on."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        messages = await _body(receive)
        if messages is None:
            error = BodyTooLarge(f"The body is larger than {MOST_BODY_BYTES} bytes; send less.")
            await _answer(error)(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)


async def _body(receive: Receive) -> list[Message] | None:
    """Return the messages of a body, or `None` as soon as it is too large."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > MOST_BODY_BYTES:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return messages


def _host_name(headers: Headers) -> str:
    """Return the name that a request used, without its port."""
    host = headers.get("host", "").casefold()
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _same_site(headers: Headers) -> bool:
    """Say whether a request is the user's own, by Fetch Metadata or else by Origin."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def _answer(error: EncoreError) -> JSONResponse:
    return JSONResponse(error.envelope(), status_code=error.status)
