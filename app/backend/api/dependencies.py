"""What a route may ask for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.backend.api.trainer import Trainer
from app.backend.workflows.household import Household


@dataclass(frozen=True, slots=True)
class ApiState:
    """What lives as long as the application."""

    household: Household
    trainer: Trainer


def _household(request: Request) -> Household:
    state: ApiState = request.app.state.encore
    return state.household


def _trainer(request: Request) -> Trainer:
    state: ApiState = request.app.state.encore
    return state.trainer


HouseholdDep = Annotated[Household, Depends(_household)]
TrainerDep = Annotated[Trainer, Depends(_trainer)]
