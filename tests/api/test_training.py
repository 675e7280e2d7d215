"""Training and models over HTTP."""

import time
from typing import Any

from fastapi.testclient import TestClient

ASKED = {"group_size": "couple", "session_length": "medium"}
MOODS = ("funny", "dramatic", "action", "relaxing")


def rate_evenings(client: TestClient, evenings: int) -> None:
    """Let a household like comedies on funny evenings and little else."""
    for evening in range(evenings):
        asked = {**ASKED, "mood": MOODS[evening % 4], "seed": evening}
        slate = client.post("/api/v1/recommendations", json=asked).json()
        pick = slate["picks"][evening % len(slate["picks"])]
        good = "Comedy" in pick["genres"] and evening % 4 == 0
        said = {
            "recommendation_id": pick["recommendation_id"],
            "rating": 5 if good else 2,
            "would_watch_again": True,
        }
        assert client.post("/api/v1/feedback", json=said).status_code == 201


def finished(client: TestClient, location: str) -> dict[str, Any]:
    """Wait until a run has ended, and return it."""
    for _ in range(600):
        run: dict[str, Any] = client.get(location).json()
        if run["state"] not in {"queued", "running"}:
            return run
        time.sleep(0.05)
    raise AssertionError("the run did not end")


def test_training_without_feedback_is_skipped_with_a_sentence(client: TestClient) -> None:
    """With nothing to learn from there is no model, and the rules go on serving."""
    answer = client.post("/api/v1/training-runs")
    assert answer.status_code == 202
    run = finished(client, answer.headers["location"])
    assert run["state"] == "skipped"
    assert "rules go on serving" in run["reason"]
    assert client.get("/api/v1/models").json() == {
        "champion": None,
        "models": [],
        "next_cursor": None,
    }


def test_a_run_accounts_for_every_row_and_compares(client: TestClient) -> None:
    """A finished run says what came in, what was used, and how rules and baseline did."""
    rate_evenings(client, 30)
    answer = client.post("/api/v1/training-runs", json={"seed": 3})
    run = finished(client, answer.headers["location"])
    assert run["state"] in {"promoted", "kept"}, run["reason"]
    left_out = sum(c["count"] for c in run["quality"] if c["action"] == "left out")
    assert run["rows_read"] == run["rows_used"] + left_out == 30
    assert {"challenger", "rules", "additive"} <= set(run["comparison"]["models"])
    assert run["reason"]
    version = client.get(f"/api/v1/models/{run['model_version']}").json()
    assert version["run_id"] == run["id"]
    assert version["is_champion"] == (run["state"] == "promoted")


def test_the_same_feedback_is_not_trained_twice(client: TestClient) -> None:
    """Where nothing changed since the last verdict, a run stops and says so."""
    rate_evenings(client, 24)
    first = finished(client, client.post("/api/v1/training-runs").headers["location"])
    second = finished(client, client.post("/api/v1/training-runs").headers["location"])
    assert first["state"] in {"promoted", "kept"}
    assert second["state"] == "skipped"
    assert f"run {first['id']}" in second["reason"]


def test_unknown_runs_and_versions_are_not_found(client: TestClient) -> None:
    """What is not there answers 404 in the envelope."""
    for path in ("/api/v1/training-runs/99", "/api/v1/models/20200101T000000-000000000000"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_runs_are_listed_newest_first(client: TestClient) -> None:
    """The list of runs begins with the latest."""
    for _ in range(2):
        finished(client, client.post("/api/v1/training-runs").headers["location"])
    runs = client.get("/api/v1/training-runs").json()["training_runs"]
    assert [run["id"] for run in runs] == [2, 1]
