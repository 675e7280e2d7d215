"""What the tests of the page Tonight share: a family, and how to ask and to read a page."""

import re

from fastapi.testclient import TestClient

from app.backend.domain.evening import StoredSlate
from app.backend.workflows import browse
from app.backend.workflows.household import Household
from app.backend.workflows.people import Person
from tests.api.forms import follow, press

FAMILY = (Person(3, "Ann", None), Person(5, "Ben", 12), Person(8, "Cid", 6))


def ask(client: TestClient, words: str = "Show picks", **changes: list[str]) -> str:
    """Open the page, choose, press a button, and return the page with the picks."""
    return follow(client, press(client, client.get("/").text, words, **changes))


def shown(client: TestClient, household: Household, page: str) -> StoredSlate:
    """Return the slate that a page shows."""
    found = re.search(r'name="slate" value="(\d+)"', page)
    assert found is not None
    with household.database.reading() as session:
        return browse.slate(session, int(found[1]))


def titles(page: str) -> list[str]:
    """Return the titles of the picks, the lead first."""
    return re.findall(r'<h3 id="title-\d+"[^>]*><span translate="no">([^<]+)<', page)


def chosen(page: str, name: str) -> list[str]:
    """Return the values that are ticked of a field."""
    return re.findall(rf'name="{name}" value="(\w+)" checked', page)


def card(page: str, pick: int) -> str:
    """Return one pick's card."""
    found = re.search(rf'<article [^>]*id="pick-{pick}".*?</article>', page, re.DOTALL)
    assert found is not None
    return found[0]
