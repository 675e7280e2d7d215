"""Requests become slates: what is kept in memory, chance, and impressions on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.backend.domain.clock import Clock
from app.backend.domain.context import Context
from app.backend.domain.errors import EncoreError
from app.backend.domain.evening import ShownSlate, StoredPick, StoredSlate
from app.backend.ranking.candidates import Resting
from app.backend.store.generations import Now, read_now
from app.backend.store.session import WriteConnection, WriteSession
from app.backend.store.slate_writes import write_slates
from app.backend.workflows.catalogue import Catalogue, read_catalogue
from app.backend.workflows.company import Company, who_is_present
from app.backend.workflows.memory import give_back
from app.backend.workflows.ranked import (
    POLICY,
    POLICY_NAME,
    SURPRISE,
    SURPRISE_NAME,
    Evening,
    RankedCatalogue,
)
from app.backend.workflows.resting import read_resting, without_seen, without_shown
from app.backend.workflows.serving import Serving, Shelf

# As many as the contexts that a household can say, three times over.
MOST_EVENINGS: Final = 144


@dataclass(frozen=True, slots=True)
class Request:
    """What a household asks for. All three parts of the context are said, the mood perhaps as any.

    `members` names who is present; nobody named means the household, and nobody's age limit.
    `seed` is that of the draw; it is kept with the slate, so that the slate can be drawn again.
    What was shown in the slate `instead_of`, and in those that it was asked for in place of, is
    left out. A surprise is drawn from more titles than the best. `with_seen` lets titles be
    picked that those present watched elsewhere.
    """

    mood: str
    group_size: str
    session_length: str
    size: int = 4
    members: tuple[str, ...] = ()
    seed: int = 0
    instead_of: int | None = None
    is_surprise: bool = False
    with_seen: bool = False

    @property
    def context(self) -> Context:
        """The request's context."""
        return Context.asked(self.mood, self.group_size, self.session_length)


@dataclass(frozen=True, slots=True)
class Answered:
    """A slate that was written down, and the ids of it and of its impressions."""

    drawn: "Drawn"
    slate_id: int
    ids: tuple[int, ...]

    @property
    def slate(self) -> StoredSlate:
        """The slate as it is remembered."""
        return self.drawn.stored(self.slate_id, self.ids)

    @property
    def serving(self) -> Serving:
        """The model that it is from."""
        return self.drawn.evening.ranked.serving


@dataclass(slots=True)
class Picker:
    """Draws slates; what no request changes stays in memory until the database has changed.

    It belongs to one thread at a time.
    """

    shelf: Shelf
    _now: Now | None = None
    _catalogue: Catalogue | None = None
    _ranked: RankedCatalogue | None = None
    _company: Company = field(default_factory=lambda: Company.of(()))
    _resting: Resting = field(default_factory=Resting)
    _evenings: dict[object, Evening] = field(default_factory=dict)

    @property
    def access(self) -> int:
        """How often rights had been taken away from anybody, as of the last refresh."""
        return -1 if self._now is None else self._now.access

    @property
    def members(self) -> Mapping[int, str]:
        """Everybody who is here, as of the last refresh: ids and names."""
        return self._company.names

    def draw(
        self, connection: WriteConnection, requests: Sequence[Request], at: datetime
    ) -> list[Answered | EncoreError]:
        """Draw a slate for each request, as of the last refresh, and write them down together.

        Returns
        -------
        list of Answered or EncoreError
            In the order of the requests; an error where one cannot be answered.
        """
        drawn = [self._drawn(connection, request, at) for request in requests]
        return remembered(connection, drawn)

    def refresh(self, connection: Connection, at: datetime) -> RankedCatalogue:
        """Read again what has changed, and return the catalogue as the champion sees it."""
        now, ranked = read_now(connection), self._ranked
        is_same = now == self._now and not self._is_over(at)
        if is_same and ranked is not None and not ranked.serving.is_fallback:
            return ranked
        with Session(connection, join_transaction_mode="rollback_only") as session:
            return self._read_again(session, now, at)

    def _read_again(self, session: Session, now: Now, at: datetime) -> RankedCatalogue:
        last, self._now = self._now, None
        ranked = self._ranked
        if last is None or last.library != now.library or self._catalogue is None:
            self._catalogue, ranked = read_catalogue(session, at.year + 2), None
        # Where something else serves than should, its files may be back.
        is_same = last is not None and last.champion == now.champion
        if ranked is None or not is_same or ranked.serving.is_fallback:
            serving = self.shelf.serving(session)
            if ranked is None or not _alike(ranked.serving, serving):
                ranked = RankedCatalogue(self._catalogue, serving)
                give_back()
        if ranked is not self._ranked:
            self._ranked, last = ranked, None
            self._evenings.clear()
        if last is None or last.viewings != now.viewings or self._is_over(at):
            self._resting = read_resting(session, self._catalogue, at)
            self._company = Company.read(session)
            self._evenings.clear()
        self._now = now
        return ranked

    def evening(self, request: Request) -> Evening:
        """Return what the request's context brings, as of the last refresh.

        Raises
        ------
        LibraryEmpty, NothingFits
            Where no title can be shown.
        """
        assert self._ranked is not None  # noqa: S101  # refresh() came before
        least = request.size if request.members else 0
        said = (request.mood, request.group_size, request.session_length)
        key = (*said, request.members, least, request.with_seen)
        found = self._evenings.get(key)
        if found is None:
            if len(self._evenings) >= MOST_EVENINGS:
                self._evenings.clear()
            found = _evening(self._ranked, self._company, request, self._resting)
            self._evenings[key] = found
        return found

    def _drawn(
        self, connection: WriteConnection, request: Request, at: datetime
    ) -> "Drawn | EncoreError":
        try:
            if request.instead_of is None:
                return Drawn.of(self.evening(request), request, at)
            other = self._other_evening(connection, request, request.instead_of)
            return Drawn.of(other, request, at)
        except EncoreError as error:
            return error

    def _other_evening(
        self, connection: WriteConnection, request: Request, instead_of: int
    ) -> Evening:
        """Return an evening without what was shown before, which nobody else asks for."""
        assert self._ranked is not None  # noqa: S101  # refresh() came before
        done = without_shown(connection, self._ranked.catalogue, instead_of, self._resting)
        return _evening(self._ranked, self._company, request, done)

    def _is_over(self, at: datetime) -> bool:
        """Say whether a title that rested has rested long enough."""
        return self._resting.until is not None and at >= self._resting.until


@dataclass(frozen=True, slots=True)
class Drawn:
    """A slate about to be remembered, and the evening that it is from."""

    shown: ShownSlate
    evening: Evening

    @classmethod
    def of(cls, evening: Evening, request: Request, at: datetime) -> "Drawn":
        """Draw a slate for a request."""
        candidates = evening.candidates
        shown = ShownSlate(
            requested_at=at,
            mood=request.mood,
            group_size=request.group_size,
            session_length=request.session_length,
            context_code=evening.code,
            members=request.members,
            policy=SURPRISE_NAME if request.is_surprise else POLICY_NAME,
            model_version=evening.ranked.serving.version,
            seed=request.seed,
            candidates=len(candidates.rows),
            left_out=candidates.left_out,
            picks=evening.picks(
                request.size, request.seed, SURPRISE if request.is_surprise else POLICY
            ),
            instead_of=request.instead_of,
        )
        return cls(shown, evening)

    def stored(self, slate_id: int, ids: Sequence[int]) -> StoredSlate:
        """Return the slate as it is remembered."""
        shown, catalogue = self.shown, self.evening.ranked.catalogue
        picks = []
        for number, pick in zip(ids, shown.picks, strict=True):
            stored = StoredPick(
                recommendation_id=number,
                media_id=pick.media_id,
                position=pick.position,
                propensity=pick.propensity,
                probability=pick.probability,
                reasons=pick.reasons,
                **catalogue.facts(pick.media_id),
                watched_at=None,
            )
            picks.append(stored)
        return StoredSlate(
            id=slate_id,
            requested_at=shown.requested_at,
            mood=shown.mood,
            group_size=shown.group_size,
            session_length=shown.session_length,
            members=shown.members,
            policy=shown.policy,
            model_version=shown.model_version,
            seed=shown.seed,
            candidates=shown.candidates,
            left_out=shown.left_out,
            picks=tuple(picks),
            instead_of=shown.instead_of,
        )


def remembered(
    connection: Connection, drawn: Sequence[Drawn | EncoreError]
) -> list[Answered | EncoreError]:
    """Write slates down; errors stay where they are."""
    shown = [one.shown for one in drawn if isinstance(one, Drawn)]
    written = iter(write_slates(connection, shown) if shown else ())
    return [one if isinstance(one, EncoreError) else Answered(one, *next(written)) for one in drawn]


def recommend(
    session: WriteSession, request: Request, serving: Serving, clock: Clock
) -> StoredSlate:
    """Draw one slate by a model that is handed over, and write it down.

    Raises
    ------
    LibraryEmpty, NothingFits
        Where there is no title at all, or the choices exclude every title.
    NotFound
        Where there is no slate that this one is asked for in place of.
    """
    at = clock()
    catalogue = read_catalogue(session, at.year + 2)
    done = read_resting(session, catalogue, at)
    if request.instead_of is not None:
        done = without_shown(session.connection(), catalogue, request.instead_of, done)
    company = Company.read(session)
    evening = _evening(RankedCatalogue(catalogue, serving), company, request, done)
    drawn = Drawn.of(evening, request, at)
    return drawn.stored(*write_slates(session.connection(), [drawn.shown])[0])


def _evening(ranked: RankedCatalogue, company: Company, request: Request, done: Resting) -> Evening:
    present = who_is_present(company.names, request.members)
    limit = company.age_limit(request.members)
    done = without_seen(done, ranked.catalogue, company, request.members, request.with_seen)
    return ranked.evening(request.context, present, done, request.size, limit)


def _alike(one: Serving, other: Serving) -> bool:
    return (one.version, one.reason) == (other.version, other.reason)
