"""What was suggested and what was said of it: read, corrected, taken back, exported."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import Conflict, NotFound
from app.backend.domain.evidence import NOT_DRAWN
from app.backend.domain.history import Entry, Filter
from app.backend.domain.signals import SIGNAL_KINDS
from app.backend.store import history_reads, retractions
from app.backend.store.session import ReadSession, WriteSession

MOST_A_PAGE: Final = 30
BATCH: Final = 500
COLUMNS: Final = (
    "shown_at", "watched_at", "title", "year", "kind", "mood", "group_size", "session_length",
    "members", "rating", "would_watch_again", "member", "signal", "rated_at", "source",
)  # fmt: skip

# Spreadsheets carry out what begins so.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the history, the newest first.

    Attributes
    ----------
    entries : tuple of Entry
    before : int or None
        Where the next page begins; `None` on the last.
    evenings : int
        How often picks were asked for.
    """

    entries: tuple[Entry, ...]
    before: int | None
    evenings: int


def page(session: ReadSession, before: int | None, which: Filter, words: str) -> Page:
    """Return a page of what something was said of."""
    found = history_reads.read_before(session, before, MOST_A_PAGE + 1, which, words.strip())
    shown = found[:MOST_A_PAGE]
    more = shown[-1].recommendation_id if len(found) > MOST_A_PAGE else None
    return Page(tuple(shown), more, history_reads.count_evenings(session, NOT_DRAWN))


def entry(session: ReadSession, recommendation_id: int) -> Entry:
    """Return one entry.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    found = history_reads.read_one(session, recommendation_id)
    if found is None:
        raise NotFound(f"There is no recommendation {recommendation_id}; use the id of a pick.")
    return found


def retract(session: WriteSession, feedback_id: int, clock: Clock) -> int:
    """Take back what somebody said of a pick; training no longer reads it, and it is asked again.

    What was said is kept apart. Returns the id of the recommendation.

    Raises
    ------
    NotFound
        Where there is no such verdict.
    """
    return retractions.take_back_verdict(session, feedback_id, clock())


def unwatch(session: WriteSession, recommendation_id: int) -> None:
    """Forget that a pick was watched.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    Conflict
        Where somebody said how it was.
    """
    if not retractions.unwatch(session, recommendation_id):
        raise Conflict("Somebody said how it was, so it was watched; take the verdict back first.")


def ask_again(session: WriteSession, recommendation_id: int) -> None:
    """Ask again how a pick was.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    retractions.ask_again(session, recommendation_id)


def exported(session: ReadSession, after: int = 0) -> tuple[str, int | None]:
    """Return a part of the history as CSV, the oldest first, and after which id the next begins.

    Parts are read one by one, so that who loads them slowly keeps no reader open; the last has none
    after it. An entry has a line for each verdict, and one where there is none. A cell that a
    spreadsheet would carry out as a formula has an apostrophe before it.
    """
    found = history_reads.read_after(session, after, BATCH)
    told = [line for one in found for line in _rows(one)]
    next_part = found[-1].recommendation_id if len(found) == BATCH else None
    return _lines(told if after else [COLUMNS, *told]), next_part


def _rows(one: Entry) -> Iterator[tuple[object, ...]]:
    signal = one.signal if one.signal in SIGNAL_KINDS else None
    watched = None if one.watched_at is None else one.watched_at.isoformat()
    shown = (
        one.shown_at.isoformat(), watched, one.title, one.year, one.kind, one.mood,
        one.group_size, one.session_length, "|".join(one.members),
    )  # fmt: skip
    for said in one.verdicts:
        again = "yes" if said.would_watch_again else "no"
        at = said.at.isoformat()
        yield (*shown, said.rating, again, said.member, signal, at, said.source)
    if not one.verdicts:
        yield (*shown, None, None, None, signal, None, None)


def _lines(rows: Sequence[tuple[object, ...]]) -> str:
    held = io.StringIO()
    csv.writer(held).writerows([_harmless(cell) for cell in row] for row in rows)
    return held.getvalue()


def _harmless(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell.startswith(_FORMULA)
    return f"'{cell}" if is_formula else cell
