"""What media servers tell of what was just watched there; the address itself is the secret."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, status
from pydantic import BaseModel

from app.backend.api.dependencies import BodyDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.metrics import Meters
from app.backend.api.schemas import ErrorEnvelope
from app.backend.domain.errors import EncoreError
from app.backend.domain.media_server import Notice
from app.backend.workflows import notices
from app.backend.workflows.connections import JELLYFIN, PLEX, ConnectedSource
from app.backend.workflows.elsewhere import ASKED
from app.backend.workflows.household import Household
from app.backend.workflows.notices import TAUTULLI, webhook_path

router = APIRouter(route_class=Guarded, tags=["webhooks"])

REFUSED: Final = "refused"
JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
ID: Final = "f27caa37e5142225ccedded48f6553a2"

Secret = Annotated[str, Path(description="The secret of one source.")]


class NoticeOut(BaseModel):
    """What became of a message.

    `kept` says whether anything was. `asked`: Encore asks how it was. `known`: that is asked
    already. `noted`: it counts as watched or rated there, and nobody is asked. `nothing`: it tells
    of nothing that was watched or rated. `nobody`: the account belongs to no member here.
    `unknown_title`: the library does not hold it. `other_server`: it was played somewhere else.
    """

    kept: bool
    outcome: str


_TOLD: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "It was understood.",
        "content": {JSON: {"example": {"kept": True, "outcome": ASKED}}},
    },
    404: {"model": ErrorEnvelope, "description": "No source has this secret."},
    413: {"model": ErrorEnvelope, "description": "It is larger than any message."},
    422: {"model": ErrorEnvelope, "description": "It is no message of this kind."},
}


def _body(schema: dict[str, Any], *, is_form: bool = False) -> dict[str, Any]:
    form = {"type": "object", "properties": {"payload": {"type": "string"}}}
    content = {JSON: {"schema": schema}, **({FORM: {"schema": form}} if is_form else {})}
    return {"requestBody": {"required": True, "content": content}}


_JELLYFIN: Final = {
    "title": "JellyfinNotice",
    "type": "object",
    "properties": {"NotificationType": {"type": "string"}},
    "examples": [
        {
            "NotificationType": "PlaybackStop",
            "PlayedToCompletion": True,
            "ItemType": "Movie",
            "ItemId": ID,
            "UserId": ID,
        }
    ],
}
_PLEX: Final = {
    "title": "PlexNotice",
    "type": "object",
    "properties": {"event": {"type": "string"}},
    "examples": [
        {
            "event": "media.scrobble",
            "Account": {"id": 1, "title": "ada"},
            "Metadata": {"type": "movie", "ratingKey": "1049", "title": "Heat", "year": 1995},
        }
    ],
}
_TAUTULLI: Final = {
    "title": "TautulliNotice",
    "type": "object",
    "properties": {"rating_key": {"type": "string"}, "media_type": {"type": "string"}},
    "examples": [
        {"action": "watched", "media_type": "movie", "rating_key": "1049", "user_id": "1"}
    ],
}


@router.post(
    webhook_path("{secret}", JELLYFIN),
    status_code=status.HTTP_202_ACCEPTED,
    responses=_TOLD,
    openapi_extra=_body(_JELLYFIN),
)
def hear_jellyfin(
    request: Request, household: HouseholdDep, body: BodyDep, secret: Secret
) -> NoticeOut:
    """Hear what Jellyfin's Webhook plugin tells: JSON, whatever its Content-Type says.

    What was played to its end asks how it was; the same message again asks nothing twice.
    """
    return _heard(request, household, JELLYFIN, secret, body)


@router.post(
    webhook_path("{secret}", PLEX),
    status_code=status.HTTP_202_ACCEPTED,
    responses=_TOLD,
    openapi_extra=_body(_PLEX, is_form=True),
)
def hear_plex(
    request: Request, household: HouseholdDep, body: BodyDep, secret: Secret
) -> NoticeOut:
    """Hear what Plex tells: a form whose field `payload` is JSON, or that JSON alone.

    A picture beside it is let go unread.
    """
    return _heard(request, household, PLEX, secret, body)


@router.post(
    webhook_path("{secret}", TAUTULLI),
    status_code=status.HTTP_202_ACCEPTED,
    responses=_TOLD,
    openapi_extra=_body(_TAUTULLI),
)
def hear_tautulli(
    request: Request, household: HouseholdDep, body: BodyDep, secret: Secret
) -> NoticeOut:
    """Hear what Tautulli tells of a Plex server, by the template of the documentation."""
    return _heard(request, household, TAUTULLI, secret, body)


def _heard(
    request: Request, household: Household, teller: str, secret: str, body: bytes
) -> NoticeOut:
    source = notices.source_of(household, secret, teller)
    meters: Meters = request.app.state.meters
    try:
        notice = notices.read(teller, body, request.headers.get("content-type", ""))
    except EncoreError:
        meters.notices.labels(teller, REFUSED).inc()
        raise
    outcome = notices.NOTHING if notice is None else _taken(household, source, notice)
    meters.notices.labels(teller, outcome).inc()
    return NoticeOut(kept=outcome in notices.KEPT, outcome=outcome)


def _taken(household: Household, source: ConnectedSource, notice: Notice) -> str:
    """Take a notice in; what nothing is kept of keeps no writer waiting."""
    with household.database.reading() as session:
        found = notices.meant(session, source, notice)
    if isinstance(found, str):
        return found
    with household.database.writing() as session:
        return notices.take(session, found, household.clock)
