"""What a household's program does while it may be killed; what it was told is kept, it notes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias

from app.backend.domain.context import MOODS
from app.backend.domain.errors import EncoreError
from app.backend.domain.evening import Verdict
from app.backend.domain.progress import silent
from app.backend.domain.randomness import generator
from app.backend.store import versions
from app.backend.workflows import connections
from app.backend.workflows.connections import Wanted
from app.backend.workflows.feedback import rate
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.imports import import_here
from app.backend.workflows.recommend import Request
from app.backend.workflows.retention import prune
from app.backend.workflows.sync_work import SyncWork
from app.backend.workflows.versions import Wish, promote, roll_back
from tests.media_servers.fake_jellyfin import KEY, World, film, serve
from tests.workflows.evenings import ListSource, Ticking, ask, record

Note: TypeAlias = Callable[[str], None]
Deed: TypeAlias = Callable[[Household, int, Note], None]

WISH: Final = Wish("chaos")
TITLES_AT_ONCE: Final = 3


def import_titles(household: Household, number: int, note: Note) -> None:
    """Bring three new titles into the library, all of them or none."""
    names = [f"Import {number} title {at}" for at in range(TITLES_AT_ONCE)]
    with household.database.writing() as session:
        source = ListSource([record(name) for name in names])
        import_library(session, source, household.clock, silent)
    note(f"titles {number}")


def give_feedback(household: Household, number: int, note: Note) -> None:
    """Ask for picks and rate each of them, one transaction each."""
    slate = ask(household, Request(MOODS[number % len(MOODS)], "couple", "medium"), number)
    for pick in slate.picks:
        liked = (pick.recommendation_id + number) % 3 != 0
        event = f"event-{number}-{pick.position}"
        verdict = Verdict(pick.recommendation_id, 5 if liked else 2, True, event_id=event)
        with household.database.writing() as session:
            rate(session, verdict, household.clock)
        note(f"feedback {event}")


def sync(household: Household, number: int, note: Note) -> None:
    """Bring three new titles from a media server that moved, beside all those of syncs before."""
    world = World(items=[film(one, Name=name) for one, name in enumerate(_names_until(number), 1)])
    with household.database.reading() as session:
        found = connections.connected(session)
    with serve(world) as address:
        if found:
            source = connections.change(household, found[0].id, {"address": address, "token": KEY})
        else:
            source = connections.connect(household, Wanted(connections.JELLYFIN, address, KEY))
        import_here(household, SyncWork(source), silent)
    note(f"synced {number}")


def _names_until(number: int) -> list[str]:
    return [
        f"Sync {one} title {at}" for one in range(1, number + 1) for at in range(TITLES_AT_ONCE)
    ]


def train(household: Household, number: int, note: Note) -> None:
    """Train whatever changed, save, judge, and promote or not."""
    run, _ = household.train(number, silent, anew=True)
    note(f"run {run.id} {run.state}")


def decide(household: Household, number: int, note: Note) -> None:
    """Promote some version by hand, roll back, or prune."""
    rng = generator(number)
    with household.database.reading() as session:
        known = [one.version for one in versions.read_versions(session) if one.is_usable]
    try:
        if number % 3 == 0 and known:
            wanted = known[int(rng.integers(len(known)))]
            promote(household.database, household.shelf, wanted, WISH, household.clock)
        elif number % 3 == 1:
            roll_back(household.database, household.shelf, WISH, household.clock)
        else:
            prune(household.database, household.shelf, 2, household.clock)
    except EncoreError as error:
        note(f"refused {error.code}")
    note("decided")


DEEDS: Final[dict[str, Deed]] = {
    "import": import_titles,
    "sync": sync,
    "feedback": give_feedback,
    "training": train,
    "promotion": decide,
}


def clock_of(number: int) -> Ticking:
    """Return a clock on which each deed is on a later day than the one before."""
    clock = Ticking()
    clock.advance(days=number * 3)
    clock.step = timedelta(milliseconds=1)
    return clock
