"""What a route may ask for. What only looks something up needs no thread."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.backend.api.access import Caller, caller_of
from app.backend.api.desk import Desk
from app.backend.api.porter import Porter
from app.backend.api.trainer import Trainer
from app.backend.workflows.household import Household
from app.backend.workflows.imports import Importer
from app.backend.workflows.posters import Posters


@dataclass(frozen=True, slots=True)
class ApiState:
    """What lives as long as the application."""

    household: Household
    trainer: Trainer
    porter: Porter
    desk: Desk
    importer: Importer
    posters: Posters


async def _household(request: Request) -> Household:
    state: ApiState = request.app.state.encore
    return state.household


async def _trainer(request: Request) -> Trainer:
    state: ApiState = request.app.state.encore
    return state.trainer


async def _desk(request: Request) -> Desk:
    state: ApiState = request.app.state.encore
    return state.desk


async def _importer(request: Request) -> Importer:
    state: ApiState = request.app.state.encore
    return state.importer


async def _posters(request: Request) -> Posters:
    state: ApiState = request.app.state.encore
    return state.posters


async def _caller(request: Request) -> Caller:
    return caller_of(request.scope)


async def _body(request: Request) -> bytes:
    return await request.body()


HouseholdDep = Annotated[Household, Depends(_household)]
TrainerDep = Annotated[Trainer, Depends(_trainer)]
DeskDep = Annotated[Desk, Depends(_desk)]
ImporterDep = Annotated[Importer, Depends(_importer)]
PostersDep = Annotated[Posters, Depends(_posters)]
CallerDep = Annotated[Caller, Depends(_caller)]
# For what is not JSON alone, or is read by another's rules.
BodyDep = Annotated[bytes, Depends(_body)]
