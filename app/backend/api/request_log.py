"""Each request has a name, which its answer and every line that is logged of it carry."""

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from threading import Lock
from typing import Final, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.backend.api.access import caller_of
from app.backend.api.metrics import method_of, route_of
from app.backend.domain.randomness import fresh_seed

HEADER: Final = b"x-request-id"
REPEAT_SECONDS: Final = 1.0
_GOOD: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# What ends a line, turns the order of letters round, or cannot be written as UTF-8.
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_PLAIN: Final = re.compile(r"[^\s\"=]+")

request_id: ContextVar[str] = ContextVar("request_id", default="")
_log = logging.getLogger("app.access")


class RequestLog:
    """Names requests, and logs them where that is wished for; never what stands behind a `?`."""

    def __init__(self, app: ASGIApp, *, is_logged: bool = False) -> None:
        self.app = app
        self.is_logged = is_logged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer under a name."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        name = given if _GOOD.fullmatch(given) else f"{fresh_seed():016x}".encode()
        request_id.set(name.decode())
        begun, status, size = time.perf_counter(), 500, 0

        async def send_named(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, name)]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_named)
        finally:
            if self.is_logged:
                _tell(scope, status, size, time.perf_counter() - begun)


def _tell(scope: Scope, status: int, size: int, seconds: float) -> None:
    caller, client = caller_of(scope), scope.get("client")
    method, route = method_of(scope), route_of(scope)
    _log.info(
        "%s %s %d",
        method,
        route,
        status,
        extra={
            "told": {
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1e3, 3),
                "bytes": size,
                "caller": f"{caller.kind} {caller.name}".strip(),
                "client": client[0] if client else "",
            }
        },
    )


class OneLine(logging.Formatter):
    """Writes an event as one line, whatever stands in it."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        if self.as_json:
            return json.dumps({name: value for name, value in told.items() if value != ""})
        more = {name: told[name] for name in told if name not in _ALWAYS and told[name] != ""}
        words = [f"{name}={_word(value)}" for name, value in more.items()]
        message = str(told["message"]).rstrip("\n")
        line = " ".join([str(told["at"]), str(told["level"]), message, *words])
        return _CONTROL.sub(lambda found: _escaped(ord(found[0])), line)


def _word(value: object) -> str:
    """Return a value so that none looks like the name of another one."""
    said = str(value)
    return said if _PLAIN.fullmatch(said) else json.dumps(said, ensure_ascii=False)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code <= _LAST_BYTE else f"\\u{code:04x}"


_LAST_BYTE: Final = 0xFF
_ALWAYS: Final = frozenset({"at", "level", "logger", "message"})


class OnceInAWhile(logging.Filter):
    """Lets a warning pass once a second, and says how often it came in between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self._last: dict[str, tuple[float, int]] = {}
        self._lock = Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record passes."""
        if record.levelno != logging.WARNING:
            return True
        with self._lock:
            held = self._held_back(f"{record.name} {record.msg}")
        if held:
            record.told = {**getattr(record, "told", {}), "held_back": held}
        return held is not None

    def _held_back(self, said: str) -> int | None:
        """Return how often a warning did not pass before it does; `None` where it does not."""
        at = self.clock()
        last, held = self._last.get(said, (at - REPEAT_SECONDS, 0))
        if at - last < REPEAT_SECONDS:
            self._last[said] = last, held + 1
            return None
        if len(self._last) > _MOST_WARNINGS:
            self._last.clear()
        self._last[said] = at, 0
        return held


_MOST_WARNINGS: Final = 1_000


def configure_logging(form: str, stream: TextIO | None = None) -> None:
    """Let every logger write lines of one form.

    Parameters
    ----------
    form : str
        `text` or `json`.
    stream : TextIO or None
        `None`: stderr.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(OneLine(as_json=form == "json"))
    handler.addFilter(OnceInAWhile())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _log.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
