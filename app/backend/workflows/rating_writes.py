"""Verdicts written back to media servers, as ratings there, where a household wishes for it.

What somebody rated at the server is theirs: it is never changed. A rating is written only where the
server has none, or the very one that Encore wrote before; it is asked for right before.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from typing import Final

from app.backend.domain.errors import (
    EncoreError,
    InvalidInput,
    ServerRefuses,
    SourceMalformed,
)
from app.backend.domain.progress import Progress, Step
from app.backend.domain.ratings import SCALES
from app.backend.sources.media_server import MediaServer
from app.backend.sources.plex_keys import OWNER
from app.backend.store import rating_writes, sources
from app.backend.store.session import ReadSession
from app.backend.store.sources import ConnectedSource
from app.backend.workflows.connections import PLEX, PROMPT, SERVERS, keyring, server_of
from app.backend.workflows.household import Household
from app.backend.workflows.person_keys import keyed_accounts
from app.backend.workflows.sync import insist_on_same_server
from app.backend.workflows.turns import turn_of

WRITING: Final = "Writing ratings"
# The others wait for the next time.
MOST_AT_ONCE: Final = 500
# What the server has is asked for so shortly before it is changed.
AT_ONCE: Final = 50
MOST_STARS: Final = 5.0
# What is wrong with one title, or with one account, and not with the server.
_OF_ONE: Final = (SourceMalformed, ServerRefuses, InvalidInput)


@dataclass(frozen=True, slots=True)
class RatingWrite:
    """A rating that is to be written.

    Attributes
    ----------
    user_id, item_id, title : str
    rating : float or None
        On the server's own scale; `None` takes back what was written.
    before : float or None
        What was written before.
    account, member : str
        Names of whose account it is.
    """

    user_id: str
    item_id: str
    title: str
    rating: float | None
    before: float | None
    account: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, and what is not.

    Attributes
    ----------
    writes : tuple of RatingWrite
        By account, then by title.
    kept : int
        How many were rated otherwise at the server, as the last sync tells; that stays.
    without_key : int
        How many are of accounts that need a key of their own and have none.
    """

    writes: tuple[RatingWrite, ...]
    kept: int
    without_key: int


@dataclass(slots=True)
class Written:
    """What became of a plan.

    Attributes
    ----------
    written, taken_back : int
    same : int
        How many are rated so at the server already.
    kept : int
        How many were rated otherwise there; that stays.
    absent : int
        How many items are gone, or the account may not see them.
    failed : int
        How many the server did not take; the next time they are tried again.
    waiting : int
        How many there was no time for.
    problems : list of str
        Why some failed, each once.
    """

    written: int = 0
    taken_back: int = 0
    same: int = 0
    kept: int = 0
    absent: int = 0
    failed: int = 0
    waiting: int = 0
    problems: list[str] = field(default_factory=list)


def planned(household: Household, source_id: int) -> Plan:
    """Return what would be written now, without asking the server: a dry run.

    Raises
    ------
    NotFound, InvalidInput, ServerRefuses
        Where there is no such source, it is a folder, or its key is not here.
    """
    with household.database.reading() as session:
        source = sources.read_source(session, source_id)
        if source.kind not in SERVERS:
            raise InvalidInput(f"{source.name} is a folder; nobody has ratings there.")
        found, kept = _wanted(session, source)
        people = {one.user_id: one for one in sources.read_people(session, source_id)}
    named = [
        replace(one, account=people[one.user_id].user_name, member=people[one.user_id].member)
        for one in found
        if one.user_id in people
    ]
    has_key = set(people)
    if source.kind == PLEX:
        has_key &= {*keyed_accounts(household, source_id), OWNER}
    writes = [one for one in named if one.user_id in has_key]
    writes.sort(key=attrgetter("account", "user_id", "title", "item_id"))
    return Plan(tuple(writes), kept, len(named) - len(writes))


def write(household: Household, source_id: int, progress: Progress) -> Written:
    """Write what is planned, one by one; each is on record once it is written.

    Raises
    ------
    NotFound, InvalidInput
        Where there is no such source, or it is a folder.
    Conflict
        Where ratings are being written to it already.
    SourceError, StorageFull
        Where the server does not answer, is another one, or there is no room.
    """
    done = Written()
    with _alone(household, source_id):
        plan = planned(household, source_id)
        done.waiting = max(0, len(plan.writes) - MOST_AT_ONCE)
        if not plan.writes:
            return done
        with household.database.reading() as session:
            source = sources.read_source(session, source_id)
        credentials = keyring(household).read(source_id)
        server = server_of(source, credentials, household.clock().year + 2, PROMPT)
        try:
            insist_on_same_server(server, source)
            writing = _Writing(household, source_id, server, done)
            writing.carry_out(plan.writes[:MOST_AT_ONCE], progress)
        finally:
            server.close()
    return done


@dataclass(slots=True)
class _Writing:
    household: Household
    source_id: int
    server: MediaServer
    done: Written

    def carry_out(self, writes: Sequence[RatingWrite], progress: Progress) -> None:
        number = 0
        for some in _a_few_at_a_time(writes):
            there = self._ratings_there(some)
            for one in some:
                progress(Step(WRITING, number, len(writes)))
                number += 1
                if there is not None and one.item_id not in there:
                    self.done.absent += 1
                elif there is not None:
                    self._attempt(one, there[one.item_id])

    def _ratings_there(self, some: Sequence[RatingWrite]) -> dict[str, float | None] | None:
        """Return how an account rates items now; `None` where that cannot be asked."""
        try:
            states = self.server.states_of(some[0].user_id, [one.item_id for one in some])
            return {state.item_id: state.rating for state in states}
        except _OF_ONE as error:
            self._failed(error, len(some))
            return None

    def _attempt(self, one: RatingWrite, now: float | None) -> None:
        is_ours = now is not None and now == one.before
        try:
            if one.rating is not None and (is_ours or now is None):
                self.server.rate(one.user_id, one.item_id, one.rating)
                self._note(one, one.rating)
                self.done.written += 1
            elif is_ours:
                self.server.rate(one.user_id, one.item_id, 0.0)
                self._note(one, None, is_taken_back=True)
                self.done.taken_back += 1
            else:
                # Whatever it is now, somebody said it there.
                self._note(one, None)
                is_same = now is None or now == one.rating
                self.done.same += is_same
                self.done.kept += not is_same
        except _OF_ONE as error:
            self._failed(error, 1)

    def _note(self, one: RatingWrite, rating: float | None, *, is_taken_back: bool = False) -> None:
        if rating is None and one.before is None:
            return
        which = (self.source_id, one.user_id, one.item_id)
        with self.household.database.writing() as session:
            if rating is None:
                rating_writes.forget_written(session, *which)
            else:
                rating_writes.note_written(session, *which, rating, self.household.clock())
            if is_taken_back:
                rating_writes.forget_rating(session, *which)

    def _failed(self, error: EncoreError, number: int) -> None:
        self.done.failed += number
        if error.message not in self.done.problems:
            self.done.problems.append(error.message)


def _wanted(session: ReadSession, source: ConnectedSource) -> tuple[list[RatingWrite], int]:
    """Return what is to be written, whoever's it is, and how many were rated otherwise there."""
    scale = SCALES[source.kind]
    written = {
        (one.user_id, one.item_id): one for one in rating_writes.read_ledger(session, source.id)
    }
    writes, kept = list[RatingWrite](), 0
    for said in rating_writes.read_verdicts(session, source.id):
        ours = written.pop((said.user_id, said.item_id), None)
        before, rating = None if ours is None else ours.rating, said.rating * scale / MOST_STARS
        # What the last sync tells may be older than what was written since.
        given_there = None if ours is not None else said.given_there
        if given_there not in {None, rating}:
            kept += 1
        elif rating not in {before, given_there}:
            writes.append(RatingWrite(said.user_id, said.item_id, said.title, rating, before))
    for ours in written.values():
        writes.append(RatingWrite(ours.user_id, ours.item_id, ours.title, None, ours.rating))
    return writes, kept


def _a_few_at_a_time(writes: Sequence[RatingWrite]) -> Iterator[list[RatingWrite]]:
    """Yield what is to be written to one account, few enough to be written at once."""
    for _, found in groupby(writes, attrgetter("user_id")):
        mine = list(found)
        for start in range(0, len(mine), AT_ONCE):
            yield mine[start : start + AT_ONCE]


def _alone(household: Household, source_id: int) -> AbstractContextManager[None]:
    """Let nobody else write ratings to a source meanwhile."""
    return turn_of(
        household.folder / "syncs" / f"source-{source_id}.ratings.lock",
        "Ratings are being written to this source already; begin again when that is done.",
    )
