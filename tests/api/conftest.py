"""An application over a household with a small library, and a client that speaks with it."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.backend.api.app import create_app
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported


@pytest.fixture
def client(household: Household, small_library: Imported) -> Iterator[TestClient]:
    """Speak with an application whose library holds a few dozen titles."""
    assert small_library.counts.added
    with TestClient(create_app(household), "http://localhost", follow_redirects=False) as speaking:
        yield speaking


@pytest.fixture
def empty_client(household: Household) -> Iterator[TestClient]:
    """Speak with an application that has no library yet."""
    with TestClient(create_app(household), "http://localhost", follow_redirects=False) as speaking:
        yield speaking
