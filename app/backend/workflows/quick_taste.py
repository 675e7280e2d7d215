"""The quick taste: a household that has said nothing yet ticks a few titles that it liked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.clock import Clock
from app.backend.domain.context import ANY_MOOD, UNKNOWN_CODE
from app.backend.domain.errors import Conflict, InvalidInput
from app.backend.domain.evening import AsKnown, Pick, ShownSlate, Verdict
from app.backend.domain.evidence import QUICK_TASTE, QUICK_TASTE_POLICY
from app.backend.domain.title import Title, comparable
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats
from app.backend.store.quick_taste import read_rated
from app.backend.store.session import ReadSession, WriteSession
from app.backend.store.slate_writes import write_slates
from app.backend.workflows import people
from app.backend.workflows.feedback import rate
from app.backend.workflows.ranked import RankedCatalogue
from app.backend.workflows.training_options import Schedule

SIZE: Final = 15
# So many of the best-rated titles are shown one set after another.
MOST_KNOWN: Final = 600
LIKED: Final = 4
# What a row of the slates has where nothing was said.
NOT_SAID: Final = ANY_MOOD

# What a title loses for each one of the set that shares its genres, or its decade. Ratings of
# titles that people know lie within a third of the scale.
_SAME_GENRE: Final = 0.12
_SAME_DECADE: Final = 0.08
_UNRATED: Final = 0.5
# What a title gains where all of the library has its genres: who has many of them, likes them.
_COMMON: Final = 0.3
# Breaks ties: where a library has no ratings, this alone says what comes first.
_CHANCE: Final = 0.02
_START: Final = len(schema.CONTEXT_COLUMNS)


@dataclass(frozen=True, slots=True)
class KnownTitles:
    """Titles to tick. `sets` is how many sets there are before the first comes again."""

    titles: tuple[Title, ...]
    sets: int


@dataclass(frozen=True, slots=True)
class Impressions:
    """Titles as they were shown, what served meanwhile, and how many there were to show."""

    picks: tuple[Pick, ...]
    version: str | None
    candidates: int


@dataclass(frozen=True, slots=True)
class Ticked:
    """What came back: the titles that were shown, those that were ticked, and by whom.

    `turn` is which set it was. Who is no member yet is a newcomer; nobody named means the
    household.
    """

    shown: tuple[int, ...]
    liked: frozenset[int]
    turn: int = 0
    member: str = ""
    newcomer: str = ""

    def check(self) -> None:
        """Insist that something was ticked, and only what was shown.

        Raises
        ------
        InvalidInput
            Where that is not so.
        """
        if not self.liked:
            raise InvalidInput("Nothing is ticked yet; tick what you liked, or skip this.")
        is_a_set = len(set(self.shown)) == len(self.shown) <= SIZE
        if not is_a_set or not self.liked <= set(self.shown):
            raise InvalidInput("What was ticked was not shown; open the page again and tick there.")


def rated(session: ReadSession) -> Codes:
    """Return the titles that need no tick, for there is a verdict on them: their ids."""
    return read_rated(session)


def known_titles(ranked: RankedCatalogue, said: Codes, turn: int) -> KnownTitles:
    """Return titles that people are likely to know, spread over genres and decades.

    Nothing tells how known a title is, so those come first that the world rates best.

    Parameters
    ----------
    ranked : RankedCatalogue
        The titles that may be shown.
    said : ndarray of int64
        Ids of titles that are left out.
    turn : int
        Which set, from 0. After the last the first comes again.
    """
    catalogue = ranked.catalogue
    rows = np.flatnonzero(~np.isin(catalogue.ids, said))
    if not len(rows):
        return KnownTitles((), 0)
    encoded = catalogue.encoded[rows]
    appeal = _appeal(encoded)
    best = np.argsort(-appeal, kind="stable")[:MOST_KNOWN]
    sets = -(-len(best) // SIZE)
    chosen = _nth(_spread(appeal[best], encoded[best]), turn % sets)
    return KnownTitles(tuple(catalogue.titles[rows[best[at]]] for at in chosen), sets)


def impressions(ranked: RankedCatalogue, ticked: Ticked) -> Impressions:
    """Return titles as they were shown, with what the model that serves believes of them.

    Raises
    ------
    InvalidInput
        Where nothing was ticked, or something that was not shown.
    Conflict
        Where one may not be shown any more.
    """
    ticked.check()
    catalogue, shown = ranked.catalogue, ticked.shown
    rows = np.searchsorted(catalogue.ids, shown)
    if not np.isin(shown, catalogue.ids).all():
        raise Conflict("The library has changed since the page was opened; tick again.")
    believed = ranked.moments(UNKNOWN_CODE, (), rows).probability.tolist()
    picks = tuple(
        # All of them were shown for sure, and nothing but what they are was a reason.
        Pick(media_id, position, 1.0, probability, (), AsKnown.of(catalogue.titles[row]))
        for position, (media_id, row, probability) in enumerate(
            zip(shown, rows.tolist(), believed, strict=True)
        )
    )
    return Impressions(picks, ranked.serving.version, len(catalogue.titles))


def save(
    session: WriteSession,
    ticked: Ticked,
    shown: Impressions,
    clock: Clock,
    schedule: Schedule | None = None,
) -> int:
    """Write down what was shown, and a verdict on each title that was ticked.

    A title that was not ticked is neither disliked nor unknown: nothing is said of it. Training
    is queued where it is due.

    Returns
    -------
    int
        How many verdicts were written.

    Raises
    ------
    InvalidInput
        Where nobody has that name, or a newcomer's is none.
    Conflict
        Where there are as many members as a household can hold.
    """
    at, member = clock(), _who(session, ticked, clock)
    slate = ShownSlate(
        requested_at=at,
        mood=NOT_SAID,
        group_size=NOT_SAID,
        session_length=NOT_SAID,
        context_code=UNKNOWN_CODE,
        members=() if member is None else (member,),
        policy=QUICK_TASTE_POLICY,
        model_version=shown.version,
        seed=ticked.turn,
        candidates=shown.candidates,
        left_out={},
        picks=shown.picks,
    )
    _, ids = write_slates(session.connection(), [slate])[0]
    for number, pick in zip(ids, shown.picks, strict=True):
        if pick.media_id in ticked.liked:
            verdict = Verdict(
                number, LIKED, would_watch_again=True, member=member, source=QUICK_TASTE
            )
            rate(session, verdict, lambda: at, schedule)
    return len(ticked.liked)


def _who(session: WriteSession, ticked: Ticked, clock: Clock) -> str | None:
    """Return the name of who ticked; a newcomer is a member from now on."""
    names = [person.name for person in people.everybody(session)]
    if ticked.newcomer:
        wanted = comparable(ticked.newcomer)
        known = next((name for name in names if comparable(name) == wanted), None)
        return known or people.add(session, ticked.newcomer, None, clock).name
    if ticked.member and ticked.member not in names:
        raise InvalidInput("Nobody here has that name any more; say again whose taste it is.")
    return ticked.member or None


def _appeal(encoded: Floats) -> Floats:
    """Return how early each title is shown: its rating, its genres, and a little of chance."""
    rating = encoded[:, schema.COMMUNITY_RATING - _START] / 10
    genres = _shares(encoded)
    common = _COMMON * genres @ (genres > 0).mean(axis=0)
    # Fibonacci hashing: as even as chance, and the same on every machine.
    mixed = encoded[:, schema.MEDIA_ID - _START].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    chance = (mixed >> np.uint64(11)) * 2.0**-53
    return np.asarray(np.where(rating > 0, rating, _UNRATED) + common + _CHANCE * chance)


def _shares(encoded: Floats) -> Floats:
    """Return how much of each title each genre has: shape (n, len(CANON))."""
    genres = encoded[:, np.array(schema.GENRE_COLUMNS) - _START]
    return np.asarray(genres / np.maximum(genres.sum(axis=1, keepdims=True), 1))


def _spread(appeal: Floats, encoded: Floats) -> Iterator[list[int]]:
    """Yield sets of positions: each next title is the one most unlike those of its set."""
    genres = _shares(encoded)
    decade = encoded[:, schema.YEAR - _START] // 10
    left = np.ones(len(appeal), dtype=bool)
    while left.any():
        value, chosen = np.where(left, appeal, -np.inf), list[int]()
        while len(chosen) < SIZE and np.isfinite(value).any():
            at = int(np.argmax(value))
            chosen.append(at)
            left[at], value[at] = False, -np.inf
            value -= _SAME_GENRE * (genres @ (genres[at] > 0)) + _SAME_DECADE * (
                decade == decade[at]
            )
        yield chosen


def _nth(sets: Iterator[list[int]], turn: int) -> list[int]:
    return next(found for number, found in enumerate(sets) if number == turn)
