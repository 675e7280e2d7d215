"""Media servers and folders that are read again and again: connect, change, read, forget."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Request, Response, status

from app.backend.api.addresses import API_PREFIX, base_of
from app.backend.api.dependencies import HouseholdDep, ImporterDep
from app.backend.api.guarded import Guarded
from app.backend.api.history_schemas import LibraryImportOut
from app.backend.api.schemas import WRONG, ErrorEnvelope
from app.backend.api.sent_files import folder_path
from app.backend.api.source_schemas import (
    DisconnectedOut,
    SourceChange,
    SourceOut,
    SourceRequest,
    SourcesOut,
    SyncRequest,
)
from app.backend.domain.errors import InvalidInput
from app.backend.workflows import connections, lists, sync_work
from app.backend.workflows.connections import NFO, ConnectedSource, Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.source_values import library_ids
from app.backend.workflows.sync_work import SyncWork

router = APIRouter(route_class=Guarded, tags=["sources"])

SourceId = Annotated[int, Path(ge=1, le=2**53)]

NO_SOURCE: Final = {"model": ErrorEnvelope, "description": "There is no such source."}
UNREAD: Final = {
    "model": ErrorEnvelope,
    "description": "A value cannot be, or the server or folder cannot be read.",
}


@router.get("/sources")
def list_sources(household: HouseholdDep) -> SourcesOut:
    """List what is connected, the oldest first."""
    with household.database.reading() as session:
        found = connections.connected(session)
    return SourcesOut(sources=[SourceOut.model_validate(one) for one in found])


@router.post(
    "/sources",
    status_code=status.HTTP_201_CREATED,
    responses={
        409: {"model": ErrorEnvelope, "description": "It is connected already."},
        422: UNREAD,
    },
)
def create_source(
    household: HouseholdDep, request: Request, response: Response, said: SourceRequest
) -> SourceOut:
    """Connect a media server, once it has taken the key, or a folder. Nothing is read yet.

    No answer ever has a key in it.
    """
    address = str(folder_path(said.address)) if said.kind == NFO else said.address
    wanted = Wanted(said.kind, address, said.key or "", tuple(said.libraries), said.every_hours)
    made = connections.connect(household, wanted)
    response.headers["Location"] = f"{base_of(request.scope)}{API_PREFIX}/sources/{made.id}"
    return SourceOut.model_validate(made)


@router.get("/sources/{source_id}", responses={404: NO_SOURCE, 422: WRONG})
def get_source(household: HouseholdDep, source_id: SourceId) -> SourceOut:
    """Tell how a source stands."""
    return SourceOut.model_validate(source_of(household, source_id))


@router.patch("/sources/{source_id}", responses={404: NO_SOURCE, 422: UNREAD})
def change_source(household: HouseholdDep, source_id: SourceId, said: SourceChange) -> SourceOut:
    """Change a source; another address, or key, counts once the server answers to them."""
    source = source_of(household, source_id)
    changed = connections.change(household, source_id, _changes(household, source, said))
    return SourceOut.model_validate(changed)


@router.delete("/sources/{source_id}", responses={404: NO_SOURCE, 422: WRONG})
def delete_source(household: HouseholdDep, source_id: SourceId) -> DisconnectedOut:
    """Forget a source, its keys and what its accounts did; its titles leave the shelf."""
    return DisconnectedOut(removed=connections.disconnect(household, source_id))


@router.post(
    "/sources/{source_id}/syncs",
    status_code=status.HTTP_202_ACCEPTED,
    responses={
        404: NO_SOURCE,
        409: {"model": ErrorEnvelope, "description": "Something is being imported already."},
        422: WRONG,
    },
)
def create_sync(
    household: HouseholdDep,
    importer: ImporterDep,
    request: Request,
    response: Response,
    source_id: SourceId,
    wanted: Annotated[SyncRequest | None, Body()] = None,
) -> LibraryImportOut:
    """Begin to read what changed at a source; `Location` tells how far it is, and what came of it.

    A sync that would take away more than a fifth of the source's titles changes nothing: then the
    source `asks`.
    """
    said = wanted or SyncRequest()
    work = SyncWork(source_of(household, source_id), said.whole, said.confirm_removals)
    number = importer.begin_work(work)
    response.headers["Location"] = f"{base_of(request.scope)}{API_PREFIX}/library/imports/{number}"
    with household.database.reading() as session:
        return LibraryImportOut.of(lists.one_import(session, number))


@router.post("/sources/{source_id}/kept-titles", responses={404: NO_SOURCE, 422: WRONG})
def keep_titles(household: HouseholdDep, source_id: SourceId) -> SourceOut:
    """Keep the titles that a sync would have taken away; the next one asks again."""
    with household.database.writing() as session:
        kept = sync_work.keep_titles(session, source_id, household.clock())
    return SourceOut.model_validate(kept)


def source_of(household: Household, source_id: int) -> ConnectedSource:
    """Return a source.

    Raises
    ------
    NotFound
        Where there is none of that number.
    """
    with household.database.reading() as session:
        return connections.source(session, source_id)


def _changes(household: Household, source: ConnectedSource, said: SourceChange) -> dict[str, Any]:
    """Return what of a source is to be changed, as `connections.change` takes it."""
    changes = said.model_dump(exclude_unset=True)
    if source.kind == NFO:
        if changes.keys() - {"address", "every_hours"}:
            raise InvalidInput("A folder has an address and is read every so often, no more.")
        if "address" in changes:
            changes["address"] = str(folder_path(changes["address"]))
        return changes
    if "key" in changes:
        changes["token"] = changes.pop("key")
    if changes.get("libraries"):
        there = connections.accounts_of(household, source.id).libraries
        changes["libraries"] = library_ids(changes["libraries"], there)
    return changes
