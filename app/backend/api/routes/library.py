"""The library: list it, and bring titles."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from pydantic import ValidationError

from app.backend.api.dependencies import BodyDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.history_schemas import LibraryImportOut, LibraryImportsOut
from app.backend.api.invalid import invalid_body
from app.backend.api.list_schemas import (
    ImportOut,
    ImportRequest,
    RefusalOut,
    TitleOut,
    TitleRecordIn,
    TitlesOut,
)
from app.backend.api.openapi import REFERENCE
from app.backend.api.paging import Cursor, Limit, page_of
from app.backend.api.schemas import WRONG, ErrorEnvelope, Id
from app.backend.domain.progress import silent
from app.backend.domain.title import TitleRecord
from app.backend.sources.library_source import LibrarySource
from app.backend.sources.sent_table import SentTable
from app.backend.sources.sent_titles import SentTitles
from app.backend.workflows import lists, standings
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.imports import gathered, note

router = APIRouter(route_class=Guarded, tags=["library"])

MOST_REFUSALS: Final = 100
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ImportRequest.model_json_schema(ref_template=REFERENCE)},
        },
    }
}


@router.get("/titles", responses={422: WRONG})
def list_titles(household: HouseholdDep, limit: Limit = 50, cursor: Cursor = None) -> TitlesOut:
    """List the titles that may be shown, by their numbers."""
    with household.database.reading() as session:
        found = lists.titles(session, cursor, limit)
        shown, after = page_of(found, limit, lambda title: title.media_id)
        places = standings.whereabouts(session, [one.media_id for one in shown])
    told = [TitleOut.of(one, places.get(one.media_id)) for one in shown]
    return TitlesOut(titles=told, next_cursor=after)


@router.get(
    "/titles/{media_id}",
    responses={404: {"model": ErrorEnvelope, "description": "No such title."}, 422: WRONG},
)
def get_title(household: HouseholdDep, media_id: Annotated[Id, InPath()]) -> TitleOut:
    """Describe a title of the library."""
    with household.database.reading() as session:
        found = lists.title(session, media_id)
        places = standings.whereabouts(session, [media_id])
    return TitleOut.of(found, places.get(media_id))


@router.post(
    "/library/imports",
    response_model=ImportOut,
    responses={422: {"model": ErrorEnvelope, "description": "What was sent cannot be read."}},
    openapi_extra=_BODY,
)
def import_titles(household: HouseholdDep, request: Request, body: BodyDep) -> ImportOut:
    """Bring titles, as JSON or as a CSV table (`text/csv`); again, only what is new changes.

    All of it is one transaction. What cannot become a title is refused, with its reason.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind == "text/csv":
        latest_year = household.clock().year + 2
        return _import(household, SentTable(body, "The body", latest_year=latest_year))
    try:
        said = ImportRequest.model_validate_json(body)
    except ValidationError as error:
        raise invalid_body(error) from None
    records = [_record(one, number) for number, one in enumerate(said.titles, start=1)]
    return _import(household, SentTitles(records))


@router.get("/library/imports", responses={422: WRONG})
def list_imports(
    household: HouseholdDep, limit: Limit = 50, cursor: Cursor = None
) -> LibraryImportsOut:
    """List imports, syncs and histories, the newest first."""
    with household.database.reading() as session:
        found = lists.imports(session, cursor, limit)
    shown, before = page_of(found, limit, lambda one: one.id)
    return LibraryImportsOut(
        imports=[LibraryImportOut.of(one) for one in shown], next_cursor=before
    )


@router.get(
    "/library/imports/{import_id}",
    responses={
        404: {"model": ErrorEnvelope, "description": "No such import, or it is forgotten."},
        422: WRONG,
    },
)
def get_import(household: HouseholdDep, import_id: Annotated[Id, InPath()]) -> LibraryImportOut:
    """Tell how far an import, a sync or a history is, or what came of it."""
    with household.database.reading() as session:
        return LibraryImportOut.of(lists.one_import(session, import_id))


def _import(household: HouseholdDep, source: LibrarySource) -> ImportOut:
    read = gathered(source, silent)
    with household.database.writing() as session:
        done = import_library(session, read, household.clock, silent)
        note(session, read.name, "", done, household.clock)
    return _told(done)


def _record(said: TitleRecordIn, number: int) -> TitleRecord:
    return TitleRecord(
        title=said.title,
        kind=said.kind,
        year=said.year,
        minutes=said.minutes,
        genres=tuple(said.genres),
        where=f"title {number}",
        external_id=said.id,
        community_rating=said.community_rating,
        age_rating=said.age_rating,
    )


def _told(done: Imported) -> ImportOut:
    counts = done.counts
    return ImportOut(
        read=counts.read,
        added=counts.added,
        updated=counts.updated,
        unchanged=counts.unchanged,
        refused=len(counts.refused),
        refusals=[RefusalOut.model_validate(one) for one in counts.refused[:MOST_REFUSALS]],
        unknown_genres=done.unknown_genres,
        without_minutes=done.without_minutes,
        demo_titles_retired=done.demo_titles_retired,
        entries_found=done.entries_found,
    )
