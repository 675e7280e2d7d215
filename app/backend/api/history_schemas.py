"""What goes over the wire of imports and histories: strict, bounded, documented."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.backend.api.list_schemas import RefusalOut
from app.backend.api.schemas import Id, Strict, Told
from app.backend.workflows.imports import ImportFacts


class LibraryImportOut(BaseModel):
    """One reading of a source, a table or a history.

    `state` is running, done, failed or interrupted. `read` of `total` entries are read so far;
    `total` is null where nobody knows. `counts` says what became of them, once it is done; the
    first `refusals` come with their reasons. `problem` says why nothing came of it. `place` is the
    server, folder or file; empty where a program sent it. `member` is whose history it is; null
    where it is no history, or the household's.
    """

    id: int
    source: str
    place: str
    state: str
    read: int
    total: int | None
    counts: dict[str, int]
    refusals: list[RefusalOut]
    member: str | None
    problem: str | None
    started_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, facts: ImportFacts) -> "LibraryImportOut":
        """Tell an import."""
        return cls(
            id=facts.id,
            source=facts.source,
            place=facts.place,
            state=facts.state,
            read=facts.read,
            total=facts.total,
            counts=_numbers(facts.counts),
            refusals=[RefusalOut(**one) for one in facts.counts.get("refusals", ())],
            member=facts.counts.get("member"),
            problem=facts.problem,
            started_at=facts.started_at,
            finished_at=facts.finished_at,
        )


class LibraryImportsOut(BaseModel):
    """Imports, the newest first; the oldest are forgotten."""

    imports: list[LibraryImportOut]
    next_cursor: str | None


class HistoryImportOut(BaseModel):
    """What became of a history: added, updated, unchanged and refused are all of it.

    So are matched, unmatched, set aside and refused. `ambiguous` are those of the unmatched that
    fit several titles equally well. The first `refusals` come with their reasons. `member` null:
    it is the household's.
    """

    source: str
    member: str | None
    added: int
    updated: int
    unchanged: int
    refused: int
    matched: int
    unmatched: int
    ambiguous: int
    set_aside: int
    refusals: list[RefusalOut]


class MemberHistoryOut(Told):
    """How many entries a member has of a source; `member` null is the household."""

    source: str
    member: str | None
    entries: int
    matched: int
    unmatched: int
    set_aside: int
    noted_at: datetime


class HistoriesOut(BaseModel):
    """What was brought from where, and for whom."""

    histories: list[MemberHistoryOut]


class EntryOut(Told):
    """An entry of a history, rated from 1 to 5. `kind` is empty where the file does not tell.

    `media_id` is the title that it means; `is_assigned`: somebody said so. `is_set_aside`: somebody
    said that it means none of the household's.
    """

    id: int
    source: str
    member: str | None
    title: str
    kind: str
    year: int | None
    ids: list[str]
    rating: int | None
    at: datetime | None
    media_id: int | None
    is_assigned: bool
    is_set_aside: bool


class EntriesOut(BaseModel):
    """Entries of histories, by their numbers."""

    entries: list[EntryOut]
    next_cursor: str | None


class CandidateOut(Told):
    """A title that an entry could mean; one that left the shelf was watched all the same."""

    media_id: int
    title: str
    kind: str
    year: int | None
    is_removed: bool


class CandidatesOut(BaseModel):
    """Titles that an entry could mean, the most alike first."""

    candidates: list[CandidateOut]


class Meaning(Strict):
    """The title that an entry means; null takes back what was said of it."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"media_id": 7}]}
    )

    media_id: Id | None


class NoMeaning(Strict):
    """That an entry means none of the household's titles."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"set_aside": True}]}
    )

    set_aside: Literal[True]


def _numbers(counts: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in counts.items() if type(value) is int}
