"""What tests of several rooms stand on: databases, a household, a library, a demo."""

import gc
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.backend.domain.progress import silent
from app.backend.store.schema import upgrade
from app.backend.store.session import Database, open_database
from app.backend.workflows import demo
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.serving import Shelf
from tests.store.postgres import Server, running_server
from tests.workflows.evenings import ListSource, Ticking, varied_titles

ON_BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


def pytest_collection_finish() -> None:
    """Keep what was collected out of every later search for garbage: it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _later_searches_are_short() -> Iterator[None]:
    """Keep what a module of tests leaves behind, such as other modules, out of them as well."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> Ticking:
    """A clock that stands still until a test lets time pass."""
    return Ticking()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real PostgreSQL, started once."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told in one line
            pytest.skip(f"No PostgreSQL can be started: {' '.join(str(error).split())}")
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> Iterator[str]:
    """The name of a migrated database, of which each test gets a copy."""
    with postgres_server.database() as url:
        _migrate(url.render_as_string(hide_password=False))
        yield str(url.database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, of which each test gets a copy."""
    path = tmp_path_factory.mktemp("template") / "encore.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=ON_BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a table: a file that is not there, or a fresh database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=ON_BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database without a row."""
    if request.param == "sqlite":
        path = tmp_path / "encore.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("postgres_url")


@pytest.fixture
def postgres_url(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database without a row."""
    with postgres_server.database(postgres_template) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database without a row."""
    with closing(open_database(database_url)) as opened:
        yield opened


@pytest.fixture
def household(database: Database, tmp_path: Path, clock: Ticking) -> Household:
    """A household that has nothing yet."""
    return Household(database, Shelf(tmp_path / "models"), clock)


@pytest.fixture
def small_library(household: Household) -> Imported:
    """Forty varied titles in the household's library."""
    with household.database.writing() as session:
        return import_library(session, ListSource(varied_titles()), household.clock, silent)


@dataclass(frozen=True, slots=True)
class PreparedDemo:
    """A household's files before and after its first training: to be copied, not written."""

    lived: Path
    trained: Path
    made: demo.Demo


@pytest.fixture(scope="session")
def prepared_demo(tmp_path_factory: pytest.TempPathFactory) -> PreparedDemo:
    """The demo, set up once: after its evenings, and after the training that follows them."""
    lived, trained = (tmp_path_factory.mktemp(name) for name in ("lived", "trained"))
    clock = Ticking()
    with _at_home(lived, clock) as household, household.database.writing() as session:
        made = demo.set_up_demo(session, clock, silent)
    shutil.copytree(lived, trained, dirs_exist_ok=True)
    with _at_home(trained, clock) as household:
        household.train(demo.SEED, silent)
    return PreparedDemo(lived, trained, made)


@pytest.fixture
def lived_demo(prepared_demo: PreparedDemo, tmp_path: Path, clock: Ticking) -> Iterator[Household]:
    """A demo household of its own for each test, with sixty evenings and no model."""
    shutil.copytree(prepared_demo.lived, tmp_path / "lived")
    with _at_home(tmp_path / "lived", clock) as household:
        yield household


@pytest.fixture
def trained_demo(
    prepared_demo: PreparedDemo, tmp_path: Path, clock: Ticking
) -> Iterator[Household]:
    """A demo household of its own for each test, with sixty evenings and its first model."""
    shutil.copytree(prepared_demo.trained, tmp_path / "trained")
    with _at_home(tmp_path / "trained", clock) as household:
        yield household


def _migrate(url: str) -> None:
    with closing(open_database(url)) as database:
        upgrade(database)


def _at_home(folder: Path, clock: Ticking) -> AbstractContextManager[Household]:
    return open_household(f"sqlite:///{folder / 'encore.db'}", folder / "models", clock)
