"""The page Library: what there is to choose from, where it is from, and bringing more."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile

from app.backend.api import library_view
from app.backend.api.addresses import led_to
from app.backend.api.dependencies import HouseholdDep, ImporterDep
from app.backend.api.guarded import Guarded
from app.backend.api.guards import MOST_TABLE_BYTES
from app.backend.api.import_view import import_row, import_rows
from app.backend.api.messages import N_
from app.backend.api.quality_view import quality_context
from app.backend.api.sent_files import folder_path, sent_file
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, TongueDep
from app.backend.domain.errors import (
    BodyTooLarge,
    Conflict,
    EncoreError,
    InvalidInput,
    SourceError,
)
from app.backend.sources.nfo_folder import NfoFolder
from app.backend.sources.sent_table import SentTable
from app.backend.workflows import browse, imports, shelf
from app.backend.workflows.household import Household
from app.backend.workflows.quality import quality_report
from app.backend.workflows.shelf import Wanted

router = APIRouter(route_class=Guarded, include_in_schema=False)

LONGEST_SEARCH: Final = 100
LONGEST_PATH: Final = 4_096
NO_TABLE: Final = "No file was chosen; choose a table saved as CSV."
NOTICES: Final = {
    "begun": N_("The import has begun. You may leave this page; it goes on."),
    "hidden": N_("The title is hidden. You find it under Hidden, to show it again."),
}

Search = Annotated[str, Query(max_length=LONGEST_SEARCH)]
Kind = Literal["", "movie", "series"]
After = Annotated[int | None, Query(ge=1, le=2**53)]
Notice = Annotated[str | None, Query(max_length=20)]
TitleId = Annotated[int, Form(ge=1, le=2**53)]


async def _wanted(q: Search = "", kind: Kind = "", after: After = None) -> Wanted:
    return Wanted("shown", q, kind, after)


@router.get("/library")
def library(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    wanted: Annotated[Wanted, Depends(_wanted)],
    notice: Notice = None,
) -> Response:
    """Show what there is to choose from, where it is from, and a page of the titles."""
    said = {"notice": tongue.gettext(NOTICES[notice]) if notice in NOTICES else None}
    return render(request, "library.html", _library(household, tongue, wanted) | said)


@router.get("/library/quality")
def library_quality(request: Request, household: HouseholdDep, tongue: TongueDep) -> Response:
    """Show how good the data are that training reads, as they are now."""
    with household.database.reading() as session:
        report = quality_report(session, household.clock)
        demo = browse.is_demo(session)
    page = {"page": "library", "tab": "quality", "demo": demo, "as_of": household.clock()}
    return render(request, "library_quality.html", quality_context(report, tongue) | page)


@router.get("/library/progress")
def import_progress(request: Request, household: HouseholdDep, tongue: TongueDep) -> Response:
    """Show how far the import under way is, as a part of a page."""
    with household.database.reading() as session:
        found = imports.running(session)
    shown = None if found is None else import_row(found, tongue)
    return render(request, "_import_progress.html", {"running": shown})


@router.post("/library/files")
def bring_file(
    request: Request,
    household: HouseholdDep,
    importer: ImporterDep,
    tongue: TongueDep,
    file: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    """Begin to import a table that is sent; it is kept only while it is read."""
    try:
        name, content = sent_file(file, MOST_TABLE_BYTES, NO_TABLE, "table.csv")
        latest_year = household.clock().year + 2
        importer.begin(SentTable(content, name, latest_year=latest_year), name)
    except (InvalidInput, Conflict, BodyTooLarge) as error:
        return _refused(request, household, tongue, error)
    return led_to(request, "/library?notice=begun#sources-heading")


@router.post("/library/folders")
def bring_folder(
    request: Request,
    household: HouseholdDep,
    importer: ImporterDep,
    tongue: TongueDep,
    folder: Annotated[str, Form(max_length=LONGEST_PATH)],
) -> Response:
    """Begin to import the NFO files below a folder of the server's machine."""
    try:
        path = folder_path(folder.strip())
        importer.begin(NfoFolder(path, latest_year=household.clock().year + 2), str(path))
    except (InvalidInput, Conflict, SourceError) as error:
        return _refused(request, household, tongue, error, {"folder": folder})
    return led_to(request, "/library?notice=begun#sources-heading")


@router.post("/library/titles/hidden")
def hide_title(
    request: Request,
    household: HouseholdDep,
    media_id: TitleId,
    q: Annotated[str, Form(max_length=LONGEST_SEARCH)] = "",
    kind: Annotated[Kind, Form()] = "",
    after: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Hide a title until it is shown again, and lead back to where that was said."""
    with household.database.writing() as session:
        shelf.hide(session, media_id, household.clock)
    asked = {"q": q, "kind": kind, "after": after if after.isdecimal() else "", "notice": "hidden"}
    query = urlencode({name: said for name, said in asked.items() if said})
    return led_to(request, f"/library?{query}#titles-heading")


def _library(household: Household, tongue: Tongue, wanted: Wanted) -> dict[str, Any]:
    """Return what the page shows, whatever is said on top of it."""
    with household.database.reading() as session:
        found = shelf.overview(session)
        titles = shelf.titles(session, wanted)
        last = imports.last_imports(session)
        demo = browse.is_demo(session)
    under_way = next((one for one in last if one.state == imports.RUNNING), None)
    count = found.counts.titles
    return {
        "page": "library",
        "tab": "overview",
        "demo": demo,
        "is_empty": not count and not found.counts.hidden,
        "counts": library_view.counts_of(found, tongue),
        "genres": library_view.genre_bars(found.genres, count, tongue),
        "sources": library_view.source_rows(found.sources, tongue),
        "imports": import_rows(last, tongue),
        "running": None if under_way is None else import_row(under_way, tongue),
        "titles": library_view.page_of_titles(titles, wanted, "/library", tongue),
        "wanted": wanted,
        "folder": "",
        "problem": None,
        "most_bytes": MOST_TABLE_BYTES,
        "most_megabytes": MOST_TABLE_BYTES // 2**20,
    }


def _refused(
    request: Request,
    household: Household,
    tongue: Tongue,
    error: EncoreError,
    kept: dict[str, str] | None = None,
) -> Response:
    """Show the page again, with why nothing was begun and with what was written."""
    page = _library(household, tongue, Wanted())
    context = {**page, **(kept or {}), "problem": error.message}
    return render(request, "library.html", context, error.status)
