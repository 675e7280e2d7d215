"""What members watched and rated elsewhere: bring it, and say which titles that means."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Query

from app.backend.api.dependencies import BodyDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.history_schemas import (
    CandidateOut,
    CandidatesOut,
    EntriesOut,
    EntryOut,
    HistoriesOut,
    HistoryImportOut,
    Meaning,
    MemberHistoryOut,
    NoMeaning,
)
from app.backend.api.paging import Cursor, Limit, page_of
from app.backend.api.schemas import WRONG, ErrorEnvelope, Name
from app.backend.domain.progress import silent
from app.backend.sources.history_files import history_source
from app.backend.workflows import histories
from app.backend.workflows.history_work import HistoryWork
from app.backend.workflows.imports import import_here

router = APIRouter(route_class=Guarded, tags=["histories"])

# What messages call a file that has no name.
SENT: Final = "The body"
NO_ENTRY: Final = {"model": ErrorEnvelope, "description": "There is no such entry."}
NO_TITLE: Final = {"model": ErrorEnvelope, "description": "There is no such entry, or title."}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

EntryId = Annotated[int, Path(ge=1, le=2**53)]
Member = Annotated[Name | None, Query(description="Whose it is; none: the household's.")]
Said = Annotated[Meaning | NoMeaning, Body()]


@router.post(
    "/histories",
    response_model=HistoryImportOut,
    responses={422: {"model": ErrorEnvelope, "description": "It is no history, or nobody's."}},
    openapi_extra=_BODY,
)
def import_history(
    household: HouseholdDep, body: BodyDep, member: Member = None
) -> HistoryImportOut:
    """Bring the file that Letterboxd, IMDb or Trakt exported; which it is, it says itself.

    It is one member's, or the household's, and nobody else's. Sent again, only what is new changes.
    """
    source = history_source(body, SENT, latest_year=household.clock().year + 2)
    counts = import_here(household, HistoryWork(source, "", member), silent)
    return HistoryImportOut.model_validate({"source": source.name, **counts})


@router.get("/histories")
def list_histories(household: HouseholdDep) -> HistoriesOut:
    """List whose histories there are, from where, and how much of them was found."""
    with household.database.reading() as session:
        found = histories.facts(session)
    return HistoriesOut(histories=[MemberHistoryOut.model_validate(one) for one in found])


@router.get("/histories/unmatched", responses={422: WRONG})
def list_unmatched_entries(
    household: HouseholdDep, limit: Limit = 50, cursor: Cursor = None
) -> EntriesOut:
    """List the entries of which nobody knows the title, by their numbers."""
    with household.database.reading() as session:
        found = histories.unmatched(session, cursor or 0, limit + 1)
    shown, after = page_of(found, limit, lambda entry: entry.id)
    return EntriesOut(entries=[EntryOut.model_validate(one) for one in shown], next_cursor=after)


@router.get("/histories/decisions", responses={422: WRONG})
def list_decided_entries(
    household: HouseholdDep, limit: Limit = 50, cursor: Cursor = None
) -> EntriesOut:
    """List the entries of which somebody said what they mean, by their numbers."""
    with household.database.reading() as session:
        decided = histories.decisions(session, cursor or 0, limit + 1)
    shown, after = page_of([one.entry for one in decided], limit, lambda entry: entry.id)
    return EntriesOut(entries=[EntryOut.model_validate(one) for one in shown], next_cursor=after)


@router.get("/histories/entries/{entry_id}", responses={404: NO_ENTRY, 422: WRONG})
def get_entry(household: HouseholdDep, entry_id: EntryId) -> EntryOut:
    """Tell one entry, matched or not."""
    with household.database.reading() as session:
        return EntryOut.model_validate(histories.one_entry(session, entry_id))


@router.get("/histories/entries/{entry_id}/candidates", responses={404: NO_ENTRY, 422: WRONG})
def list_candidates(household: HouseholdDep, entry_id: EntryId) -> CandidatesOut:
    """List the titles of the library that an entry could mean, the most alike first."""
    with household.database.reading() as session:
        found = histories.candidates_for(session, entry_id)
    return CandidatesOut(candidates=[CandidateOut.model_validate(one) for one in found])


@router.put("/histories/entries/{entry_id}", responses={404: NO_TITLE, 422: WRONG})
def say_meaning(household: HouseholdDep, entry_id: EntryId, said: Said) -> EntryOut:
    """Say which title an entry means, that it means none, or take either back.

    No later import says otherwise.
    """
    with household.database.writing() as session:
        if isinstance(said, NoMeaning):
            found = histories.set_aside(session, entry_id)
        elif said.media_id is None:
            found = histories.unassign(session, entry_id)
        else:
            found = histories.assign(session, entry_id, said.media_id)
    return EntryOut.model_validate(found)
