"""Applications that do nothing: what a request costs before anything is done for it.

python -m benchmarks.serving_apps bare|framework|own PORT

`bare` is ASGI without a framework, `framework` an empty route of FastAPI, `own` an empty route
added to Encore's own application, behind all that stands before its routes. All run under
uvicorn with the settings that Encore has.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from benchmarks.serving_processes import HOST

BARE: Final = "bare"
FRAMEWORK: Final = "framework"
OWN: Final = "own"
PATH: Final = "/empty"
HOLDS: Final = '"ok"'

# As Encore has them; what does nothing is not to load it.
KEEP_ALIVE_SECONDS: Final = 75
MOST_CONNECTIONS: Final = 2_000

_BODY: Final = b'{"ok":true}'
_HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_BODY)).encode()),
)


class Asked(BaseModel):
    """Nothing."""


class Told(BaseModel):
    """Hardly anything."""

    ok: bool = True


async def empty(asked: Asked) -> Told:
    """Answer."""
    del asked
    return Told()


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without any framework."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


@contextmanager
def app_called(name: str) -> Iterator[Any]:
    """Make one of the applications."""
    if name == BARE:
        yield bare
    elif name == FRAMEWORK:
        app = FastAPI()
        app.post(PATH)(empty)
        yield app
    else:
        with _own() as app:
            yield app


@contextmanager
def _own() -> Iterator[FastAPI]:
    """Make Encore's application over an empty household; its empty route is found first."""
    from app.backend.api.app import create_app  # noqa: PLC0415  # the others need none of it
    from app.backend.domain.clock import system_clock  # noqa: PLC0415
    from app.backend.workflows.household import open_household  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/encore.db"
        with open_household(url, Path(folder) / "models", system_clock) as household:
            app = create_app(household)
            app.post(PATH)(empty)
            app.router.routes.insert(0, app.router.routes.pop())
            yield app


def main(arguments: Sequence[str]) -> int:
    """Serve one of them until stopped."""
    name, port = arguments
    with app_called(name) as app:
        uvicorn.run(
            app,
            host=HOST,
            port=int(port),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            limit_concurrency=MOST_CONNECTIONS,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
