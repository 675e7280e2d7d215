"""Lists a page at a time, and what is told of one thing on them."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.backend.workflows.household import Household
from tests.workflows.evenings import TITLES, Ticking, live

ASKED = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
LISTS = {"titles": "media_id", "slates": "id", "feedback": "id"}
EVENINGS = 5


def every_page(client: TestClient, name: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    """Follow the cursors from the first page to the last."""
    cursor = None
    while True:
        asked = {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        answer = client.get(f"/api/v1/{name}", params=asked)
        assert answer.status_code == 200, answer.text
        yield answer.json()[name]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return


@pytest.fixture
def lived(client: TestClient, household: Household, clock: Ticking) -> TestClient:
    """A client of a household that has watched and said something."""
    live(household, clock, EVENINGS, lambda *_: True)
    return client


@pytest.mark.parametrize("limit", [1, 2, 5, 200])
@pytest.mark.parametrize("name", LISTS)
def test_pages_hold_everything_once(lived: TestClient, name: str, limit: int) -> None:
    """However long a page is: titles by their numbers, what happened with the newest first."""
    pages = list(every_page(lived, name, limit))
    assert all(len(page) == limit for page in pages[:-1])
    found = [one[LISTS[name]] for page in pages for one in page]
    assert len(found) == (TITLES if name == "titles" else EVENINGS)
    assert found == sorted(set(found), reverse=name != "titles")


def test_what_has_happened_nowhere_is_an_empty_page(empty_client: TestClient) -> None:
    """And no cursor leads on."""
    for name in LISTS:
        assert empty_client.get(f"/api/v1/{name}").json() == {name: [], "next_cursor": None}


@pytest.mark.parametrize(
    "asked",
    [
        *("limit=0", "limit=201", "limit=x", "limit=1e400", "limit=%00", "limit=5&limit=5"),
        *("cursor=-1", "cursor=x", "cursor=9007199254740993", "cursor=1&cursor=2"),
    ],
)
def test_a_page_that_cannot_be_is_refused(client: TestClient, asked: str) -> None:
    """Bounds hold, and a parameter that is said twice says nothing."""
    for name in LISTS:
        answer = client.get(f"/api/v1/{name}?{asked}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")


def test_a_slate_is_told_again_as_it_was(client: TestClient) -> None:
    """By its number, and on the list."""
    drawn = client.post("/api/v1/recommendations", json=ASKED)
    again = client.get(drawn.headers["location"])
    assert again.json() == client.get("/api/v1/slates").json()["slates"][0]
    # Why it was the rules is known when they answer, and is not kept.
    told = {name: value for name, value in drawn.json().items() if name != "served_by"}
    assert again.json() == {"served_by": again.json()["served_by"], **told}
    assert client.get("/api/v1/slates/2").status_code == 404


def test_what_is_watched_and_what_nobody_wants_to_be_asked_is_noted(client: TestClient) -> None:
    """It may be said again, and is refused of a pick that never was."""
    pick = client.post("/api/v1/recommendations", json=ASKED).json()["picks"][0]
    where = f"/api/v1/recommendations/{pick['recommendation_id']}"
    assert (pick["watched_at"], pick["position"]) == (None, 1)
    for _ in range(2):
        assert client.post(f"{where}/watched").status_code == 204
        assert client.post(f"{where}/dismissal").status_code == 204
    (slate,) = client.get("/api/v1/slates").json()["slates"]
    assert [one["watched_at"] is not None for one in slate["picks"]] == [True, False, False, False]
    for said in ("watched", "dismissal"):
        assert client.post(f"/api/v1/recommendations/999/{said}").status_code == 404


def test_what_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    """An answer has a tag; who knows it is told so, until the answer is another."""
    client.post("/api/v1/recommendations", json=ASKED)
    first = client.get("/api/v1/slates")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = client.get("/api/v1/slates", headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/api/v1/slates", headers={"if-none-match": '"x"'}).status_code == 200
    client.post("/api/v1/recommendations", json=ASKED)
    changed = client.get("/api/v1/slates", headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
