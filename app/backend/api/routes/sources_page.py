"""The page Sources: what is connected, how it stands, and connecting more."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response

from app.backend.api import sources_view
from app.backend.api.addresses import led_to
from app.backend.api.dependencies import HouseholdDep, ImporterDep
from app.backend.api.guarded import Guarded
from app.backend.api.messages import N_
from app.backend.api.routes.sources import source_of
from app.backend.api.source_forms import ConnectForm
from app.backend.api.sources_view import Reads
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, TongueDep
from app.backend.domain.errors import Conflict, EncoreError, InputError, SourceError
from app.backend.store.session import ReadSession
from app.backend.workflows import browse, connections, imports, shelf, source_values, sync_work
from app.backend.workflows.household import Household
from app.backend.workflows.sync_work import SyncWork

router = APIRouter(route_class=Guarded, include_in_schema=False)

NOTICES: Final = {
    "begun": N_("It is being read. You may leave this page; it goes on."),
    "kept": N_("Nothing was taken off the shelf. The next reading asks again if they are gone."),
    "disconnected": N_("Disconnected. Its titles left the shelf; your verdicts stay."),
}

Notice = Annotated[str | None, Query(max_length=20)]
SourceId = Annotated[int, Form(ge=1, le=2**53)]


@dataclass(frozen=True, slots=True)
class _Said:
    """What is shown on top of the page: what was written, and what is wrong with it."""

    form: ConnectForm = field(default_factory=ConnectForm)
    problem: str | None = None
    notice: str | None = None


@router.get("/library/sources")
def sources_page(
    request: Request, household: HouseholdDep, tongue: TongueDep, notice: Notice = None
) -> Response:
    """Show the servers and folders that are read again and again, and how each stands."""
    told = tongue.gettext(NOTICES[notice]) if notice in NOTICES else None
    return render(request, "sources.html", _page(household, tongue, _Said(notice=told)))


@router.post("/library/sources")
def connect_source(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    said: Annotated[ConnectForm, Form()],
) -> Response:
    """Connect a server or a folder, once it has said who it is, and lead to its own page."""
    try:
        made = connections.connect(household, said.wanted())
    except (InputError, SourceError) as error:
        page = _page(household, tongue, _Said(said, error.message))
        return render(request, "sources.html", page, error.status)
    return led_to(request, f"/library/sources/{made.id}?notice=connected")


@router.post("/library/sources/readings")
def read_source_by_page(
    request: Request,
    household: HouseholdDep,
    importer: ImporterDep,
    tongue: TongueDep,
    source_id: SourceId,
    how: Annotated[Literal["changes", "everything", "confirmed"], Form()] = "changes",
) -> Response:
    """Begin to read a source: what changed, all of it, or although many titles would go."""
    source = source_of(household, source_id)
    work = SyncWork(source, is_whole=how == "everything", is_confirmed=how == "confirmed")
    try:
        importer.begin_work(work)
    except Conflict as error:
        return _refused(request, household, tongue, error)
    return led_to(request, f"/library/sources?notice=begun#source-{source_id}")


@router.post("/library/sources/keeping")
def keep_titles_by_page(request: Request, household: HouseholdDep, source_id: SourceId) -> Response:
    """Answer that titles which are gone from a source stay here for now."""
    with household.database.writing() as session:
        sync_work.keep_titles(session, source_id, household.clock())
    return led_to(request, f"/library/sources?notice=kept#source-{source_id}")


def reads_of(session: ReadSession, at: datetime) -> Reads:
    """Return how sources stand at a moment."""
    titles = {one.name: one.titles for one in shelf.sources(session)}
    return Reads(titles, imports.last_of_each(session), at)


def _page(household: Household, tongue: Tongue, said: _Said) -> dict[str, Any]:
    with household.database.reading() as session:
        found, reads = connections.connected(session), reads_of(session, household.clock())
        under_way, demo = imports.running(session), browse.is_demo(session)
    cards = sources_view.source_cards(found, reads, tongue)
    return {
        "page": "library",
        "tab": "sources",
        "demo": demo,
        "cards": cards,
        "other": sources_view.other_import(under_way, cards, tongue),
        "is_alone": False,
        "is_busy": under_way is not None,
        "kinds": [(kind, tongue.gettext(name)) for kind, name in sources_view.KINDS.items()],
        "form": said.form,
        "longest_key": source_values.LONGEST_TOKEN,
        "most_hours": source_values.MOST_HOURS,
        "problem": said.problem,
        "notice": said.notice,
    }


def _refused(
    request: Request, household: Household, tongue: Tongue, error: EncoreError
) -> Response:
    """Show the page again, with why nothing was begun."""
    page = _page(household, tongue, _Said(problem=error.message))
    return render(request, "sources.html", page, error.status)
