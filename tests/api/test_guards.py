"""What stands before every route, and the one shape of every failure."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.backend.api.guards import MOST_BODY_BYTES
from app.backend.api.routing import every_route

ASKED = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
NASTY = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"mood": NaN}',
    b'{"mood": Infinity, "size": -Infinity}',
    b'{"mood": "\\ud800"}',
    b'{"mood": "\\u0000"}',
    b'{"size": 1e999}',
    b'{"size": 9223372036854775808}',
    b'{"recommendation_id": 9223372036854775808, "rating": 5, "would_watch_again": true}',
    b'{"mood": "funny", "mood": "action"}',
    b"[" * 3000 + b"]" * 3000,
    json.dumps({**ASKED, "members": ["\ud800"]}).encode(),
    json.dumps({**ASKED, "members": ["x" * 60_000]}).encode(),
]


def is_envelope(body: object) -> bool:
    """Say whether a body is the one shape of failures."""
    if not isinstance(body, dict) or set(body) != {"error"}:
        return False
    error = body["error"]
    return set(error) == {"code", "message", "details"} and bool(error["message"])


@pytest.mark.parametrize("path", ["recommendations", "feedback", "training-runs"])
def test_nasty_bodies_never_break_anything(client: TestClient, path: str) -> None:
    """Whatever is sent, the answer is no 5xx, and a failure is in the envelope."""
    headers = {"content-type": "application/json"}
    for body in NASTY:
        answer = client.post(f"/api/v1/{path}", content=body, headers=headers)
        assert answer.status_code < 500, (body[:80], answer.text)
        assert answer.status_code < 300 or is_envelope(answer.json()), body[:80]


def test_failures_have_one_shape(client: TestClient) -> None:
    """Unknown addresses and methods answer in the envelope too."""
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/feedback", 405),
        ("GET", "/api/v1/training-runs/zero", 422),
        ("GET", "/nothing", 404),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert is_envelope(answer.json())


def test_a_browser_gets_a_page_for_a_failure(client: TestClient) -> None:
    """Where a browser asks for a page, a failure is a page."""
    answer = client.get("/?slate=999", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no slate 999" in answer.text


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    """More than the limit answers 413, told beforehand or streamed."""

    def stream() -> Iterator[bytes]:
        for _ in range(MOST_BODY_BYTES // 1024 + 2):
            yield b" " * 1024

    for content in (b" " * (MOST_BODY_BYTES + 1), stream()):
        answer = client.post("/api/v1/feedback", content=content)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "body_too_large"


def test_other_sites_cannot_make_a_browser_change_anything(client: TestClient) -> None:
    """A request that another site's page caused is refused before any route sees it."""
    for headers, status in (
        ({}, 201),
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"sec-fetch-site": "none"}, 201),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://localhost"}, 201),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ):
        answer = client.post("/api/v1/recommendations", json=ASKED, headers=headers)
        assert answer.status_code == status, headers


def test_only_loopback_names_are_answered(client: TestClient) -> None:
    """A name that someone pointed at this machine is not answered, whatever port it names."""
    for host in ("evil.example", "evil.example:8730", "localhost.evil.example", "", "[::2]:80"):
        answer = client.get("/", headers={"host": host})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "host_refused")
    for host in ("localhost:8730", "127.0.0.1", "[::1]:9", "LOCALHOST"):
        assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_pages_load_nothing_from_elsewhere(client: TestClient) -> None:
    """Every answer tells browsers to stay on this origin."""
    for path in ("/", "/healthz", "/static/encore.css", "/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_every_operation_is_documented(client: TestClient) -> None:
    """Each route of the API has a description, and each 4xx names the envelope."""
    spec = client.get("/api/v1/openapi.json").json()
    assert spec["openapi"].startswith("3.1")
    assert len(spec["paths"]) >= 7
    for path, methods in spec["paths"].items():
        envelope = "InferenceError" if path.startswith("/v2") else "ErrorEnvelope"
        for route in methods.values():
            assert route["description"]
            for status, told in route["responses"].items():
                if status.startswith("4"):
                    schema = told["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith(f"/{envelope}")


def test_health_is_public_and_short(empty_client: TestClient) -> None:
    """Without any library Encore is well, and the rules serve."""
    body = empty_client.get("/healthz").json()
    assert (body["status"], body["model_version"]) == ("ok", None)


def test_no_route_is_async_over_a_blocking_database() -> None:
    """Routes that touch the database run in the thread pool, so that none blocks others.

    One waits for another machine's picture, which would hold a thread; it asks in one first.
    """
    routes = [route for _, route in every_route()]
    assert len(routes) > 50
    found = [route.name for route in routes if route.endpoint.__code__.co_flags & 0x80]
    assert found == ["poster"]
