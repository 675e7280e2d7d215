"""A serving Encore keeps its library in step by itself."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from app.backend.api.app import create_app
from app.backend.api.librarian import Librarian
from app.backend.domain.errors import DatabaseBusy
from app.backend.domain.progress import Progress, Step
from app.backend.store.session import open_database
from app.backend.workflows.household import Household
from app.backend.workflows.imports import Importer
from app.backend.workflows.serving import Shelf
from app.backend.workflows.upkeep import Upkeep
from tests.api.conftest import speaking_with
from tests.media_servers.fake_jellyfin import World
from tests.workflows.evenings import Ticking
from tests.workflows.syncs import connected, on_shelf


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a database that starts at once: it is only looked at."""
    shutil.copy(sqlite_template, tmp_path / "encore.db")
    return f"sqlite:///{tmp_path / 'encore.db'}"


@pytest.fixture
def librarian(household: Household) -> Iterator[Librarian]:
    """A librarian who looks all the time."""
    made = Librarian(household, Importer(household), glance_seconds=0.001)
    yield made
    made.finish()
    made.importer.finish()


def librarians() -> int:
    """Count who looks at this moment."""
    return sum(thread.name == "librarian" for thread in threading.enumerate())


def test_what_is_due_is_read_without_anybody_asking(
    household: Household, librarian: Librarian
) -> None:
    """Beside the requests; after the end, nothing is begun any more."""
    is_asked, world = Event(), World()
    with connected(household, world):
        world.after_page = lambda _: is_asked.set()
        librarian.begin()
        assert is_asked.wait(30)
        librarian.finish()
        librarian.importer.wait()
    assert len(on_shelf(household)) == 5


def test_whatever_goes_wrong_it_is_looked_again(
    librarian: Librarian, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what it was."""
    wrong, is_over = [DatabaseBusy("The database is busy."), ZeroDivisionError("a fault")], Event()

    def tick(_upkeep: Upkeep, progress: Progress) -> None:
        progress(Step("looking", 0))
        if wrong:
            raise wrong.pop(0)
        is_over.set()

    monkeypatch.setattr(Upkeep, "tick", tick)
    librarian.begin()
    assert is_over.wait(30)
    assert "waits: The database is busy." in caplog.text
    assert "a fault" in caplog.text


def test_an_end_is_not_waited_for(librarian: Librarian, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes on hears of it with its next step."""
    is_busy = Event()

    def tick(_upkeep: Upkeep, progress: Progress) -> None:
        while True:
            progress(Step("writing", 0))
            is_busy.set()

    monkeypatch.setattr(Upkeep, "tick", tick)
    librarian.begin()
    assert is_busy.wait(30)
    librarian.finish()


def test_a_database_in_memory_is_left_alone(tmp_path: Path, clock: Ticking) -> None:
    """It has one connection, which requests need."""
    with closing(open_database("sqlite://")) as database:
        household = Household(database, Shelf(tmp_path / "models"), clock)
        made = Librarian(household, Importer(household), glance_seconds=0.001)
        made.begin()
        assert librarians() == 0
        made.finish()


def test_a_serving_encore_has_a_librarian(household: Household) -> None:
    """From its start to its end."""
    with speaking_with(create_app(household)):
        assert librarians() == 1
    assert librarians() == 0
