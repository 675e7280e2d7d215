"""Writes what a household is really answered, as examples for the description of the interface."""

import json
import re
import time
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
from tests.media_servers.fake_jellyfin import KEY, World, film, serve
from tests.workflows.evenings import ListSource, Ticking, live, varied_titles

TARGET: Final = Path(__file__).parents[1] / "app" / "backend" / "api" / "examples.json"
EVENING: Final = {"mood": "funny", "group_size": "couple", "session_length": "short", "seed": 7}
MOST_IN_A_LIST: Final = 2
SEED: Final = 5
SERVER: Final = "http://nas.local:8096"
RATINGS: Final = """Const,Your Rating,Date Rated,Title,Title Type,Year
tt9000001,8,2026-01-02,The Long Matinee,Movie,1998
tt9000002,9,2026-02-03,The Longest Matinee,Movie,1999
"""
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
    yield from _histories(client)
    yield from _sources(client)
    yield from _ranked(client)
    yield from _access(client)
    run = client.post(f"{base}/training-runs", json={"anew": True}).json()
    yield "create_training_run", run | {"id": 2}
    ended = client.delete(f"{base}/training-runs/{run['id']}").json()
    yield "cancel_training_run", ended if "error" not in ended else run | {"state": "cancelled"}


def _histories(client: TestClient) -> Iterator[tuple[str, Any]]:
    base = "/api/v1"
    sent = client.post(f"{base}/histories?member=Ben", content=RATINGS)
    yield "import_history", sent.json()
    yield "list_histories", client.get(f"{base}/histories").json()
    waiting = client.get(f"{base}/histories/unmatched").json()
    yield "list_unmatched_entries", waiting
    entry = f"{base}/histories/entries/{waiting['entries'][0]['id']}"
    yield "get_entry", client.get(entry).json()
    candidates = client.get(f"{entry}/candidates").json()
    yield "list_candidates", candidates
    means = {"media_id": candidates["candidates"][0]["media_id"]}
    yield "say_meaning", client.put(entry, json=means).json()
    yield "list_decided_entries", client.get(f"{base}/histories/decisions").json()


def _sources(client: TestClient) -> Iterator[tuple[str, Any]]:
    """Speak with a server that is there for as long as this lasts, under another name."""
    base = "/api/v1/sources"
    with serve(World(items=[film(number) for number in range(1, 6)])) as address:
        answers = dict(_of_source(client, base, address))
    for name, told in answers.items():
        plain = json.dumps(told).replace(address, SERVER)
        yield name, json.loads(re.sub(r"/webhooks/[^/]+/", "/webhooks/SECRET/", plain))


def _of_source(client: TestClient, base: str, address: str) -> Iterator[tuple[str, Any]]:
    said = {"kind": "jellyfin", "address": address, "key": KEY}
    made = client.post(base, json=said).json()
    yield "create_source", made
    one = f"{base}/{made['id']}"
    yield "list_source_libraries", client.get(f"{one}/libraries").json()
    people = {"people": [{"account": "Ben", "member": "Ben"}]}
    yield "assign_source_people", client.put(f"{one}/people", json=people).json()
    yield "list_source_accounts", client.get(f"{one}/accounts").json()
    yield "list_source_people", client.get(f"{one}/people").json()
    begun = client.post(f"{one}/syncs").headers["location"]
    while (ended := client.get(begun).json())["state"] == "running":
        time.sleep(0.01)
    not_yet = {"state": "running", "read": 0, "total": None, "counts": {}, "finished_at": None}
    yield "create_sync", ended | not_yet
    yield "get_import", ended
    yield "list_imports", client.get("/api/v1/library/imports").json()
    yield "get_source", client.get(one).json()
    yield "list_sources", client.get(base).json()
    yield "change_source", client.patch(one, json={"every_hours": 6}).json()
    yield "get_source_webhook", client.get(f"{one}/webhook").json()
    yield "keep_titles", client.post(f"{one}/kept-titles").json()
    yield "plan_ratings", client.get(f"{one}/ratings").json()
    yield "write_ratings", client.post(f"{one}/ratings").json()
    yield "delete_source", client.delete(one).json()


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
