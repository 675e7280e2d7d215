"""Histories from files: what members said of titles elsewhere, kept once; callers commit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.backend.domain.evidence import DEMO
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.ratings import stars
from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.rank_events import SOURCE as RANKED
from app.backend.store.session import take_turns
from app.backend.store.source_tables import HistoryEntryRow, TitleId
from app.backend.store.tables import Media

# The demo's titles leave with the demo, and nobody watched one of them.
MAY_BE_MEANT: Final = Media.source.not_in([RANKED, DEMO])
_COLUMNS: Final = (
    HistoryEntryRow.media_id,
    HistoryEntryRow.title,
    HistoryEntryRow.kind,
    HistoryEntryRow.year,
    HistoryEntryRow.ids,
    HistoryEntryRow.raw_rating,
    HistoryEntryRow.scale,
    HistoryEntryRow.rating,
    HistoryEntryRow.would_watch_again,
    HistoryEntryRow.is_watched,
    HistoryEntryRow.at,
)

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HistoryFiling:
    """Whose history is kept: the source's word, its scale, the member (or nobody), and when."""

    source: str
    scale: float
    member_id: int | None
    at: datetime


@dataclass(slots=True)
class WrittenHistory:
    """What became of entries; `unmatched` are the keys of those whose title nobody knows."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    set_aside: int = 0
    unmatched: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """A title that an entry may mean; one that left the shelf is still what was watched."""

    media_id: int
    title: str
    kind: str
    year: int | None
    identity: str
    is_removed: bool


def hold_histories(session: Session) -> None:
    """Let nobody else write histories until the transaction ends."""
    take_turns(session, "histories")


def write_entries(
    session: Session, filing: HistoryFiling, entries: Iterable[tuple[HistoryEntry, int | None]]
) -> WrittenHistory:
    """Keep entries, each with the title that it was found to mean, and say what became of them.

    An entry is found again by its key. What it does not tell this time stays as it was, a rating
    that was given earlier does not replace a later one, and what a person decided stands: the title
    that it was assigned to, or that it is set aside.
    """
    hold_histories(session)
    written = WrittenHistory()
    known = _known(session, filing)
    added, changed = list[Values](), list[Values]()
    for entry, media_id in entries:
        values, there = _values(entry, media_id, filing.scale), known.get(entry.key)
        if there is None:
            added.append({**values, "key": entry.key, **_filed(filing)})
        else:
            values = _merged(values, there)
            if any(there[name] != value for name, value in values.items()):
                changed.append({"id": there["id"], **values, "noted_at": filing.at})
            else:
                written.unchanged += 1
        if there is not None and there["is_set_aside"]:
            written.set_aside += 1
        elif values["media_id"] is None:
            written.unmatched.add(entry.key)
    written.new, written.changed = len(added), len(changed)
    if added:
        session.execute(insert(HistoryEntryRow), added)
    if changed:
        session.execute(update(HistoryEntryRow), changed)
    if added or changed:
        _changed(session)
    return written


def write_matches(session: Session, matches: Sequence[tuple[int, int]]) -> None:
    """Keep which titles some entries were found to mean: ids of entry and title."""
    if matches:
        rows = [{"id": entry_id, "media_id": media_id} for entry_id, media_id in matches]
        session.execute(update(HistoryEntryRow), rows)
        _changed(session)


def read_known_titles(session: Session) -> list[KnownTitle]:
    """Read every title that an entry may mean, by id."""
    query = (
        select(
            Media.id,
            Media.title,
            Media.kind,
            Media.year,
            Media.identity,
            Media.removed_at.is_not(None),
        )
        .where(MAY_BE_MEANT)
        .order_by(Media.id)
    )
    return [KnownTitle(*row) for row in session.execute(query)]


def read_title_ids(session: Session) -> list[tuple[str, int]]:
    """Read which ids mean which titles."""
    query = select(TitleId.key, TitleId.media_id).order_by(TitleId.key, TitleId.media_id)
    return [(row.key, row.media_id) for row in session.execute(query)]


def _known(session: Session, filing: HistoryFiling) -> dict[str, Values]:
    """Read what is kept of a member's history, by key."""
    row = HistoryEntryRow
    query = select(row.key, row.id, row.is_assigned, row.is_set_aside, *_COLUMNS).where(
        row.source == filing.source,
        row.member_id.is_(None) if filing.member_id is None else row.member_id == filing.member_id,
    )
    return {found["key"]: dict(found) for found in session.execute(query).mappings()}


def _values(entry: HistoryEntry, media_id: int | None, scale: float) -> Values:
    rating = None if entry.rating is None else stars(entry.rating, scale)
    return {
        "media_id": media_id,
        "title": entry.title,
        "kind": entry.kind,
        "year": entry.year,
        "ids": list(entry.ids),
        "raw_rating": None if rating is None else entry.rating,
        "scale": None if rating is None else scale,
        "rating": rating,
        "would_watch_again": entry.would_watch_again,
        "is_watched": entry.is_watched,
        "at": entry.at,
    }


def _merged(values: Values, there: Mapping[str, Any]) -> Values:
    """Return what stands of an entry that is there already and is told again."""
    merged = {name: there[name] if value is None else value for name, value in values.items()}
    merged["kind"] = values["kind"] or there["kind"]
    merged["ids"] = values["ids"] or there["ids"]
    merged["is_watched"] = values["is_watched"] or there["is_watched"]
    if there["is_assigned"] or there["is_set_aside"]:
        merged["media_id"] = there["media_id"]
    is_earlier = None not in (values["at"], there["at"]) and values["at"] < there["at"]
    is_rated = there["rating"] is not None
    if (is_rated and (values["rating"] is None or is_earlier)) or (
        is_earlier and values["rating"] is None
    ):
        kept = ("raw_rating", "scale", "rating", "at")
        merged |= {name: there[name] for name in kept}
    return merged


def _filed(filing: HistoryFiling) -> Values:
    return {
        "source": filing.source,
        "member_id": filing.member_id,
        "noted_at": filing.at,
        "is_assigned": False,
        "is_set_aside": False,
    }


def _changed(session: Session) -> None:
    session.expire_all()
    advance(session, VIEWINGS)
