"""What Tonight says where nothing fits, and where it cannot do what is asked."""

import pytest
from fastapi.testclient import TestClient

from app.backend.domain.progress import silent
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from tests.api.forms import follow, press
from tests.api.tonight import chosen, shown
from tests.workflows.evenings import ListSource, record

HTML = {"accept": "text/html"}


def test_nothing_fits_says_why_and_what_would(
    empty_client: TestClient, household: Household
) -> None:
    """Each choice says how many it excluded; another length is one tap away."""
    long = [record(f"Long {number}", minutes=120 + 10 * number) for number in range(9)]
    unknown = record("Of unknown length", minutes=None)
    with household.database.writing() as session:
        import_library(session, ListSource([*long, unknown]), household.clock, silent)
    answer = press(
        empty_client, empty_client.get("/").text, "Show picks",
        session_length=["short"], mood=["dramatic"],
    )  # fmt: skip
    assert answer.status_code == 409
    assert "Nothing fits" in answer.text
    assert "9 titles are too long" in answer.text
    assert "1 title has no known length" in answer.text
    assert "10 titles would fit a binge" in answer.text
    assert chosen(answer.text, "session_length") == ["short"]
    page = follow(empty_client, press(empty_client, answer.text, "4 titles would fit a medium"))
    slate = shown(empty_client, household, page)
    assert (slate.mood, slate.session_length) == ("dramatic", "medium")


def test_age_limits_say_what_they_excluded(
    client: TestClient, household: Household, family: dict[str, str]
) -> None:
    """A child alone in a library without age ratings gets no pick, and the page says why."""
    alone = {"members": [family["Cid"]], "session_length": ["binge"]}
    answer = press(client, client.get("/").text, "Show picks", **alone)
    assert answer.status_code == 409
    assert "40 titles have no readable age rating" in answer.text
    assert chosen(answer.text, "members") == [family["Cid"]]


def test_an_empty_library_leads_to_the_first_run(empty_client: TestClient) -> None:
    """The page leads to where titles come from; so does a form that was open before."""
    answer = empty_client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")
    said = {"mood": "any", "group_size": "solo", "session_length": "medium"}
    asked = empty_client.post("/tonight", data=said)
    assert asked.status_code == 409
    assert 'href="/welcome"' in asked.text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/tonight", {}),
        ("/tonight", {"mood": "angry"}),
        ("/tonight", {"group_size": "trio"}),
        ("/tonight", {"session_length": "forever"}),
        ("/tonight", {"members": "Ann"}),
        ("/tonight", {"members": "0"}),
        ("/tonight", {"members": ["1"] * 21}),
        ("/tonight", {"surprise": "perhaps"}),
        ("/tonight", {"instead_of": "-1"}),
        ("/watched", {"recommendation_id": "one"}),
        ("/signals", {"recommendation_id": "1", "kind": "boring"}),
        ("/signals", {"recommendation_id": "0", "kind": "never"}),
        ("/signals/undo", {"recommendation_id": "1"}),
    ],
)
def test_what_no_form_says_is_refused_as_a_page(
    client: TestClient, path: str, said: dict[str, str]
) -> None:
    """The answer is 422, and a page with a sentence."""
    usual = {"mood": "any", "group_size": "solo", "session_length": "medium"}
    answer = client.post(path, data={**usual, **said} if said else {}, headers=HTML)
    assert answer.status_code == 422
    assert "<h1" in answer.text
    assert "Back to tonight" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/?slate=999999", {}),
        ("POST", "/watched", {"recommendation_id": "999999"}),
        ("POST", "/signals", {"recommendation_id": "999999", "kind": "seen"}),
        ("POST", "/signals/undo", {"recommendation_id": "999999", "kind": "seen"}),
        (
            "POST",
            "/tonight",
            {
                "mood": "any",
                "group_size": "solo",
                "session_length": "medium",
                "instead_of": "999999",
            },
        ),
    ],
)
def test_what_is_not_there_is_told_as_a_page(
    client: TestClient, method: str, path: str, said: dict[str, str]
) -> None:
    """The answer is 404, and a page with a sentence."""
    answer = client.request(method, path, data=said or None, headers=HTML)
    assert answer.status_code == 404
    assert "There is no" in answer.text
