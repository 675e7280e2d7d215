"""Makes the application from its parts; nothing happens at import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from app import frontend
from app.backend.api.dependencies import ApiState
from app.backend.api.faults import add_fault_handlers
from app.backend.api.guards import BodyLimit, OwnNames, SameSite, SecurityHeaders
from app.backend.api.routes import (
    artefacts,
    data_quality,
    feedback,
    health,
    models,
    pages,
    recommendations,
    training_runs,
    versions,
)
from app.backend.api.schemas import DESCRIPTION
from app.backend.api.trainer import Trainer
from app.backend.workflows.household import Household

API_PREFIX = "/api/v1"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def create_app(household: Household) -> FastAPI:
    """Return the application over a household that is open."""
    trainer = Trainer(household)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        trainer.begin()
        yield
        await run_in_threadpool(trainer.finish)

    app = FastAPI(
        title="Encore",
        summary="What shall we watch tonight? Picks from your own library.",
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API_PREFIX}/openapi.json",
        lifespan=lifespan,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(OwnNames, names=LOOPBACK_NAMES),
            Middleware(SameSite),
            Middleware(BodyLimit),
        ],
    )
    app.state.encore = ApiState(household, trainer)
    add_fault_handlers(app)
    app.include_router(health.router)
    for module in (
        recommendations,
        feedback,
        training_runs,
        models,
        versions,
        artefacts,
        data_quality,
    ):
        app.include_router(module.router, prefix=API_PREFIX)
    app.include_router(pages.router)
    static = resources.files(frontend) / "static"
    app.mount("/static", StaticFiles(directory=str(static)), name="static")
    return app
