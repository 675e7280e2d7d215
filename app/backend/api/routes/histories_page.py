"""The pages of histories: bringing them, and saying which titles their entries mean."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Path, Query, Request, Response, UploadFile

from app.backend.api import histories_view
from app.backend.api.addresses import led_to
from app.backend.api.dependencies import HouseholdDep, ImporterDep
from app.backend.api.guarded import Guarded
from app.backend.api.guards import MOST_HISTORY_BYTES
from app.backend.api.histories_view import MOST_GUESSES, NOTHING, PAGE_ENTRIES
from app.backend.api.import_view import import_row, import_rows, is_history
from app.backend.api.messages import N_
from app.backend.api.sent_files import sent_file
from app.backend.api.templates import render
from app.backend.api.tongue import Tongue, TongueDep
from app.backend.domain.errors import (
    BodyTooLarge,
    Conflict,
    EncoreError,
    InvalidInput,
    NotFound,
    SourceError,
)
from app.backend.sources.history_files import history_source
from app.backend.workflows import browse, histories, imports, people, shelf
from app.backend.workflows.history_work import HistoryWork
from app.backend.workflows.household import Household
from app.backend.workflows.shelf import Wanted

router = APIRouter(route_class=Guarded, include_in_schema=False)

PATH: Final = "/library/histories"
NO_FILE: Final = "No file was chosen; choose what Letterboxd, IMDb or Trakt exported."
# Whose a history is where it is nobody's alone.
HOUSEHOLD: Final = "household"
LONGEST_SEARCH: Final = 100
NOTICES: Final = {
    "begun": N_("It is being read. You may leave this page; it goes on."),
    "assigned": N_("Saved. Importing it again leaves that as it is."),
    "nothing": N_("Nothing was chosen, so nothing was changed."),
    "taken-back": N_("Taken back. It waits among those that were not found."),
}

After = Annotated[int, Query(ge=0, le=2**53)]
Notice = Annotated[str | None, Query(max_length=20)]
EntryId = Annotated[int, Path(ge=1, le=2**53)]
Said = Annotated[str, Form(max_length=20)]


@router.get(PATH)
def histories_page(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    after: After = 0,
    said_after: After = 0,
    notice: Notice = None,
) -> Response:
    """Show what histories brought, and which of their entries wait for somebody's word."""
    page = _page(household, tongue, after, said_after)
    told = tongue.gettext(NOTICES[notice]) if notice in NOTICES else None
    return render(request, "histories.html", {**page, "notice": told})


@router.post(f"{PATH}/files")
def bring_history(
    request: Request,
    household: HouseholdDep,
    importer: ImporterDep,
    tongue: TongueDep,
    member: Annotated[str, Form(max_length=20)] = "",
    file: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    """Begin to read a history that is sent, as one member's or as everybody's."""
    try:
        name, content = sent_file(file, MOST_HISTORY_BYTES, NO_FILE, "history")
        whose = _whose(household, member)
        source = history_source(content, name, latest_year=household.clock().year + 2)
        importer.begin_work(HistoryWork(source, name, whose))
    except (InvalidInput, NotFound, Conflict, BodyTooLarge, SourceError) as error:
        return _refused(request, household, tongue, error, member)
    return led_to(request, f"{PATH}?notice=begun#brought-heading")


@router.post(f"{PATH}/assignments")
def assign_entries(
    request: Request,
    household: HouseholdDep,
    entry: Annotated[list[Annotated[int, Form(ge=1, le=2**53)]], Form(max_length=PAGE_ENTRIES)],
    means: Annotated[list[Said], Form(max_length=PAGE_ENTRIES)],
    after: Annotated[int, Form(ge=0, le=2**53)] = 0,
) -> Response:
    """Say which titles entries mean, one row of the form each; most may be left as they are."""
    if len(entry) != len(means) or not all(map(_is_meaning, means)):
        raise InvalidInput("The form came incomplete; reload the page and send it again.")
    told = {one: said for one, said in zip(entry, means, strict=True) if said}
    with household.database.writing() as session:
        for one, said in told.items():
            if said == NOTHING:
                histories.set_aside(session, one)
            else:
                histories.assign(session, one, int(said))
    notice = "assigned" if told else "nothing"
    begin = f"after={after}&" if after else ""
    return led_to(request, f"{PATH}?{begin}notice={notice}#unmatched-heading")


@router.post(f"{PATH}/assignments/removal")
def take_back_assignment(
    request: Request, household: HouseholdDep, entry: Annotated[int, Form(ge=1, le=2**53)]
) -> Response:
    """Take back what was said of an entry."""
    with household.database.writing() as session:
        histories.unassign(session, entry)
    return led_to(request, f"{PATH}?notice=taken-back#said-heading")


@router.get(f"{PATH}/entries/{{entry_id}}")
def entry_page(
    request: Request,
    household: HouseholdDep,
    tongue: TongueDep,
    entry_id: EntryId,
    q: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "",
) -> Response:
    """Show one entry with the titles that it could mean, or with what a search finds."""
    with household.database.reading() as session:
        entry = histories.one_entry(session, entry_id)
        if q.strip():
            found = shelf.titles(session, Wanted("shown", q))[: shelf.PAGE_TITLES]
            rows = [histories_view.guess_row(one, tongue) for one in found]
        else:
            guesses = histories.guesses(session, [entry], MOST_GUESSES)[0]
            rows = [histories_view.guess_row(one, tongue) for one in guesses]
        demo = browse.is_demo(session)
    context = {
        "page": "library",
        "tab": "histories",
        "demo": demo,
        "entry": histories_view.entry_row(entry, tongue),
        "found": rows,
        "words": q,
        "nothing": NOTHING,
    }
    return render(request, "history_entry.html", context)


def _page(
    household: Household, tongue: Tongue, after: int = 0, said_after: int = 0
) -> dict[str, Any]:
    with household.database.reading() as session:
        facts, here = histories.facts(session), people.everybody(session)
        waiting = histories.unmatched(session, after, PAGE_ENTRIES + 1)
        said = histories.decisions(session, said_after, PAGE_ENTRIES + 1)
        guesses = histories.guesses(session, waiting[:PAGE_ENTRIES], MOST_GUESSES)
        last, demo = imports.remembered(session), browse.is_demo(session)
    under_way = next((one for one in last if one.state == imports.RUNNING), None)
    asked = {"after": after, "said_after": said_after}
    return {
        "page": "library",
        "tab": "histories",
        "demo": demo,
        "facts": histories_view.facts_rows(facts, tongue),
        "waiting": sum(one.unmatched for one in facts),
        "unmatched": histories_view.unmatched_rows(waiting[:PAGE_ENTRIES], guesses, tongue),
        "unmatched_pages": histories_view.pages_of(
            PATH, [one.id for one in waiting], asked, "after"
        ),
        "said": histories_view.decision_rows(said[:PAGE_ENTRIES], tongue),
        "said_pages": histories_view.pages_of(
            PATH, [one.entry.id for one in said], asked, "said_after"
        ),
        "after": after,
        "imports": import_rows([one for one in last if is_history(one)], tongue)[:5],
        "running": None if under_way is None else import_row(under_way, tongue),
        "people": here,
        "member": "",
        "household": HOUSEHOLD,
        "nothing": NOTHING,
        "problem": None,
        "most_bytes": MOST_HISTORY_BYTES,
        "most_megabytes": MOST_HISTORY_BYTES // 2**20,
    }


def _refused(
    request: Request, household: Household, tongue: Tongue, error: EncoreError, member: str
) -> Response:
    """Show the page again, with why nothing was begun, and whose it was to be."""
    page = _page(household, tongue)
    context = {**page, "problem": error.message, "member": member}
    return render(request, "histories.html", context, error.status)


def _whose(household: Household, member: str) -> str | None:
    """Return the name of the member that a form names; nothing is the household."""
    if member == HOUSEHOLD:
        return None
    with household.database.reading() as session:
        here = {str(person.id): person.name for person in people.everybody(session)}
    if member not in here:
        raise InvalidInput("Say whose history it is: one person's, or everybody's.")
    return here[member]


def _is_meaning(said: str) -> bool:
    """Say whether a form leaves an entry, says that it means nothing, or names a title."""
    return said in {"", NOTHING} or (said.isascii() and said.isdecimal() and 0 < int(said) < 2**53)
