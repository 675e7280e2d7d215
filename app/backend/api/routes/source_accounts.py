"""Whose accounts of a media server are whose, where it tells of them, what is written to it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response, status

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.routes.sources import NO_SOURCE, UNREAD, SourceId, source_of
from app.backend.api.schemas import ErrorEnvelope
from app.backend.api.source_schemas import (
    AccountKey,
    PeopleRequest,
    RatingPlanOut,
    RatingsWrittenOut,
    RatingWriteOut,
    ServerAccountOut,
    ServerAccountsOut,
    ServerLibrariesOut,
    ServerLibraryOut,
    SourcePeopleOut,
    SourcePersonOut,
    WebhookOut,
    WebhooksOut,
)
from app.backend.api.webhook_addresses import webhook_addresses
from app.backend.domain.errors import Conflict
from app.backend.domain.progress import silent
from app.backend.workflows import connections, person_keys, rating_writes
from app.backend.workflows.connections import SERVERS, ConnectedSource, Looked, Person
from app.backend.workflows.household import Household

router = APIRouter(route_class=Guarded, tags=["sources"])

MOST_SHOWN: Final = 200
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    404: NO_SOURCE,
    409: {"model": ErrorEnvelope, "description": "The source is a folder."},
    422: UNREAD,
}
BUSY: Final = {
    "model": ErrorEnvelope,
    "description": "Ratings are being written already, or the source is a folder.",
}

AccountId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[0-9A-Za-z-]+$")]


@router.get("/sources/{source_id}/libraries", responses=ANSWERS)
def list_source_libraries(household: HouseholdDep, source_id: SourceId) -> ServerLibrariesOut:
    """Ask a media server which libraries of films or series it has."""
    found = _looked(household, source_id).libraries
    return ServerLibrariesOut(libraries=[ServerLibraryOut.model_validate(one) for one in found])


@router.get("/sources/{source_id}/accounts", responses=ANSWERS)
def list_source_accounts(household: HouseholdDep, source_id: SourceId) -> ServerAccountsOut:
    """Ask a media server which accounts it has, and tell whose they are here."""
    users = _looked(household, source_id).users
    keyed = person_keys.keyed_accounts(household, source_id)
    member_of = {one.user_id: one.member for one in _people(household, source_id)}
    told = [
        ServerAccountOut(
            account_id=user.id,
            account_name=user.name,
            member=member_of.get(user.id),
            has_key=user.id in keyed,
        )
        for user in users
    ]
    return ServerAccountsOut(accounts=told)


@router.get("/sources/{source_id}/people", responses=ANSWERS)
def list_source_people(household: HouseholdDep, source_id: SourceId) -> SourcePeopleOut:
    """List whose accounts of a source are known; nobody is asked."""
    return _told(_people(household, _server(household, source_id).id))


@router.put("/sources/{source_id}/people", responses=ANSWERS)
def assign_source_people(
    household: HouseholdDep, source_id: SourceId, said: PeopleRequest
) -> SourcePeopleOut:
    """Say whose account is whose; of others all is forgotten, what they watched and rated too.

    An account never stands for somebody else: what the server's owner watched is theirs alone.
    """
    looked = _looked(household, source_id)
    users = [looked.account(one.account) for one in said.people]
    named = zip(users, said.people, strict=True)
    wanted = [(user.id, user.name, one.member) for user, one in named]
    with household.database.writing() as session:
        connections.assign_people(session, source_id, wanted)
    person_keys.forget_keys_of_nobody(household, source_id)
    return _told(_people(household, source_id))


@router.put(
    "/sources/{source_id}/accounts/{account_id}/key",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=ANSWERS,
)
def keep_own_key(
    household: HouseholdDep, source_id: SourceId, account_id: AccountId, said: AccountKey
) -> None:
    """Keep the key that an account of a Plex server has of its own, once the server has taken it.

    With it the account's ratings, and what it may see, are read too.
    """
    person_keys.set_person_key(household, _server(household, source_id).id, account_id, said.key)


@router.delete(
    "/sources/{source_id}/accounts/{account_id}/key",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=ANSWERS,
)
def forget_own_key(household: HouseholdDep, source_id: SourceId, account_id: AccountId) -> None:
    """Forget the key that an account of a Plex server has of its own."""
    person_keys.set_person_key(household, _server(household, source_id).id, account_id, None)


@router.get("/sources/{source_id}/webhook", responses=ANSWERS)
def get_source_webhook(
    household: HouseholdDep, request: Request, response: Response, source_id: SourceId
) -> WebhooksOut:
    """Tell where a media server can say what was watched there; keep it secret."""
    source = _server(household, source_id)
    response.headers["Cache-Control"] = "no-store"
    found = webhook_addresses(request, household, source)
    return WebhooksOut(webhooks=[WebhookOut(teller=one, url=found[one]) for one in found])


@router.get("/sources/{source_id}/ratings", responses=ANSWERS)
def plan_ratings(household: HouseholdDep, source_id: SourceId) -> RatingPlanOut:
    """Tell what would be written to a media server now: a dry run, which asks nobody."""
    plan = rating_writes.planned(household, _server(household, source_id).id)
    return RatingPlanOut(
        planned=len(plan.writes),
        writes=[RatingWriteOut.model_validate(one) for one in plan.writes[:MOST_SHOWN]],
        kept=plan.kept,
        without_key=plan.without_key,
    )


@router.post("/sources/{source_id}/ratings", responses={**ANSWERS, 409: BUSY})
def write_ratings(household: HouseholdDep, source_id: SourceId) -> RatingsWrittenOut:
    """Write what is planned, whether or not that happens by itself."""
    source = _server(household, source_id)
    return RatingsWrittenOut.model_validate(rating_writes.write(household, source.id, silent))


def _server(household: Household, source_id: int) -> ConnectedSource:
    """Return a source that has accounts.

    Raises
    ------
    NotFound, Conflict
        Where there is none of that number, or it is a folder.
    """
    source = source_of(household, source_id)
    if source.kind not in SERVERS:
        raise Conflict(f"{source.name} is a folder; only a server has accounts and libraries.")
    return source


def _looked(household: Household, source_id: int) -> Looked:
    return connections.accounts_of(household, _server(household, source_id).id)


def _people(household: Household, source_id: int) -> list[Person]:
    with household.database.reading() as session:
        return connections.people_of(session, source_id)


def _told(people: Sequence[Person]) -> SourcePeopleOut:
    told = [
        SourcePersonOut(account_id=one.user_id, account_name=one.user_name, member=one.member)
        for one in people
    ]
    return SourcePeopleOut(people=told)
