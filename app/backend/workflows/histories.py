"""Histories from elsewhere: read, matched to the library, kept; what is unmatched is for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.backend.domain.clock import Clock
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.ratings import SCALES
from app.backend.domain.title import Refusal
from app.backend.sources.history_source import HistorySource
from app.backend.store import history_rows, imported_entries
from app.backend.store.history_rows import HistoryFiling, KnownTitle
from app.backend.store.imported_entries import Decision, HistoryFacts, ImportedEntry
from app.backend.store.session import ReadSession, WriteSession
from app.backend.workflows.likeness import closest
from app.backend.workflows.matching import Matcher
from app.backend.workflows.people import called

__all__ = ["Decision", "HistoryFacts", "ImportedEntry", "KnownTitle"]


@dataclass(frozen=True, slots=True)
class HistoryImported:
    """What became of everything in a history.

    New, changed, unchanged and refused add up to what was read; so do matched, unmatched, set aside
    and refused. `ambiguous` are those of the unmatched that fit several titles equally well. No
    member is the household.
    """

    source: str
    member: str | None
    read: int
    new: int
    changed: int
    unchanged: int
    matched: int
    unmatched: int
    ambiguous: int
    set_aside: int
    refusals: tuple[Refusal, ...]

    @property
    def refused(self) -> int:
        """How many entries, or sorts of entries, were refused."""
        return len(self.refusals)


def import_history(
    session: WriteSession, source: HistorySource, member: str | None, clock: Clock
) -> HistoryImported:
    """Keep a history as one member's, or as the household's, in the caller's one transaction.

    It belongs to nobody else. The same history once more changes nothing, and no title that a
    person assigned is assigned anew.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where the history as a whole cannot be read.
    InvalidInput
        Where nobody here has that name.
    """
    # All of it is read before anything is locked.
    found = list(source.read())
    entries = [one for one in found if isinstance(one, HistoryEntry)]
    refusals = tuple(one for one in found if isinstance(one, Refusal))
    history_rows.hold_histories(session)
    whose = None if member is None else called(session, member)
    member_id = None if whose is None else whose.id
    filing = HistoryFiling(source.name, SCALES[source.name], member_id, clock())
    matcher = _matcher(session)
    matches = {entry.key: matcher.find(entry) for entry in entries}
    written = history_rows.write_entries(
        session, filing, [(entry, matches[entry.key].media_id) for entry in entries]
    )
    unmatched = len(written.unmatched)
    return HistoryImported(
        source=source.name,
        member=None if whose is None else whose.name,
        read=len(found),
        new=written.new,
        changed=written.changed,
        unchanged=written.unchanged,
        matched=len(entries) - unmatched - written.set_aside,
        unmatched=unmatched,
        ambiguous=sum(matches[key].candidates > 1 for key in written.unmatched),
        set_aside=written.set_aside,
        refusals=refusals,
    )


def rematch(session: WriteSession) -> int:
    """Look for the titles of unmatched entries again, after others came; say how many it found."""
    history_rows.hold_histories(session)
    waiting = imported_entries.read_unmatched(session)
    if not waiting:
        return 0
    matcher = _matcher(session)
    found = [(entry.id, matcher.find(entry).media_id) for entry in waiting]
    matches = [(entry_id, media_id) for entry_id, media_id in found if media_id is not None]
    history_rows.write_matches(session, matches)
    return len(matches)


def facts(session: ReadSession | WriteSession) -> list[HistoryFacts]:
    """Return how much each member brought from where."""
    return imported_entries.read_history_facts(session)


def unmatched(
    session: ReadSession | WriteSession, after: int = 0, limit: int = 50
) -> list[ImportedEntry]:
    """Return a page of the entries of which nobody knows the title, after some entry's id."""
    return imported_entries.read_unmatched(session, limit, after)


def decisions(
    session: ReadSession | WriteSession, after: int = 0, limit: int = 50
) -> list[Decision]:
    """Return a page of the entries of which somebody said what they mean, after some entry's id."""
    return imported_entries.read_decisions(session, limit, after)


def one_entry(session: ReadSession | WriteSession, entry_id: int) -> ImportedEntry:
    """Return one entry, matched or not.

    Raises
    ------
    NotFound
        Where there is no such entry.
    """
    return imported_entries.read_entry(session, entry_id)


def guesses(
    session: ReadSession | WriteSession, entries: Sequence[ImportedEntry], limit: int = 5
) -> list[list[KnownTitle]]:
    """Return for each entry the titles that it could mean, the most alike first."""
    if not entries:
        return []
    return closest(history_rows.read_known_titles(session), entries, limit)


def candidates_for(
    session: ReadSession | WriteSession, entry_id: int, limit: int = 5
) -> list[KnownTitle]:
    """Return the titles that an entry could mean, the most alike first.

    Raises
    ------
    NotFound
        Where there is no such entry.
    """
    return guesses(session, [one_entry(session, entry_id)], limit)[0]


def assign(session: WriteSession, entry_id: int, media_id: int) -> ImportedEntry:
    """Say which title an entry means; no later import says otherwise.

    Raises
    ------
    NotFound
        Where there is no such entry, or no such title.
    """
    imported_entries.assign_entry(session, entry_id, media_id)
    return imported_entries.read_entry(session, entry_id)


def set_aside(session: WriteSession, entry_id: int) -> ImportedEntry:
    """Say that an entry means nothing here: it teaches nothing, and nobody is asked for it again.

    Raises
    ------
    NotFound
        Where there is no such entry.
    """
    imported_entries.set_entry_aside(session, entry_id)
    return imported_entries.read_entry(session, entry_id)


def unassign(session: WriteSession, entry_id: int) -> ImportedEntry:
    """Take back what was said of an entry; it is unmatched until it is looked for again.

    Raises
    ------
    NotFound
        Where there is no such entry.
    """
    imported_entries.unassign_entry(session, entry_id)
    return imported_entries.read_entry(session, entry_id)


def _matcher(session: WriteSession) -> Matcher:
    return Matcher.of(history_rows.read_known_titles(session), history_rows.read_title_ids(session))
