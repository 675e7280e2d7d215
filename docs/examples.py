"""Writes what a household is really answered, as examples for the description of the interface."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi.testclient import TestClient

from app.backend.api.app import create_app
from app.backend.domain.progress import silent
from app.backend.workflows.household import open_household
from app.backend.workflows.import_library import import_library
from tests.workflows.evenings import ListSource, Ticking, live, varied_titles

TARGET: Final = Path(__file__).parents[1] / "app" / "backend" / "api" / "examples.json"
EVENING: Final = {"mood": "funny", "group_size": "couple", "session_length": "short", "seed": 7}
MOST_IN_A_LIST: Final = 2
SEED: Final = 5
# Of secrets, which are never the same, the form alone is shown.
SECRET: Final = "enc_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"  # noqa: S105


def recorded() -> dict[str, Any]:
    """Return the answer of each operation, by its name."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/encore.db"
        clock = Ticking()
        with open_household(url, Path(folder) / "models", clock) as household:
            with household.database.writing() as session:
                import_library(session, ListSource(varied_titles()), clock, silent)
            live(
                household,
                clock,
                40,
                lambda pick, mood: ("Comedy" in pick.genres) == (mood == "funny"),
            )
            household.train(SEED, silent)
            app = create_app(replace(household, clock=clock))
            with TestClient(app, "http://localhost", client=("127.0.0.1", 1)) as client:
                client.headers["origin"] = "http://localhost"
                return {name: shortened(answer) for name, answer in _asked(client)}


def _asked(client: TestClient) -> Iterator[tuple[str, Any]]:
    base = "/api/v1"
    slate = client.post(f"{base}/recommendations", json=EVENING).json()
    yield "create_recommendation", slate
    pick = slate["picks"][0]["recommendation_id"]
    said = {"recommendation_id": pick, "rating": 5, "would_watch_again": True, "member": "Ada"}
    yield "create_feedback", client.post(f"{base}/feedback", json=said).json()
    titles = {"titles": [{"media_id": 1}], "contexts": [{"mood": "funny"}], "contributions": True}
    yield "create_predictions", client.post(f"{base}/predictions", json=titles).json()
    new = {"titles": [{"title": "The Long Matinee", "year": 1998, "genres": ["Comedy", "Krimi"]}]}
    yield "import_titles", client.post(f"{base}/library/imports", json=new).json()
    added = client.post(f"{base}/members", json={"name": "Ben", "age_limit": 12}).json()
    yield "create_member", added
    yield (
        "change_member",
        client.patch(f"{base}/members/{added['id']}", json={"age_limit": 16}).json(),
    )
    for name, path in _LOOKED_AT.items():
        yield name, client.get(path).json()
    version = client.get(f"{base}/models").json()["champion"]
    yield "get_model", client.get(f"{base}/models/{version}").json()
    yield "verify_models", client.post(f"{base}/models/verification").json()
    yield "prune_models", client.post(f"{base}/models/pruning", json={"rehearse": True}).json()
    yield "roll_back_model", client.post(f"{base}/models/rollback").json()
    yield "promote_model", client.post(f"{base}/models/{version}/promotion").json()
    tensor = {"name": "mood", "shape": [1], "datatype": "BYTES", "data": ["funny"]}
    for name, at in (("infer", ""), ("infer_version", f"/versions/{version}")):
        answer = client.post(f"/v2/models/encore{at}/infer", json={"inputs": [tensor]})
        yield name, answer.json()
    yield "version_metadata", client.get(f"/v2/models/encore/versions/{version}").json()
    yield "version_ready", client.get(f"/v2/models/encore/versions/{version}/ready").json()
    rows = {"dataframe_records": [{"mood": "funny", "genres": "Comedy"}]}
    yield "invocations", client.post("/invocations", json=rows).json()
    yield from _ranked(client)
    yield from _access(client)
    run = client.post(f"{base}/training-runs", json={"anew": True}).json()
    yield "create_training_run", run | {"id": 2}
    ended = client.delete(f"{base}/training-runs/{run['id']}").json()
    yield "cancel_training_run", ended if "error" not in ended else run | {"state": "cancelled"}


def _ranked(client: TestClient) -> Iterator[tuple[str, Any]]:
    actions = [
        {"id": f"media:{number}", "features": [{"media_id": number}]} for number in (1, 2, 3)
    ]
    asked = {
        "eventId": "evening-7",
        "contextFeatures": [{"mood": "funny"}, {"company": "couple"}, {"time": "short"}],
        "actions": actions,
    }
    yield "rank_actions", client.post("/personalizer/v1.0/rank", json=asked).json()


def _access(client: TestClient) -> Iterator[tuple[str, Any]]:
    base = "/api/v1"
    yield "get_me", client.get(f"{base}/me").json()
    key = client.post(f"{base}/keys", json={"name": "living room", "scopes": ["watch"]}).json()
    yield "create_key", key | {"key": SECRET, "hint": SECRET[:10]}
    yield "list_keys", {"keys": [_without_secret(key)]}
    yield "revoke_key", _without_secret(client.delete(f"{base}/keys/{key['id']}").json())
    owner = {"name": "ada", "password": "a long evening in"}
    yield "create_owner", client.post(f"{base}/owner", json=owner).json()
    yield "create_session", client.post(f"{base}/sessions", json=owner).json()
    grace = {"name": "grace", "role": "viewer", "password": "three reels of film"}
    yield "create_account", client.post(f"{base}/accounts", json=grace).json()
    changed = {"role": "trainer"}
    path = f"{base}/accounts/grace"
    yield "change_account", client.patch(path, json=changed).json()
    yield "list_accounts", client.get(f"{base}/accounts").json()


_LOOKED_AT: Final = {
    "list_members": "/api/v1/members",
    "list_feedback": "/api/v1/feedback",
    "list_slates": "/api/v1/slates?limit=1",
    "get_slate": "/api/v1/slates/1",
    "list_titles": "/api/v1/titles?limit=2",
    "get_title": "/api/v1/titles/1",
    "list_training_runs": "/api/v1/training-runs",
    "get_training_run": "/api/v1/training-runs/1",
    "list_models": "/api/v1/models",
    "get_history": "/api/v1/models/history",
    "get_taste": "/api/v1/models/champion/taste",
    "get_difference": "/api/v1/models/champion/difference?other=rules",
    "get_data_quality": "/api/v1/data-quality",
    "healthz": "/healthz",
    "readyz": "/readyz",
    "server_metadata": "/v2",
    "server_live": "/v2/health/live",
    "server_ready": "/v2/health/ready",
    "model_metadata": "/v2/models/encore",
    "model_ready": "/v2/models/encore/ready",
}


def shortened(told: Any) -> Any:  # noqa: ANN401  # JSON
    """Return an answer with its lists cut to their beginnings."""
    if isinstance(told, dict):
        kept = list(told.items())
        return {name: shortened(value) for name, value in kept}
    if isinstance(told, list):
        return [shortened(value) for value in told[:MOST_IN_A_LIST]]
    return round(told, 4) if isinstance(told, float) else told


def _without_secret(key: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in key.items() if name != "key"}
    return told | {"hint": SECRET[:10]}


def main() -> None:
    """Write the examples."""
    TARGET.write_text(json.dumps(recorded(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
