"""The report on the data over HTTP, and on the page of the library."""

import pytest
from fastapi.testclient import TestClient

from app.backend.features.questions import every_question
from tests.api.test_training import rate_evenings


def test_a_report_accounts_for_every_row(client: TestClient) -> None:
    """Rows read are rows used and the counts of what was left out."""
    rate_evenings(client, 12)
    told = client.get("/api/v1/data-quality").json()
    left_out = sum(c["count"] for c in told["checks"] if c["action"] == "left out")
    assert told["rows_read"] == told["rows_used"] + left_out == 12
    assert [check["id"] for check in told["checks"]] == [one.id for one in every_question()]
    assert len(told["coverage"]["contexts"]) == 36
    assert len(told["fingerprint"]) == len(told["split"]["fingerprint"]) == 64


def test_without_feedback_shares_are_null(client: TestClient) -> None:
    """And the answer is one all the same."""
    told = client.get("/api/v1/data-quality").json()
    assert told["balance"] == {"rows": 0, "positives": 0, "share": None}
    assert told["drift"]["model_version"] is None


def test_the_page_of_the_library_shows_the_report(client: TestClient) -> None:
    """With pictures that the server drew: titles for those who listen, and no script."""
    rate_evenings(client, 12)
    page = client.get("/library/quality").text.split("<main", 1)[1]
    assert "12 verdicts came in." in page
    assert page.count("<svg") >= 2
    assert page.count("<svg") == page.count('role="img"')


def test_the_page_without_feedback_has_no_empty_pictures(client: TestClient) -> None:
    """It says what there will be once something was rated."""
    page = client.get("/library/quality").text
    assert "There is no verdict yet" in page
    assert "<svg" not in page.split("<main", 1)[1]


def test_the_page_of_an_empty_household_is_there(empty_client: TestClient) -> None:
    """With no title there is nothing to report on."""
    assert empty_client.get("/library").status_code == 200
    assert empty_client.get("/library/quality").status_code == 200
    assert empty_client.get("/api/v1/data-quality").json()["rows_read"] == 0


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'Ada" onload="x'])
def test_names_of_members_are_text_and_never_markup(client: TestClient, name: str) -> None:
    """Whatever a member calls itself."""
    slate = client.post(
        "/api/v1/recommendations",
        json={"mood": "funny", "group_size": "solo", "session_length": "medium"},
    ).json()
    said = {
        "recommendation_id": slate["picks"][0]["recommendation_id"],
        "rating": 5,
        "would_watch_again": True,
        "member": name,
    }
    assert client.post("/api/v1/feedback", json=said).status_code == 201
    assert name not in client.get("/library").text
