"""PUT and DELETE /recommendations/{id}/signals/{kind}, and slates of another kind."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.backend.api.schemas import SlateOut
from tests.api.test_recommendations import ask

BINGE = {"mood": "any", "session_length": "binge", "size": 5}


def address(pick: dict[str, Any], kind: str) -> str:
    """Return where something is said of a pick."""
    return f"/api/v1/recommendations/{pick['recommendation_id']}/signals/{kind}"


def signals_of(client: TestClient, slate: dict[str, Any]) -> list[str | None]:
    """Return what stands of the picks of a slate."""
    told = client.get(f"/api/v1/slates/{slate['id']}").json()
    return [pick["signal"] for pick in told["picks"]]


@pytest.mark.parametrize("kind", ["not_tonight", "never", "seen"])
def test_a_signal_is_said_and_taken_back(client: TestClient, kind: str) -> None:
    """Twice is as once; the title is not shown meanwhile, and the slate tells what was said."""
    slate = ask(client, **BINGE, seed=4)
    lead = slate["picks"][0]
    for _ in range(2):
        assert client.put(address(lead, kind)).status_code == 204
    assert signals_of(client, slate) == [kind, None, None, None, None]
    without = ask(client, **BINGE, seed=4)
    assert lead["media_id"] not in [pick["media_id"] for pick in without["picks"]]
    for _ in range(2):
        assert client.delete(address(lead, kind)).status_code == 204
    assert signals_of(client, slate) == [None] * 5
    again = ask(client, **BINGE, seed=4)
    assert [one["media_id"] for one in again["picks"]] == [
        one["media_id"] for one in slate["picks"]
    ]


def test_what_cannot_be_said_is_refused(client: TestClient) -> None:
    """A pick that was not shown is not found, another word is no signal."""
    pick = ask(client)["picks"][0]
    for method in ("PUT", "DELETE"):
        assert client.request(method, address(pick, "boring")).status_code == 422
        unknown = client.request(method, address({"recommendation_id": 10**9}, "seen"))
        assert unknown.status_code == 404
        assert unknown.json()["error"]["code"] == "not_found"


def test_a_slate_that_was_just_drawn_is_told_as_when_it_is_shown_again(client: TestClient) -> None:
    """Also one in place of another, whose number it tells."""
    first = ask(client, **BINGE)
    other = ask(client, **BINGE, instead_of=first["id"], surprise=True)
    for slate, before in ((first, None), (other, first["id"])):
        again = client.get(f"/api/v1/slates/{slate['id']}").json()
        assert {**slate, "served_by": ""} == {**again, "served_by": ""}
        assert set(slate) == set(SlateOut.model_fields)
        assert (slate["mood"], slate["instead_of"]) == ("any", before)
    assert other["left_out"] == {"shown_tonight": 5}
    assert other["policy"] != first["policy"]
    shown = {pick["media_id"] for pick in first["picks"]}
    assert not shown & {pick["media_id"] for pick in other["picks"]}


def test_a_key_answers_the_same_again(client: TestClient) -> None:
    """The routes read the same fields as what stands before them."""
    first = ask(client, **BINGE)
    asked = {"mood": "any", "group_size": "couple", "session_length": "binge", "seed": 1}
    wanted = {**asked, "instead_of": first["id"], "surprise": True}
    answers = [
        client.post("/api/v1/recommendations", json=wanted, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["instead_of"] == first["id"]


def test_in_place_of_no_slate_nothing_is_drawn(client: TestClient) -> None:
    """A slate that there is not answers 404, one that cannot be 422."""
    asked = {"mood": "any", "group_size": "couple", "session_length": "binge"}
    unknown = client.post("/api/v1/recommendations", json={**asked, "instead_of": 10**9})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")
    for wrong in (0, -1, 2**53 + 1, "1", 1.5, True):
        answer = client.post("/api/v1/recommendations", json={**asked, "instead_of": wrong})
        assert answer.status_code == 422, wrong
