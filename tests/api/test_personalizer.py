"""Rank and reward over real HTTP: by the client that others have, and by hand."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from azure.cognitiveservices.personalizer import PersonalizerClient
from azure.cognitiveservices.personalizer.models import (
    ErrorResponseException,
    RankableAction,
    RankRequest,
)
from fastapi.testclient import TestClient
from msrest.authentication import CognitiveServicesCredentials
from msrest.exceptions import HttpOperationError
from sqlalchemy import select

from app.backend.api.app import create_app
from app.backend.store.tables import Feedback, Media, Recommendation
from app.backend.workflows import accounts, keys
from app.backend.workflows.household import Household
from tests.api.test_guards import NASTY, is_envelope

PASSWORD = "a long evening in"  # noqa: S105  # of a household that lives as long as a test
BASE = "/personalizer/v1.0"
ACTIONS: list[dict[str, Any]] = [
    {"id": "airplane", "features": [{"genres": ["Comedy"]}, {"minutes": 88}]},
    {"id": "heat", "features": [{"genres": ["Crime"], "minutes": 170}]},
]
ASKED: dict[str, Any] = {"contextFeatures": [{"mood": "funny"}], "actions": ACTIONS}


@contextmanager
def listening(household: Household) -> Iterator[str]:
    """Serve a household on a free port; yield its address."""
    config = uvicorn.Config(create_app(household), log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def address(household: Household) -> Iterator[str]:
    """Where a household answers that has an owner, and no library."""
    with household.database.writing() as session:
        accounts.make_owner(session, "ada", PASSWORD, household.clock)
    with listening(household) as url:
        yield url


def client_with(household: Household, address: str, *scopes: str) -> Any:  # noqa: ANN401  # untyped
    """Return the client that others have, with a key of some scopes."""
    with household.database.writing() as session:
        wanted = keys.Wanted("an app", scopes, None, "ada")
        key, _ = keys.make(session, wanted, household.clock)
    return client_by(address, key)


def client_by(address: str, key: str) -> Any:  # noqa: ANN401  # untyped
    """Return the client that others have."""
    made: Any = PersonalizerClient
    return made(address, CognitiveServicesCredentials(key))


def a_request(**said: Any) -> Any:  # noqa: ANN401  # untyped
    """Return a request as the client makes it."""
    actions = [RankableAction(id=one["id"], features=one["features"]) for one in ACTIONS]
    return RankRequest(actions=actions, context_features=[{"mood": "funny"}], **said)


def test_the_client_that_others_have_works_unchanged(household: Household, address: str) -> None:
    """Rank, reward, exclude, defer, activate: each call of the client does what it did."""
    client = client_with(household, address, "watch")
    ranked = client.rank(a_request())
    chances = {one.id: one.probability for one in ranked.ranking}
    assert set(chances) == {"airplane", "heat"}
    assert sum(chances.values()) == pytest.approx(1.0)
    assert ranked.reward_action_id == ranked.ranking[0].id
    assert len(ranked.event_id) == 36
    assert client.events.reward(event_id=ranked.event_id, value=1.0) is None
    without = client.rank(a_request(excluded_actions=["airplane"], event_id="a/b?c=%20+"))
    assert without.reward_action_id == "heat"
    assert (without.ranking[0].id, without.ranking[0].probability) == ("airplane", 0.0)
    assert without.ranking[1].probability == 1.0
    assert client.events.reward("a/b?c=%20+", 0) is None
    deferred = client.rank(a_request(event_id="later", defer_activation=True))
    assert client.events.reward(event_id="later", value=0.5) is None
    assert verdicts(household) == [(5, True), (1, False)]
    assert client.events.activate(event_id="later") is None
    assert client.events.activate(event_id="later") is None
    assert verdicts(household) == [(5, True), (1, False), (3, False)]
    with household.database.reading() as session:
        shown = session.scalars(
            select(Media.source_key)
            .join(Recommendation, Recommendation.media_id == Media.id)
            .order_by(Recommendation.id)
        ).all()
    assert shown == [ranked.reward_action_id, "heat", deferred.reward_action_id]


def verdicts(household: Household) -> list[tuple[int, bool]]:
    """Return what was said of everything, in order."""
    with household.database.reading() as session:
        found = session.scalars(select(Feedback).order_by(Feedback.id))
        return [(one.rating, one.would_watch_again) for one in found]


def test_the_client_understands_what_went_wrong(household: Household, address: str) -> None:
    """Its own exception brings the code and the sentence of the failure."""
    client = client_with(household, address, "watch")
    client.rank(a_request(event_id="once"))
    reused = failure(client.rank, a_request(event_id="once", excluded_actions=["heat"]))
    told = reused.error.error
    assert (reused.response.status_code, told.code, told.details) == (409, "event_reused", [])
    assert "another rank request" in told.message
    assert isinstance(reused, ErrorResponseException)
    wrong = failure(client.rank, RankRequest(actions=[]))
    assert wrong.response.status_code == 422
    assert wrong.error.error.code == "invalid_input"
    assert [one.code for one in wrong.error.error.details] == ["invalid_input"]
    assert "body.actions" in wrong.error.error.details[0].message
    for call, words in ((client.events.reward, ("nobody", 1)), (client.events.activate, ("no",))):
        unknown = failure(call, *words)
        assert unknown.response.status_code == 404
        assert unknown.response.json()["error"]["code"] == "not_found"


def failure(call: Any, *words: Any) -> Any:  # noqa: ANN401  # untyped
    """Return what a call of the client raises."""
    with pytest.raises(HttpOperationError) as raised:
        call(*words)
    return raised.value


def test_who_sends_another_header_gets_the_one_shape(empty_client: TestClient) -> None:
    """Programs that speak with Encore otherwise read failures as everywhere."""
    answer = empty_client.post("/events/nobody/activate")
    assert is_envelope(answer.json())
    assert answer.json()["error"]["details"] == {}
    key = {"Ocp-Apim-Subscription-Key": "none"}
    refused = empty_client.post("/rank", content=b"{", headers=key)
    assert (refused.status_code, refused.json()["error"]["details"]) == (401, [])
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_needs_the_scope_to_watch(household: Household, address: str) -> None:
    """Without a key, or with one for something else, nothing is ranked, rewarded or activated."""
    reader = client_with(household, address, "read")
    for client, status in ((client_by(address, "not a key"), 401), (reader, 403)):
        for call, words in (
            (client.rank, (a_request(),)),
            (client.events.reward, ("e", 1)),
            (client.events.activate, ("e",)),
        ):
            assert failure(call, *words).response.status_code == status
    assert httpx2.post(f"{address}/rank", json=ASKED).status_code == 401


def test_the_bare_addresses_do_the_same(empty_client: TestClient) -> None:
    """With or without what the client puts before them, events are the same ones."""
    first = empty_client.post("/rank", json={**ASKED, "eventId": "e"})
    again = empty_client.post(f"{BASE}/rank", json={**ASKED, "eventId": "e"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert set(first.json()) == {"ranking", "eventId", "rewardActionId"}
    assert empty_client.post("/events/e/reward", json={"value": 1}).status_code == 204
    assert empty_client.post(f"{BASE}/events/e/activate").status_code == 204
    assert empty_client.post("/events/e/activate").content == b""


def test_what_was_not_understood_is_told(empty_client: TestClient) -> None:
    """Names of features that say nothing are in a header, in plain ASCII, and not without end."""
    asked = {**ASKED, "contextFeatures": [{"mood": "funny", "Wetter": 1}, {"ünknown": {"ä": 1}}]}
    answer = empty_client.post("/rank", json=asked)
    assert answer.headers["Encore-Ignored-Features"] == "Wetter, +1"
    many = [{f"feature-{n:03}": n for n in range(500)}, {"a\r\nSet-Cookie: x": 1}]
    told = empty_client.post("/rank", json={**ASKED, "contextFeatures": many})
    assert told.headers["Encore-Ignored-Features"].endswith("feature-019, +481")
    assert "set-cookie" not in told.headers
    assert "Encore-Ignored-Features" not in empty_client.post("/rank", json=ASKED).headers


def test_what_other_clients_leave_empty_may_be_null(empty_client: TestClient) -> None:
    """Clients that send every field of theirs are understood."""
    nothing = dict.fromkeys(("contextFeatures", "excludedActions", "eventId", "deferActivation"))
    answer = empty_client.post("/rank", json={**nothing, "actions": [{"id": "a", "features": []}]})
    assert answer.status_code == 201
    assert answer.json()["ranking"] == [{"id": "a", "probability": 1.0}]


def nasty() -> list[bytes]:
    """Return bodies that no client sends by mistake alone."""
    values = [
        *("NaN", "Infinity", "-1e999", "9223372036854775808", "1" * 4_000, '"\\ud800"', "true"),
        *('"\\u0000"', "null", "[]", "{}", '"' + "x" * 9_000 + '"', "[" * 900 + "]" * 900),
        *('{"a":' * 100 + "1" + "}" * 100, "[[[[[[[[[[1]]]]]]]]]]", "1e308", "-0.0", '"media:1"'),
    ]
    places = [
        '{"actions": [{"id": %s, "features": []}]}',
        '{"actions": [{"id": "a", "features": %s}]}',
        '{"actions": [{"id": "a", "features": [%s]}]}',
        '{"actions": [{"id": "a", "features": [{"media_id": %s, "x": 1}]}]}',
        '{"actions": [{"id": "a", "features": [{"year": %s, "minutes": %s, "genres": %s}]}]}',
        '{"actions": [{"id": "a", "features": [{"rating": %s, "kind": %s, "title": %s}]}]}',
        '{"contextFeatures": [{"mood": %s}], "actions": [{"id": "a", "features": []}]}',
        '{"eventId": %s, "actions": [{"id": "a", "features": []}]}',
        '{"excludedActions": [%s], "actions": [{"id": "a", "features": []}]}',
        '{"deferActivation": %s, "actions": [{"id": "a", "features": []}]}',
        '{"value": %s}',
    ]
    made = [place.replace("%s", value).encode() for place in places for value in values]
    named = json.dumps({"actions": [{"id": "a", "features": [{"\ud800": 1}, {"\x00": 1}]}]})
    return [*NASTY, *made, named.encode(), b'{"actions": [{"id": "\xff", "features": []}]}']


@pytest.mark.parametrize("path", ["/rank", "/events/e/reward", "/events/e/activate"])
def test_nasty_bodies_never_break_anything(empty_client: TestClient, path: str) -> None:
    """Whatever is sent, the answer is no 5xx, and a failure is in the envelope."""
    assert empty_client.post("/rank", json={**ASKED, "eventId": "e"}).status_code == 201
    headers = {"content-type": "application/json"}
    seen = set()
    for body in nasty():
        answer = empty_client.post(f"{BASE}{path}", content=body, headers=headers)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (body[:80], answer.text)
        assert answer.status_code < 300 or is_envelope(answer.json()), body[:80]
    assert path.endswith("activate") or 422 in seen


@pytest.mark.parametrize(
    "change",
    [
        {"actions": []},
        {"actions": [{"id": f"a{n}", "features": []} for n in range(51)]},
        {"actions": [{"id": "", "features": []}]},
        {"actions": [{"id": "x" * 257, "features": []}]},
        {"actions": [{"id": "a"}]},
        {"actions": [{"id": "a", "features": [], "more": 1}]},
        {"actions": [{"id": "a", "features": {}}]},
        {"eventId": ""},
        {"eventId": "x" * 257},
        {"eventId": "with a space"},
        {"more": 1},
    ],
)
def test_what_cannot_be_is_refused(empty_client: TestClient, change: dict[str, Any]) -> None:
    """Too many, too long, unknown or missing: the answer says which, and nothing is kept."""
    answer = empty_client.post("/rank", json={**ASKED, **change})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("event_id", ["x" * 257, "with%20a%20space", "%00", "%ff"])
def test_event_ids_that_cannot_be_are_refused(empty_client: TestClient, event_id: str) -> None:
    """An address whose event cannot be says so."""
    for verb in ("reward", "activate"):
        answer = empty_client.post(f"/events/{event_id}/{verb}", json={"value": 1})
        assert answer.status_code == 422


def test_excluding_everything_leaves_nothing(empty_client: TestClient) -> None:
    """The answer says that nothing is left, and no event is remembered."""
    asked = {**ASKED, "excludedActions": ["heat", "airplane"], "eventId": "e"}
    answer = empty_client.post("/rank", json=asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_fits")
    assert empty_client.post("/events/e/activate").status_code == 404


def test_each_operation_is_described_once(empty_client: TestClient) -> None:
    """The description has the addresses of the client, each under a name of its own."""
    paths = empty_client.get("/api/v1/openapi.json").json()["paths"]
    described = {path: told["post"] for path, told in paths.items() if path.startswith(BASE)}
    assert {one["operationId"] for one in described.values()} == {
        "rank_actions",
        "reward_event",
        "activate_event",
    }
    assert len(described) == 3
    assert not {"/rank", "/events/{event_id}/reward"} & set(paths)
    rank = described[f"{BASE}/rank"]
    assert "Encore-Ignored-Features" in rank["responses"]["201"]["headers"]
