"""POST /feedback."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

ASKED = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
IMPOSSIBLE: list[dict[str, Any]] = [
    {"rating": 0},
    {"rating": 6},
    {"rating": 4.5},
    {"rating": "5"},
    {"rating": None},
    {"rating": True},
    {"would_watch_again": 1},
    {"would_watch_again": "yes"},
    {"recommendation_id": 0},
    {"recommendation_id": 2**63},
    {"member": ""},
    {"member": "a\nb"},
    {"event_id": "with space"},
    {"event_id": "x" * 101},
]


@pytest.fixture
def pick(client: TestClient) -> int:
    """Return the id of a pick that was shown."""
    slate = client.post("/api/v1/recommendations", json=ASKED).json()
    return int(slate["picks"][0]["recommendation_id"])


def test_a_verdict_is_kept_once(client: TestClient, pick: int) -> None:
    """The same verdict again answers 200 with the same id, and changes nothing."""
    said = {"recommendation_id": pick, "rating": 5, "would_watch_again": True}
    first = client.post("/api/v1/feedback", json=said)
    again = client.post("/api/v1/feedback", json=said)
    assert (first.status_code, first.json()["is_new"]) == (201, True)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert first.json()["id"] == again.json()["id"]


def test_an_event_id_belongs_to_one_verdict(client: TestClient, pick: int) -> None:
    """An event id that comes back with another verdict answers 409."""
    said = {"recommendation_id": pick, "rating": 5, "would_watch_again": True, "event_id": "e-1"}
    assert client.post("/api/v1/feedback", json=said).status_code == 201
    assert client.post("/api/v1/feedback", json=said).status_code == 200
    other = client.post("/api/v1/feedback", json={**said, "rating": 1})
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "event_reused"


def test_a_verdict_can_be_corrected(client: TestClient, pick: int) -> None:
    """Another verdict on the same pick is a new row: the last one counts."""
    said = {"recommendation_id": pick, "rating": 5, "would_watch_again": True}
    first = client.post("/api/v1/feedback", json=said).json()
    second = client.post("/api/v1/feedback", json={**said, "rating": 2}).json()
    assert second["is_new"]
    assert second["id"] > first["id"]


def test_an_unknown_pick_is_not_found(client: TestClient) -> None:
    """A verdict on a pick that was never shown answers 404."""
    said = {"recommendation_id": 10**9, "rating": 5, "would_watch_again": True}
    answer = client.post("/api/v1/feedback", json=said)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_what_cannot_be_is_refused(client: TestClient, pick: int) -> None:
    """A value that is out of bounds or of another type answers 422 and writes nothing."""
    for change in IMPOSSIBLE:
        said = {"recommendation_id": pick, "rating": 5, "would_watch_again": True, **change}
        assert client.post("/api/v1/feedback", json=said).status_code == 422, change
    fine = {"recommendation_id": pick, "rating": 5, "would_watch_again": True}
    assert client.post("/api/v1/feedback", json=fine).json()["is_new"]
