"""Say of a pick that it is not wanted tonight or ever, or was seen already; take it back."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.routes.slates import NO_PICK, PickId
from app.backend.domain.signals import SignalKind
from app.backend.workflows import signals

router = APIRouter(route_class=Guarded, tags=["recommendations"])

Kind = Annotated[SignalKind, Path()]


@router.put(
    "/recommendations/{recommendation_id}/signals/{kind}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=NO_PICK,
)
def say_signal(household: HouseholdDep, recommendation_id: PickId, kind: Kind) -> None:
    """Say something of a pick, in place of what was said of it before.

    `not_tonight` lets the title rest for twelve hours; `never` hides it until that is taken back;
    `seen` lets it rest as if it had been watched now, and Encore asks how it was.
    """
    with household.database.writing() as session:
        signals.say(session, recommendation_id, kind, household.clock)


@router.delete(
    "/recommendations/{recommendation_id}/signals/{kind}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=NO_PICK,
)
def take_back_signal(household: HouseholdDep, recommendation_id: PickId, kind: Kind) -> None:
    """Take back what was said of a pick; where it does not stand, nothing changes."""
    with household.database.writing() as session:
        signals.take_back(session, recommendation_id, kind, household.clock)
