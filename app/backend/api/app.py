"""Makes the application from its parts; nothing happens at import."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from app.backend.api.addresses import API_PREFIX
from app.backend.api.counter import Counter
from app.backend.api.dependencies import ApiState
from app.backend.api.desk import Desk
from app.backend.api.doorman import Doorman
from app.backend.api.faults import add_fault_handlers
from app.backend.api.guards import BodyLimit, SecurityHeaders
from app.backend.api.librarian import Librarian
from app.backend.api.metrics import Measured, Meters
from app.backend.api.openapi import describe
from app.backend.api.porter import Porter
from app.backend.api.request_log import RequestLog
from app.backend.api.resources import Resources
from app.backend.api.routing import UNVERSIONED, VERSIONED, every_route
from app.backend.api.schemas import DESCRIPTION
from app.backend.api.static_files import FOLDER, VersionedFiles
from app.backend.api.tracing import Traced, Tracing
from app.backend.api.trainer import Trainer
from app.backend.workflows.doorway import Doorway
from app.backend.workflows.household import Household
from app.backend.workflows.imports import Importer
from app.backend.workflows.observation import Observer
from app.backend.workflows.posters import Posters

Lifespan: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[None]]

AT_HOME: Final = Doorway()


@dataclass(frozen=True, slots=True)
class Manner:
    """How an application is watched and ended.

    Attributes
    ----------
    is_logged : bool
        Whether each request is logged.
    tracing : Tracing or None
        Where spans go.
    at_the_end : callable or None
        Closes what was opened for the application alone.
    """

    is_logged: bool = False
    tracing: Tracing | None = None
    at_the_end: Callable[[], None] | None = None

    def end(self) -> None:
        """Send the last spans off, and close what is open."""
        if self.tracing is not None:
            self.tracing.close()
        if self.at_the_end is not None:
            self.at_the_end()


PLAINLY: Final = Manner()


def create_app(
    household: Household, doorway: Doorway = AT_HOME, manner: Manner = PLAINLY
) -> FastAPI:
    """Return the application over a household that is open, as it is reached by a doorway."""
    meters = Meters()
    trainer, desk = Trainer(household), Desk(household, meters)
    importer, posters = Importer(household), Posters(household)
    porter = Porter(household, doorway)
    state = ApiState(household, trainer, porter, desk, importer, posters)
    app = FastAPI(
        title="Encore",
        summary="What shall we watch tonight? Picks from your own library.",
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API_PREFIX}/openapi.json",
        generate_unique_id_function=lambda route: route.name,
        # Encore has spans and logs of its own, where they are wished for.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=_life_of(state, manner),
        middleware=[*_watching(manner, meters), *_before_every_route(doorway, state)],
    )
    app.state.is_stopping = False
    app.state.meters, app.state.observer = meters, Observer(household)
    app.state.encore = state
    add_fault_handlers(app, Resources.of(every_route()))
    for module in VERSIONED:
        app.include_router(module.router, prefix=API_PREFIX)
    for module in UNVERSIONED:
        app.include_router(module.router)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # as FastAPI has it done
    app.mount("/static", VersionedFiles(directory=FOLDER), name="static")
    return app


def _watching(manner: Manner, meters: Meters) -> list[Middleware]:
    traced = [] if manner.tracing is None else [Middleware(Traced, tracing=manner.tracing)]
    return [
        Middleware(RequestLog, is_logged=manner.is_logged),
        *traced,
        Middleware(Measured, meters=meters),
    ]


def _before_every_route(doorway: Doorway, state: ApiState) -> list[Middleware]:
    return [
        Middleware(SecurityHeaders, is_https=doorway.is_https),
        Middleware(Doorman, doorway=doorway),
        Middleware(BodyLimit),
        Middleware(Counter, state=state, base_path=doorway.base_path),
    ]


def _life_of(
    state: ApiState, manner: Manner
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what an application does when it begins and when it ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        librarian = Librarian(state.household, state.importer)
        await run_in_threadpool(state.importer.open)
        state.trainer.begin()
        librarian.begin()
        await state.desk.warm_up()
        yield
        await run_in_threadpool(librarian.finish)
        await run_in_threadpool(state.importer.finish)
        await run_in_threadpool(state.trainer.finish)
        state.desk.close()
        state.posters.close()
        await run_in_threadpool(manner.end)

    return lifespan
