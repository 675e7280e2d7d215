"""Decide which version serves, verify versions, and take old ones away."""

from typing import Annotated, Final

from fastapi import APIRouter, Body

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.model_schemas import (
    DecisionRequest,
    PromotionOut,
    PrunedOut,
    PruneRequest,
    VerificationOut,
    VerificationRequest,
    VerifiedOut,
)
from app.backend.api.routes.models import VersionName
from app.backend.api.schemas import ErrorEnvelope
from app.backend.workflows.retention import prune
from app.backend.workflows.versions import Wish, promote, roll_back, verify

router = APIRouter(route_class=Guarded, tags=["models"])

ACTOR: Final = "API"

Decision = Annotated[DecisionRequest | None, Body()]


@router.post(
    "/models/{version}/promotion",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        409: {
            "model": ErrorEnvelope,
            "description": "It serves already, or can no longer; or another does than expected.",
        },
        422: {"model": ErrorEnvelope, "description": "A value cannot be."},
        500: {"model": ErrorEnvelope, "description": "Its files cannot be trusted or read."},
    },
)
def promote_model(
    household: HouseholdDep, version: VersionName, decision: Decision = None
) -> PromotionOut:
    """Let a version serve from now on; its files are verified first."""
    wish = _wish(decision)
    done = promote(household.database, household.shelf, version, wish, household.clock)
    return PromotionOut.model_validate(done)


@router.post(
    "/models/rollback",
    responses={
        409: {
            "model": ErrorEnvelope,
            "description": "Nothing served before the rules, or another serves than was expected.",
        },
        422: {"model": ErrorEnvelope, "description": "A value cannot be."},
        500: {"model": ErrorEnvelope, "description": "Its files cannot be trusted or read."},
    },
)
def roll_back_model(household: HouseholdDep, decision: Decision = None) -> PromotionOut:
    """Let what served before serve again, be it the rules; the next request is answered by it."""
    wish = _wish(decision)
    done = roll_back(household.database, household.shelf, wish, household.clock)
    return PromotionOut.model_validate(done)


@router.post(
    "/models/verification",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        422: {"model": ErrorEnvelope, "description": "A value cannot be."},
    },
)
def verify_models(
    household: HouseholdDep, wanted: Annotated[VerificationRequest | None, Body()] = None
) -> VerificationOut:
    """Hash and open versions; what is damaged is set aside, and what served before it serves."""
    names = () if wanted is None else wanted.versions
    found = verify(household.database, household.shelf, household.clock, names)
    return VerificationOut(versions=[VerifiedOut.model_validate(one) for one in found])


@router.post(
    "/models/pruning",
    responses={422: {"model": ErrorEnvelope, "description": "A value cannot be."}},
)
def prune_models(
    household: HouseholdDep, wanted: Annotated[PruneRequest | None, Body()] = None
) -> PrunedOut:
    """Take away files of old versions; what serves, or could be rolled back to, stays."""
    said = wanted or PruneRequest()
    done = prune(
        household.database, household.shelf, said.keep, household.clock, rehearse=said.rehearse
    )
    return PrunedOut.model_validate(done)


def _wish(decision: DecisionRequest | None) -> Wish:
    said = decision or DecisionRequest()
    return Wish(ACTOR, said.reason, said.expected_champion)
