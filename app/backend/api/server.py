"""Answers requests on a socket until it is stopped: in this process, or in several."""

import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from threadpoolctl import threadpool_limits
from uvicorn.supervisors import Multiprocess

from app.backend.api.app import Manner, create_app
from app.backend.api.metrics import SHARED_FOLDER
from app.backend.api.request_log import configure_logging
from app.backend.api.tracing import tracing_to
from app.backend.domain.clock import system_clock
from app.backend.settings import Settings, read_settings
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.memory import keep_together

# How long requests in flight may take once the server was told to stop.
GRACE_SECONDS: Final = 10
KEEP_ALIVE_SECONDS: Final = 75
MOST_CONNECTIONS: Final = 2_000


class GracefulServer(uvicorn.Server):
    """A server that is not ready any more as soon as it was told to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: at once where it is asked for twice."""
        app = self.config.loaded_app
        if isinstance(app, FastAPI):
            app.state.is_stopping = True
        super().handle_exit(sig, frame)


def run_server(household: Household, listener: socket.socket, settings: Settings) -> None:
    """Serve a household on a socket that listens already."""
    keep_together()
    if settings.workers == 1:
        configure_logging(settings.log_format)
        app = create_app(household, settings.doorway, _manner(settings))
        GracefulServer(_config(app)).run(sockets=[listener])
        return
    household.database.close()  # no connection may be shared with the workers
    with TemporaryDirectory(prefix="encore-metrics-") as shared:
        os.environ[SHARED_FOLDER] = shared
        _run_workers(listener, settings)


def _run_workers(listener: socket.socket, settings: Settings) -> None:
    config = _config(f"{__name__}:app_of_a_worker", factory=True, workers=settings.workers)
    Multiprocess(config, sockets=[listener]).run()


def app_of_a_worker() -> FastAPI:
    """Return the application of one process among several, over the settings they share."""
    keep_together()
    threadpool_limits(limits=1, user_api="blas")
    settings = read_settings()
    stack = ExitStack()
    household = stack.enter_context(
        open_household(
            settings.effective_database_url, settings.models_dir, system_clock, settings.training
        )
    )
    configure_logging(settings.log_format)
    return create_app(household, settings.doorway, _manner(settings, stack.close))


def _manner(settings: Settings, at_the_end: Callable[[], None] | None = None) -> Manner:
    tracing = tracing_to(settings.otlp_endpoint) if settings.otlp_endpoint else None
    return Manner(settings.access_log, tracing, at_the_end)


def _config(app: Any, **options: Any) -> uvicorn.Config:  # noqa: ANN401  # as uvicorn takes them
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        **options,
    )
