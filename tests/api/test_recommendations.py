"""POST /recommendations."""

from typing import Any

from fastapi.testclient import TestClient

ASKED = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
IMPOSSIBLE: list[dict[str, Any]] = [
    {"mood": "happy"},
    {"mood": ""},
    {"mood": None},
    {"mood": ["funny"]},
    {"group_size": 2},
    {"session_length": "SHORT"},
    {"size": 2},
    {"size": 6},
    {"size": "4"},
    {"size": 4.5},
    {"size": True},
    {"seed": -1},
    {"seed": 2**63},
    {"members": ["a\x00b"]},
    {"members": ["x" * 101]},
    {"members": ["x"] * 21},
    {"surprise": 1},
]


def ask(client: TestClient, **changes: object) -> dict[str, Any]:
    """Ask for a slate and return the answer's body."""
    answer = client.post("/api/v1/recommendations", json={**ASKED, **changes})
    assert answer.status_code == 201, answer.text
    slate: dict[str, Any] = answer.json()
    return slate


def test_a_slate_has_a_lead_and_two_to_four_others(client: TestClient) -> None:
    """A slate has three to five picks, the first position being the lead."""
    assert [pick["position"] for pick in ask(client)["picks"]] == [1, 2, 3, 4]
    assert len(ask(client, size=3)["picks"]) == 3
    assert len(ask(client, size=5)["picks"]) == 5


def test_every_pick_says_how_long_it_is_and_why(client: TestClient) -> None:
    """Each pick has minutes within the limit, at least one reason, and a propensity."""
    for pick in ask(client, session_length="short")["picks"]:
        assert 0 < pick["minutes"] <= 100
        assert pick["reasons"]
        assert 0 < pick["propensity"] <= 1
        assert 0 < pick["probability"] < 1


def test_without_feedback_the_rules_pick_and_say_so(client: TestClient) -> None:
    """With nothing learnt, the version is null and a sentence names the rules."""
    slate = ask(client)
    assert slate["model_version"] is None
    assert "rules" in slate["served_by"]


def test_the_same_seed_draws_the_same_slate(client: TestClient) -> None:
    """A slate can be drawn again from the seed that is kept with it."""
    first = ask(client, seed=7)
    again = ask(client, seed=7)
    assert first["seed"] == 7
    assert [p["media_id"] for p in first["picks"]] == [p["media_id"] for p in again["picks"]]


def test_what_cannot_be_is_refused(client: TestClient) -> None:
    """A value that is unknown, out of bounds or of another type answers 422 in the envelope."""
    for change in IMPOSSIBLE:
        answer = client.post("/api/v1/recommendations", json={**ASKED, **change})
        assert answer.status_code == 422, change
        assert answer.json()["error"]["code"] == "invalid_input"


def test_an_empty_library_is_a_named_error(empty_client: TestClient) -> None:
    """Without any title the answer is 409 and says how to bring some."""
    answer = empty_client.post("/api/v1/recommendations", json=ASKED)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "library_empty"
    assert "encore import" in answer.json()["error"]["message"]
