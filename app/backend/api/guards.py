"""What stands before every route: how much may be sent, and what browsers may do with answers."""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.backend.api.addresses import API_PREFIX, PROTOCOL_ROOT, SAFE_METHODS, path_of
from app.backend.api.faults import answered
from app.backend.domain.errors import BodyTooLarge

MOST_BODY_BYTES: Final = 64 * 1024
MOST_TABLE_BYTES: Final = 16 * 2**20
# Somebody's whole history; what is larger is read from a file on the command line.
MOST_HISTORY_BYTES: Final = 16 * 2**20
# A message of Plex brings a picture along.
MOST_NOTICE_BYTES: Final = 8 * 2**20
ROOMIER: Final = (
    (f"{PROTOCOL_ROOT}/", 4 * 2**20),
    ("/invocations", 4 * 2**20),
    ("/rank", 2**20),
    ("/personalizer/", 2**20),
    ("/webhooks/", MOST_NOTICE_BYTES),
    (f"{API_PREFIX}/library/imports", MOST_TABLE_BYTES),
    (f"{API_PREFIX}/histories", MOST_HISTORY_BYTES),
    # The file, and what a form writes around it.
    ("/library/files", MOST_TABLE_BYTES + 2**16),
    ("/library/histories/files", MOST_HISTORY_BYTES + 2**16),
)
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)


_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_POLICY_NAME: Final = b"content-security-policy"
_POLICY: Final = (_POLICY_NAME, CONTENT_SECURITY_POLICY.encode())
_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """Tells browsers to load nothing from elsewhere and to be framed nowhere."""

    def __init__(self, app: ASGIApp, *, is_https: bool = False) -> None:
        self.app = app
        self.always = (*_ALWAYS, _HTTPS_ONLY) if is_https else _ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every answer; one that has a policy of its own keeps it."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *self.always]
                if not any(name == _POLICY_NAME for name, _ in headers):
                    headers.append(_POLICY)
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_guarded)


class BodyLimit:
    """Refuses bodies that are larger than any request needs, however they are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit and hand it on."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        most = _most_bytes(scope)
        messages = await _body(receive, most)
        if messages is None:
            error = BodyTooLarge(f"The body is larger than {most} bytes; send less.")
            refusal = answered(Request(scope), error)
            await refusal(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)


def _most_bytes(scope: Scope) -> int:
    """Return how large a body may be; where rows or libraries are sent, larger than elsewhere."""
    path = path_of(scope)
    return next((most for start, most in ROOMIER if path.startswith(start)), MOST_BODY_BYTES)


async def _body(receive: Receive, most: int) -> list[Message] | None:
    """Return the messages of a body, or `None` as soon as it is too large."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > most:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return messages
