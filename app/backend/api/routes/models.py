"""See which versions of the model there are, what sets them apart, and which served when."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BeforeValidator

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.model_schemas import (
    VERSION_PATTERN,
    HistoryOut,
    ModelOut,
    ModelsOut,
    PeriodOut,
)
from app.backend.api.paging import Cursor, Limit, page_of
from app.backend.api.schemas import WRONG, ErrorEnvelope, written_out
from app.backend.domain.errors import InvalidInput
from app.backend.workflows import browse, lists
from app.backend.workflows.difference import Difference, difference
from app.backend.workflows.taste import CHAMPION, Taste, taste
from app.backend.workflows.versions import history, served_at

router = APIRouter(route_class=Guarded, tags=["models"])

VersionName = Annotated[str, Path(pattern=VERSION_PATTERN)]

CARD_FILES: Final = {"markdown": "card.md", "html": "card.html"}
CARD_TYPES: Final = {"markdown": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8"}
# A card is a page of its own: it may style itself, and nothing else.
CARD_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@router.get("/models", responses={422: WRONG})
def list_models(
    household: HouseholdDep,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(pattern=VERSION_PATTERN)] = None,
) -> ModelsOut:
    """List versions, the newest first, and say which one serves."""
    with household.database.reading() as session:
        champion = browse.champion(session)
        found = lists.versions(session, cursor, limit)
    shown, before = page_of(found, limit, lambda version: version.version)
    told = [ModelOut.model_validate(version) for version in shown]
    return ModelsOut(champion=champion, models=told, next_cursor=before)


@router.get(
    "/models/history",
    responses={422: {"model": ErrorEnvelope, "description": "The moment cannot be one."}},
)
def get_history(
    household: HouseholdDep,
    at: Annotated[
        datetime | None,
        Query(description="Only what served at this moment."),
        BeforeValidator(written_out),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> HistoryOut:
    """Tell what served from when until when, why, and who decided; the newest first."""
    if at is not None and at.tzinfo is None:
        raise InvalidInput(f"{at.isoformat()} has no time zone; write 2026-11-23T20:15:00Z.")
    with household.database.reading() as session:
        found = history(session) if at is None else [served_at(session, at.astimezone(UTC))]
    # Decisions are only added, so that a period keeps its number, counted from the oldest.
    numbered = list(zip(range(len(found), 0, -1), found, strict=True))
    rest = [one for one in numbered if cursor is None or one[0] < cursor]
    shown, before = page_of(rest[: limit + 1], limit, lambda one: one[0])
    told = [PeriodOut.model_validate(period) for _, period in shown]
    return HistoryOut(history=told, next_cursor=before)


@router.get(
    "/models/{version}",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        422: {"model": ErrorEnvelope, "description": "The name cannot be one."},
    },
)
def get_model(household: HouseholdDep, version: VersionName) -> ModelOut:
    """Describe one version."""
    with household.database.reading() as session:
        return ModelOut.model_validate(browse.version(session, version))


@router.get(
    "/models/{version}/taste",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        422: {
            "model": ErrorEnvelope,
            "description": "The name cannot be one, or its family has no moods of its own.",
        },
        500: {"model": ErrorEnvelope, "description": "Its files cannot be trusted or read."},
    },
)
def get_taste(household: HouseholdDep, version: VersionName) -> Taste:
    """Tell what a mood, company and session mean to a model, and what decides in it.

    `version` may be `champion` (what serves now, be it the rules) or `rules`. Means and standard
    deviations are in logits, relative to the average over moods, companies or sessions; a genre
    or length has what comes on top of `any title`. `importance` is each group's share of the
    variance of the logits over the library, within a context and over all 36; shares add up to 1.
    """
    with household.database.reading() as session:
        return taste(session, household.shelf, household.clock, version)


@router.get(
    "/models/{version}/difference",
    responses={
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        422: {"model": ErrorEnvelope, "description": "A name cannot be one."},
        500: {"model": ErrorEnvelope, "description": "Its files cannot be trusted or read."},
    },
)
def get_difference(
    household: HouseholdDep,
    version: VersionName,
    other: Annotated[str, Query(pattern=VERSION_PATTERN)] = CHAMPION,
) -> Difference:
    """Tell what sets two versions apart: origin, metrics, coefficients and top tens.

    Each may be `champion` or `rules`. What differs comes as a pair, the first version first.
    """
    with household.database.reading() as session:
        return difference(session, household.shelf, version, other, household.clock)


@router.get(
    "/models/{version}/card",
    response_class=Response,
    responses={
        200: {"content": {"text/markdown": {}, "text/html": {}}, "description": "The card."},
        404: {"model": ErrorEnvelope, "description": "There is no such version, or no card of it."},
        422: {"model": ErrorEnvelope, "description": "The name cannot be one."},
        500: {"model": ErrorEnvelope, "description": "The card is not what was written."},
    },
)
def get_card(
    household: HouseholdDep,
    version: VersionName,
    form: Annotated[Literal["markdown", "html"], Query(alias="format")] = "html",
) -> Response:
    """Return a version's model card: what it is, learnt from, good for, and not good for."""
    with household.database.reading() as session:
        found = browse.version(session, version)
        text = browse.card(household.shelf, found, CARD_FILES[form])
    headers = {"Content-Security-Policy": CARD_POLICY}
    return Response(text, media_type=CARD_TYPES[form], headers=headers)
