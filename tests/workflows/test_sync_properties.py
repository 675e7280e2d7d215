"""Whatever happens at a media server, after each sync the shelf is what stands there."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.backend.store.source_tables import TitleId
from app.backend.store.tables import Media
from app.backend.workflows.household import Household, open_household
from tests.media_servers.fake_jellyfin import Item, World, film
from tests.workflows.evenings import Ticking
from tests.workflows.syncs import connected, on_shelf, sync, titles_of_items

FILMS = st.integers(1, 5)
PLACES = st.integers(0, 9)
# Something comes, goes, is corrected to another film, is moved to another file, or is read.
CHANGES = st.one_of(
    st.tuples(st.just("add"), FILMS, PLACES),
    st.tuples(st.just("remove"), FILMS, PLACES),
    st.tuples(st.just("correct"), FILMS, PLACES),
    st.tuples(st.just("move"), FILMS, PLACES),
    st.tuples(st.just("sync"), FILMS, PLACES),
    st.tuples(st.just("sync whole"), FILMS, PLACES),
)


class Shelf:
    """A server whose items change, each of which tells of one of a few films."""

    def __init__(self) -> None:
        self.world, self.clock, self.given = World(items=[film(1), film(2)]), Ticking(), 100

    def change(self, what: str, number: int, place: int) -> None:
        """Do one thing."""
        items = self.world.items
        at = place % len(items) if items else 0
        if what == "add":
            items.append(self._saved(film(number, Id=self._id())))
        elif what == "remove" and items:
            del items[at]
        elif what == "correct" and items:
            items[at] = self._saved(film(number, Id=items[at]["Id"]))
        elif what == "move" and items:
            items[at] = self._saved(items[at] | {"Id": self._id()})

    def _id(self) -> str:
        self.given += 1
        return f"{self.given:032x}"

    def _saved(self, item: Item) -> Item:
        self.world.saved[item["Id"]] = self.clock()
        return item


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(CHANGES, max_size=14))
def test_the_shelf_is_what_stands_at_the_server(
    sqlite_template: Path, changes: list[tuple[str, int, int]]
) -> None:
    """Each item is the film that it tells of, and each film is on the shelf once."""
    shelf = Shelf()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        shutil.copy(sqlite_template, f"{folder}/encore.db")
        at_home = open_household(
            f"sqlite:///{folder}/encore.db", Path(folder, "models"), shelf.clock
        )
        household = stack.enter_context(at_home)
        source = stack.enter_context(connected(household, shelf.world))
        for what, number, place in [*changes, ("sync", 1, 0), ("sync whole", 1, 0)]:
            shelf.change(what, number, place)
            if what.startswith("sync"):
                sync(household, source, is_whole=what == "sync whole", is_confirmed=True)
                _insist(household, shelf.world, titles_of_items(household, source))


def _insist(household: Household, world: World, told: dict[str, str]) -> None:
    there = {item["Id"]: item["Name"] for item in world.items}
    assert told == there
    assert on_shelf(household) == sorted(set(there.values()))
    with household.database.reading() as session:
        on = select(Media.title, Media.source_key, TitleId.key).where(Media.removed_at.is_(None))
        found = session.execute(on.join(TitleId, TitleId.media_id == Media.id))
        kept = {(title, key) for title, own, shared in found for key in (own, shared)}
    imdb = {(item["Name"], f"imdb:{item['ProviderIds']['Imdb']}") for item in world.items}
    tmdb = {(item["Name"], f"tmdb:movie:{item['ProviderIds']['Tmdb']}") for item in world.items}
    assert kept == imdb | tmdb
