"""The page of one source: whose accounts are whose, what is read, what it may tell, its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Path, Query, Request, Response

from app.backend.api import sources_view
from app.backend.api.addresses import led_to
from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.messages import N_
from app.backend.api.routes.sources import source_of
from app.backend.api.routes.sources_page import reads_of
from app.backend.api.source_forms import AccountsForm, AddressForm, ReadingForm
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, tongue_of
from app.backend.api.webhook_addresses import webhook_addresses
from app.backend.domain.errors import EncoreError, InputError, SourceError
from app.backend.domain.media_server import ServerFacts
from app.backend.store.session import ReadSession
from app.backend.workflows import (
    browse,
    connections,
    imports,
    people,
    person_keys,
    rating_writes,
    source_values,
)
from app.backend.workflows.connections import ConnectedSource, Looked
from app.backend.workflows.household import Household
from app.backend.workflows.rating_writes import Plan

router = APIRouter(route_class=Guarded, include_in_schema=False)

NOTICES: Final = {
    "connected": N_("Connected. Say whose account is whose, then bring its titles."),
    "people": N_("Saved. The next reading brings what they watched and rated there."),
    "reading": N_("Saved. It counts from the next reading on."),
    "writes": N_("Saved. They are written after readings, and some time after each verdict."),
    "writes-not": N_("Saved. Nothing is written any more; what was written stays."),
    "address": N_("Saved. It answers at this address, with this key."),
    "key": N_("Saved. The next reading brings all that this account rated, and what it may see."),
    "key-gone": N_("Forgotten. What this account rated there is not read any more."),
}

SourceId = Annotated[int, Path(ge=1, le=2**53)]
Notice = Annotated[str | None, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What asks for the keys of a source; nothing of it where they are not on this machine."""

    keyed: frozenset[str] = frozenset()
    webhooks: Mapping[str, str] = field(default_factory=dict)
    plan: Plan | None = None

    @classmethod
    def of(cls, request: Request, household: Household, source: ConnectedSource) -> "_Kept":
        if source.kind not in connections.SERVERS:
            return cls()
        try:
            return cls(
                person_keys.keyed_accounts(household, source.id),
                webhook_addresses(request, household, source),
                rating_writes.planned(household, source.id),
            )
        except SourceError:
            return cls()


@router.get("/library/sources/{source_id}")
def source_page(
    request: Request, household: HouseholdDep, source_id: SourceId, notice: Notice = None
) -> Response:
    """Show one source; a server is asked for its libraries and accounts."""
    return _page(request, household, source_id, notice=notice)


@router.post("/library/sources/{source_id}/people")
def assign_accounts(
    request: Request,
    household: HouseholdDep,
    source_id: SourceId,
    said: Annotated[AccountsForm, Form()],
) -> Response:
    """Say whose account is whose; of others all is forgotten."""
    try:
        with household.database.writing() as session:
            connections.assign_people(session, source_id, said.assigned())
        person_keys.forget_keys_of_nobody(household, source_id)
    except (InputError, SourceError) as error:
        return _page(request, household, source_id, error=error)
    return led_to(request, f"/library/sources/{source_id}?notice=people#people-heading")


@router.post("/library/sources/{source_id}/keys")
def keep_account_key(
    request: Request,
    household: HouseholdDep,
    source_id: SourceId,
    account: Annotated[str, Form(min_length=1, max_length=100)],
    key: Annotated[str, Form(max_length=source_values.LONGEST_TOKEN)] = "",
) -> Response:
    """Keep the key that an account has of its own; an empty one is forgotten."""
    try:
        person_keys.set_person_key(household, source_id, account, key or None)
    except (InputError, SourceError) as error:
        return _page(request, household, source_id, error=error)
    notice = "key" if key else "key-gone"
    return led_to(request, f"/library/sources/{source_id}?notice={notice}#people-heading")


@router.post("/library/sources/{source_id}/reading")
def change_reading(
    request: Request,
    household: HouseholdDep,
    source_id: SourceId,
    said: Annotated[ReadingForm, Form()],
) -> Response:
    """Say which libraries are read, how often, and how links to titles are written."""
    try:
        changes = said.changes(source_of(household, source_id))
        connections.change(household, source_id, changes)
    except (InputError, SourceError) as error:
        entered = said.model_dump()
        return _page(request, household, source_id, error=error, entered=entered)
    return led_to(request, f"/library/sources/{source_id}?notice=reading#reading-heading")


@router.post("/library/sources/{source_id}/ratings")
def choose_rating_writes(
    request: Request,
    household: HouseholdDep,
    source_id: SourceId,
    writes: Annotated[bool, Form()] = False,
) -> Response:
    """Say whether what is rated here is written to a server."""
    try:
        connections.change(household, source_id, {"writes_ratings": writes})
    except (InputError, SourceError) as error:
        return _page(request, household, source_id, error=error)
    notice = "writes" if writes else "writes-not"
    return led_to(request, f"/library/sources/{source_id}?notice={notice}#ratings-heading")


@router.post("/library/sources/{source_id}/address")
def change_source_address(
    request: Request,
    household: HouseholdDep,
    source_id: SourceId,
    said: Annotated[AddressForm, Form()],
) -> Response:
    """Say where a source is now, or give it another key, once it answers to them."""
    try:
        changes = said.changes(source_of(household, source_id))
        connections.change(household, source_id, changes)
    except (InputError, SourceError) as error:
        entered = {"address": said.address}
        return _page(request, household, source_id, error=error, entered=entered)
    return led_to(request, f"/library/sources/{source_id}?notice=address#address-heading")


@router.post("/library/sources/{source_id}/removal")
def disconnect_source(request: Request, household: HouseholdDep, source_id: SourceId) -> Response:
    """Forget a source and its keys; its titles leave the shelf."""
    connections.disconnect(household, source_id)
    return led_to(request, "/library/sources?notice=disconnected")


def _page(
    request: Request,
    household: Household,
    source_id: int,
    *,
    notice: str | None = None,
    error: EncoreError | None = None,
    entered: Mapping[str, Any] | None = None,
) -> Response:
    tongue = tongue_of(request)
    with household.database.reading() as session:
        source = connections.source(session, source_id)
        known = connections.people_of(session, source_id)
        standing = _standing(session, source, household.clock(), tongue)
    looked, unreachable = _looked(household, source)
    kept = _Kept.of(request, household, source)
    written = {"every_hours": source.every_hours or "", "link": source.link or ""}
    context = {
        **standing,
        **sources_view.of_kind(source),
        "notice": tongue.gettext(NOTICES[notice]) if notice in NOTICES else None,
        "problem": None if error is None else error.message,
        "unreachable": unreachable,
        "accounts": sources_view.account_rows(looked.users, known, kept.keyed),
        "libraries": sources_view.library_rows(looked.libraries, source.libraries),
        "entered": {**written, "address": source.address, **(entered or {})},
        "webhooks": kept.webhooks,
        "plan": None if kept.plan is None else sources_view.plan_view(kept.plan, tongue),
    }
    return render(request, "source.html", context, 200 if error is None else error.status)


def _standing(
    session: ReadSession, source: ConnectedSource, at: datetime, tongue: Tongue
) -> dict[str, Any]:
    """Return what the page shows of a source without asking anybody."""
    card = sources_view.source_card(source, reads_of(session, at), tongue)
    under_way = imports.running(session)
    return {
        "page": "library",
        "tab": "sources",
        "demo": browse.is_demo(session),
        "card": card,
        "is_alone": True,
        "is_busy": under_way is not None,
        "other": sources_view.other_import(under_way, [card], tongue),
        "people": people.everybody(session),
        "writes_ratings": source.writes_ratings,
        "most_hours": source_values.MOST_HOURS,
        "longest_key": source_values.LONGEST_TOKEN,
    }


def _looked(household: Household, source: ConnectedSource) -> tuple[Looked, str | None]:
    """Return what a server tells of itself, or nothing and why."""
    nothing = Looked(ServerFacts("", "", ""), [], [])
    if source.kind not in connections.SERVERS:
        return nothing, None
    try:
        return connections.accounts_of(household, source.id), None
    except (InputError, SourceError) as error:
        return nothing, error.message
