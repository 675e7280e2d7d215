"""Over HTTP: follow, cancel, promote, roll back, verify, prune, compare, ask who served when."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.backend.api.app import create_app
from app.backend.domain.progress import silent
from app.backend.domain.runs import TRACKED
from app.backend.store import runs
from app.backend.workflows.household import Household
from tests.api.conftest import speaking_with
from tests.api.test_training import finished, rate_evenings
from tests.workflows.evenings import Ticking, spoil

BASE = "/api/v1"


@pytest.fixture
def versions(trained_demo: Household, clock: Ticking) -> list[str]:
    """Two versions that served in turn, the serving one last."""
    with trained_demo.database.reading() as session:
        first = trained_demo.shelf.serving(session).version
    clock.advance(seconds=3_600)
    second, _ = trained_demo.train(1, silent, anew=True)
    return [str(first), str(second.model_version)]


@pytest.fixture
def home(trained_demo: Household, versions: list[str]) -> Iterator[TestClient]:
    """Speak with an application over two versions; it starts when nobody else trains."""
    assert len(versions) == 2
    with speaking_with(create_app(trained_demo)) as client:
        yield client


def code_of(answer: object) -> tuple[int, str]:
    """Return the status and the code of an error."""
    told = answer.json()  # type: ignore[attr-defined]  # a response
    return answer.status_code, told["error"]["code"]  # type: ignore[attr-defined]  # likewise


def test_rolling_back_and_promoting_take_effect_at_once(
    home: TestClient, versions: list[str]
) -> None:
    """The next request is answered by what was decided, and the decision is on record."""
    asked = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
    back = home.post(f"{BASE}/models/rollback", json={"reason": "Too many westerns."})
    assert (back.status_code, back.json()["version"]) == (200, versions[0])
    assert home.post(f"{BASE}/recommendations", json=asked).json()["model_version"] == versions[0]
    wish = {"expected_champion": versions[0]}
    again = home.post(f"{BASE}/models/{versions[1]}/promotion", json=wish)
    assert (again.status_code, again.json()["kind"]) == (200, "hand")
    assert home.post(f"{BASE}/recommendations", json=asked).json()["model_version"] == versions[1]
    history = home.get(f"{BASE}/models/history").json()["history"]
    assert [one["kind"] for one in history] == ["hand", "rollback", "gate", "gate", "start"]
    assert (history[1]["reason"], history[1]["actor"]) == ("Too many westerns.", "API")


def test_what_served_at_a_moment_can_be_asked(home: TestClient, versions: list[str]) -> None:
    """One period; without a zone, or as nonsense, the moment is refused."""
    history = home.get(f"{BASE}/models/history").json()["history"]
    then = home.get(f"{BASE}/models/history", params={"at": history[1]["since"]}).json()["history"]
    assert then == [history[1]]
    assert then[0]["version"] == versions[0]
    for at in ("2026-11-23T20:15:00", "yesterday"):
        answer = home.get(f"{BASE}/models/history", params={"at": at})
        assert code_of(answer) == (422, "invalid_input")


def test_decisions_on_an_old_view_are_conflicts(home: TestClient, versions: list[str]) -> None:
    """Compare and set: nothing changes, and the answer says what serves."""
    wish = {"expected_champion": "rules"}
    for path in (f"models/{versions[0]}/promotion", "models/rollback"):
        answer = home.post(f"{BASE}/{path}", json=wish)
        assert code_of(answer) == (409, "champion_changed")
        assert answer.json()["error"]["details"]["champion"] == versions[1]
    assert home.get(f"{BASE}/models").json()["champion"] == versions[1]


def test_bad_decisions_are_refused(home: TestClient, versions: list[str]) -> None:
    """What serves already, what is not there, what is no name, and what is no decision."""
    assert code_of(home.post(f"{BASE}/models/{versions[1]}/promotion"))[0] == 409
    nowhere = home.post(f"{BASE}/models/20200101T000000-000000000000/promotion")
    assert code_of(nowhere) == (404, "not_found")
    assert code_of(home.post(f"{BASE}/models/..%2f..%2fetc/promotion"))[0] == 404
    bodies: list[object] = [{"reason": "\x00"}, {"reason": "x" * 501}, {"who": "me"}, [], "x"]
    for body in bodies:
        answer = home.post(f"{BASE}/models/rollback", json=body)
        assert code_of(answer) == (422, "invalid_input")


def test_verification_finds_and_sets_aside_damage(
    home: TestClient, trained_demo: Household, versions: list[str]
) -> None:
    """Whole versions are said to be whole; a damaged champion no longer serves."""
    whole = home.post(f"{BASE}/models/verification").json()["versions"]
    assert [one["state"] for one in whole] == ["whole", "whole"]
    spoil(trained_demo.shelf.folder / versions[1])
    found = home.post(f"{BASE}/models/verification", json={"versions": [versions[1]]}).json()
    assert [one["state"] for one in found["versions"]] == ["damaged"]
    assert home.get(f"{BASE}/models").json()["champion"] == versions[0]
    told = home.get(f"{BASE}/models/{versions[1]}").json()
    assert told["set_aside_at"] is not None
    gone = home.post(f"{BASE}/models/verification", json={"versions": ["nothing"]})
    assert code_of(gone) == (404, "not_found")


def test_pruning_can_be_rehearsed(home: TestClient, versions: list[str]) -> None:
    """What could be rolled back to stays."""
    done = home.post(f"{BASE}/models/pruning", json={"keep": 0, "rehearse": True}).json()
    assert done == {"versions": [], "freed_bytes": 0, "kept": len(versions), "is_rehearsal": True}
    assert code_of(home.post(f"{BASE}/models/pruning", json={"keep": -1}))[0] == 422


def test_versions_are_compared(home: TestClient, versions: list[str]) -> None:
    """With each other, with the champion, and with the rules."""
    told = home.get(f"{BASE}/models/{versions[0]}/difference").json()
    assert (told["second"], told["mean_shift"]) == (versions[1], 0.0)
    rules = home.get(f"{BASE}/models/rules/difference", params={"other": versions[0]}).json()
    assert (rules["first"], len(rules["effects"])) == ("rules", 10)
    assert home.get(f"{BASE}/models/nothing/difference").status_code == 404


def test_a_version_has_a_card(home: TestClient, versions: list[str]) -> None:
    """As a page of its own that asks for nothing else, and as Markdown; an unknown one has none."""
    page = home.get(f"{BASE}/models/{versions[1]}/card")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert versions[1] in page.text
    text = home.get(f"{BASE}/models/{versions[1]}/card", params={"format": "markdown"})
    assert text.headers["content-type"].startswith("text/markdown")
    assert versions[1] in text.text
    assert home.get(f"{BASE}/models/nothing/card").status_code == 404


def test_a_run_can_be_followed(client: TestClient) -> None:
    """Each step begins and ends in order, then the run as it is; later events can be asked for."""
    rate_evenings(client, 24)
    location = client.post(f"{BASE}/training-runs").headers["location"]
    stream = client.get(f"{location}/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [dict(line.split(": ", 1) for line in part.split("\n") if line[0] != ":")
              for part in stream.text.strip().split("\n\n")]  # fmt: skip
    kinds = [event["event"] for event in events]
    assert kinds == ["step", "done"] * 9 + ["ended"]
    begun = [json.loads(event["data"])["step"] for event in events[:-1:2]]
    assert begun[0] == "ingest"
    assert begun[-1] == "promote"
    assert json.loads(events[-1]["data"]) == client.get(location).json()
    rest = client.get(f"{location}/events", headers={"Last-Event-ID": events[-3]["id"]}).text
    assert rest.count("event: ") == 2


def test_a_run_can_be_cancelled(client: TestClient) -> None:
    """From the answer on it is over; a second time is too late, and an unknown one is unknown."""
    rate_evenings(client, 24)
    location = client.post(f"{BASE}/training-runs", json={"anew": True}).headers["location"]
    answer = client.delete(location)
    if answer.status_code == 200:
        assert answer.json()["state"] == "cancelled"
        assert client.get(f"{BASE}/models").json()["models"] == []
    finished(client, location)
    assert code_of(client.delete(location)) == (409, "run_ended")
    assert client.delete(f"{BASE}/training-runs/999").status_code == 404
    assert client.get(f"{BASE}/training-runs/999/events").status_code == 404


def test_the_page_promotes_and_rolls_back(home: TestClient, versions: list[str]) -> None:
    """Two buttons, which do nothing where the page is older than what serves."""
    page = home.get("/model").text
    assert "Who served when" in page
    wish = {"expected": versions[1]}
    assert "The new model serves" in page
    assert home.post("/models/rollback", data=wish).status_code == 303
    assert "The new model served; another does now" in home.get("/model").text
    assert home.post("/models/rollback", data=wish).status_code == 409
    asked = {"version": versions[1], "expected": versions[0]}
    answer = home.post("/models/promotion", data=asked)
    assert answer.headers["location"] == "/model?notice=promoted"
    assert "It serves from now on." in home.get("/model?notice=promoted").text


def test_the_page_says_why_a_tracking_server_was_not_told(
    home: TestClient, trained_demo: Household
) -> None:
    """Beside the last run, as long as it is the last."""
    assert "was not told" not in home.get("/model").text
    problem = {"problem": "The tracking server was not told: <away>"}
    with trained_demo.database.writing() as session:
        run = runs.read_runs(session, 1)[0]
        runs.write_event(session, run.hold, trained_demo.clock(), TRACKED, "", problem)
    assert "The tracking server was not told: &lt;away&gt;" in home.get("/model").text


def test_the_page_cancels(home: TestClient) -> None:
    """A run that is over is left as it is."""
    assert home.post("/training/cancellation", data={"run_id": 1}).status_code == 303
    assert home.post("/training/cancellation", data={"run_id": 0}).status_code == 422
