"""Members over REST: listed, added, changed, gone and back."""

import pytest
from fastapi.testclient import TestClient

from tests.api.people import code_of

MEMBERS = "/api/v1/members"


def test_members_come_change_and_go(client: TestClient) -> None:
    """What is not said stays; null takes a limit away; who left is listed as gone."""
    assert client.get(MEMBERS).json() == {"members": []}
    added = client.post(MEMBERS, json={"name": "Ann", "age_limit": 12})
    assert added.status_code == 201
    ann = added.json()
    assert ann == {"id": ann["id"], "name": "Ann", "age_limit": 12, "is_here": True}
    place = f"{MEMBERS}/{ann['id']}"
    assert client.patch(place, json={"name": "Anna"}).json()["age_limit"] == 12
    assert client.patch(place, json={"age_limit": None}).json()["age_limit"] is None
    assert client.patch(place, json={"is_here": False}).json()["is_here"] is False
    assert client.get(MEMBERS).json()["members"] == [
        {"id": ann["id"], "name": "Anna", "age_limit": None, "is_here": False}
    ]
    assert client.patch(place, json={"is_here": True, "age_limit": 6}).json()["is_here"] is True


def test_what_cannot_be_is_refused_by_name(client: TestClient) -> None:
    """Nobody, somebody twice, and what is no change."""
    ann = client.post(MEMBERS, json={"name": "Ann"}).json()["id"]
    client.post(MEMBERS, json={"name": "Ben"})
    assert code_of(client.post(MEMBERS, json={"name": "ann"})) == (409, "conflict")
    assert code_of(client.patch(f"{MEMBERS}/99", json={"name": "Cy"})) == (404, "not_found")
    assert code_of(client.patch(f"{MEMBERS}/{ann}", json={"name": "Ben"})) == (409, "conflict")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": None},
        {"name": ""},
        {"age_limit": 22},
        {"age_limit": "12"},
        {"is_here": "no"},
        {"role": "x"},
    ],
)
def test_what_is_no_change_is_refused(client: TestClient, body: dict[str, object]) -> None:
    """With the place and the reason; nothing is changed."""
    ann = client.post(MEMBERS, json={"name": "Ann"}).json()
    assert code_of(client.patch(f"{MEMBERS}/{ann['id']}", json=body)) == (422, "invalid_input")
    assert client.get(MEMBERS).json()["members"] == [ann]


def test_a_limit_holds_for_who_is_named(client: TestClient) -> None:
    """Titles without a readable rating are left out while a child is present, and counted."""
    client.post(MEMBERS, json={"name": "Kim", "age_limit": 6})
    asked = {"mood": "any", "group_size": "couple", "session_length": "medium"}
    assert client.post("/api/v1/recommendations", json=asked).status_code == 201
    refused = client.post("/api/v1/recommendations", json={**asked, "members": ["Kim"]})
    assert code_of(refused) == (409, "nothing_fits")
    assert refused.json()["error"]["details"]["excluded"]["age_unknown"] > 0
