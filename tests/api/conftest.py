"""An application over a household with a small library, and a client that speaks with it."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.backend.api.app import create_app
from app.backend.workflows import people
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.api.tonight import FAMILY

# Pages are rendered alike from every database, as what stands before every route is; what they show
# is read by workflows that are tried on both: their tests take the one that starts at once.
PAGES = re.compile(
    r"test_(\w+_page|tonight_\w+|pages|no_hard_coded_words|sign_in_pages|taste|personalizer|tongue"
    r"|guards|doorman|webhooks|posters|sources|histories)$"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what a page's test would ask PostgreSQL for."""
    items[:] = [item for item in items if not _is_a_page_on_postgresql(item)]


def _is_a_page_on_postgresql(item: pytest.Item) -> bool:
    return PAGES.search(item.path.stem) is not None and "[postgresql" in item.name


def speaking_with(app: FastAPI, peer: str = "127.0.0.1", host: str = "localhost") -> TestClient:
    """Return a client at an address, this machine's own if nothing else is said."""
    return TestClient(app, f"http://{host}", follow_redirects=False, client=(peer, 50_000))


@pytest.fixture
def client(household: Household, small_library: Imported) -> Iterator[TestClient]:
    """Speak with an application whose library holds a few dozen titles."""
    assert small_library.counts.added
    with speaking_with(create_app(household)) as speaking:
        yield speaking


@pytest.fixture
def empty_client(household: Household) -> Iterator[TestClient]:
    """Speak with an application that has no library yet."""
    with speaking_with(create_app(household)) as speaking:
        yield speaking


@pytest.fixture
def family(household: Household) -> dict[str, str]:
    """Three people, by name their ids as forms say them."""
    limits = {person.name: person.age_limit for person in FAMILY}
    with household.database.writing() as session:
        added = [
            people.add(session, name, limit, household.clock) for name, limit in limits.items()
        ]
    return {person.name: str(person.id) for person in added}
