"""Evenings for the tests: a clock that goes by script, a library from a list, a household."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from app.backend.domain.context import MOODS
from app.backend.domain.evening import StoredPick, StoredSlate, Verdict
from app.backend.domain.title import TitleRecord
from app.backend.sources.library_source import Entry
from app.backend.store.session import WriteSession
from app.backend.workflows.feedback import rate
from app.backend.workflows.household import Household
from app.backend.workflows.recommend import Request, recommend

FRIDAY_EVENING: Final = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
TITLES: Final = 40
FUNNY_SHORT: Final = Request("funny", "couple", "short")

_GENRES: Final = (
    ("Comedy",),
    ("Action", "Adventure"),
    ("Drama",),
    ("Thriller", "Krimi"),
    ("Science-Fiction", "Action"),
    ("Comédie", "Romance"),
    ("Documentary",),
    ("Family", "Animation"),
    ("Drama", "History"),
    ("Bergfilm", "Drama"),
)
_MINUTES: Final = (88, 97, 124, 142, 95, 78, 180, None)
_YEARS: Final = (1942, 1968, 1985, 1999, 2012, 2024, None)


class Ticking:
    """A clock that goes by script: each look at it takes `step`, and `advance` lets time pass."""

    def __init__(self, now: datetime = FRIDAY_EVENING, step: timedelta = timedelta(0)) -> None:
        self.now = now
        self.step = step

    def __call__(self) -> datetime:
        """Tell the time."""
        told = self.now
        self.now += self.step
        return told

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        self.now += timedelta(days=days, seconds=seconds)


@dataclass(frozen=True, slots=True)
class ListSource:
    """A library from a list."""

    entries: Sequence[Entry]
    name: str = "list"

    def total(self) -> int | None:
        """Return how many entries there are."""
        return len(self.entries)

    def read(self) -> Iterator[Entry]:
        """Yield the list."""
        return iter(self.entries)


@dataclass(slots=True)
class Noted:
    """A progress that remembers the names of its steps."""

    names: list[str] = field(default_factory=list)

    def __call__(self, step: object, /) -> None:
        """Take note of one step."""
        self.names.append(str(getattr(step, "name", step)))


def record(title: str, **values: object) -> TitleRecord:
    """Return a film of a comedy's length, but for what `values` say."""
    usual: dict[str, object] = {
        "kind": "movie", "year": 2001, "minutes": 90, "genres": ("Comedy",), "where": title,
    }  # fmt: skip
    return TitleRecord(title=title, **(usual | values))  # type: ignore[arg-type]  # a test's words


def varied_titles(count: int = TITLES) -> list[TitleRecord]:
    """Return titles of all kinds: lengths and years known and not, genres in several languages."""
    traits = islice(zip(cycle(_GENRES), cycle(_MINUTES), cycle(_YEARS), strict=False), count)
    return [
        record(
            f"Title {number}",
            kind="series" if number % 7 == 0 else "movie",
            minutes=45 if number % 7 == 0 else minutes,
            year=year,
            genres=genres,
            external_id=f"imdb:tt{number:07}" if number % 3 else None,
            community_rating=None if number % 5 == 0 else 5.0 + number % 4,
        )
        for number, (genres, minutes, year) in enumerate(traits, start=1)
    ]


def ask(household: Household, request: Request = FUNNY_SHORT, seed: int = 1) -> StoredSlate:
    """Ask for picks, as a face does."""
    with household.database.writing() as session:
        serving = household.shelf.serving(session)
        return recommend(session, replace(request, seed=seed), serving, household.clock)


def live(
    household: Household,
    clock: Ticking,
    evenings: int,
    likes: Callable[[StoredPick, str], bool],
    seed: int = 0,
) -> list[Verdict]:
    """Let a household watch its first pick on evenings far apart, and say what it likes."""
    verdicts = []
    for evening in range(evenings):
        clock.advance(days=61)
        mood = MOODS[evening % len(MOODS)]
        slate = ask(household, Request(mood, "couple", "medium"), seed=seed * 1_000 + evening)
        pick = slate.picks[0]
        liked = likes(pick, mood)
        verdicts.append(Verdict(pick.recommendation_id, 5 if liked else 2, would_watch_again=True))
        with household.database.writing() as session:
            say(session, verdicts[-1], clock)
    return verdicts


def say(session: WriteSession, verdict: Verdict, clock: Ticking) -> None:
    """Rate a pick, caring for nothing that comes back."""
    rate(session, verdict, clock)


def spoil(models: Path) -> int:
    """Damage every model file below a folder; say how many there were."""
    found = sorted(models.rglob("model.safetensors"))
    for path in found:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    return len(found)
