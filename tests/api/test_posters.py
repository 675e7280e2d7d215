"""Posters reach browsers from Encore's own address, as the pictures that they are."""

from collections.abc import Iterator
from threading import Event

import pytest
from fastapi.testclient import TestClient

from app.backend.api.guards import CONTENT_SECURITY_POLICY
from app.backend.api.routes import posters
from app.backend.workflows import standings
from app.backend.workflows.connections import ConnectedSource
from app.backend.workflows.household import Household
from tests.api.tonight import ask
from tests.media_servers.fake_jellyfin import KEY, World, film
from tests.media_servers.server import JPEG
from tests.workflows.syncs import connected, sync

FOR_GOOD = "private, max-age=31536000, immutable"


@pytest.fixture
def world() -> World:
    """What the server holds."""
    return World(items=[film(number) for number in range(1, 6)])


@pytest.fixture
def source(household: Household, world: World) -> Iterator[ConnectedSource]:
    """A Jellyfin whose titles are here."""
    with connected(household, world) as found:
        sync(household, found)
        yield found


def version_of(household: Household, media_id: int) -> str:
    """Return the version of a title's poster."""
    with household.database.reading() as session:
        return str(standings.whereabouts(session, [media_id])[media_id].poster_version)


def test_a_poster_is_a_picture_and_nothing_else(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """By its bytes; this version of it is kept for good, and nothing tells the server's key."""
    version = version_of(household, 1)
    answer = empty_client.get(f"/posters/1?v={version}")
    assert answer.content == JPEG
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == FOR_GOOD
    assert KEY not in f"{answer.headers}"
    known = empty_client.get("/posters/1", headers={"If-None-Match": answer.headers["etag"]})
    assert known.status_code == 304
    assert known.content == b""


@pytest.mark.parametrize("address", ["/posters/1", "/posters/1?v=", "/posters/1?v=0123"])
def test_another_version_is_asked_for_again(
    empty_client: TestClient, source: ConnectedSource, address: str
) -> None:
    """What the address means may change."""
    answer = empty_client.get(address)
    assert answer.content == JPEG
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/posters/99", 404),
        ("/posters/0", 422),
        ("/posters/http:%2F%2F169.254.169.254%2F", 404),
        ("/posters/1?v=1&v=2", 422),
        ("/posters/..%2Fkeys%2Fsource-1.json", 404),
        ("/posters/x", 422),
    ],
)
def test_nothing_but_titles_has_posters(
    empty_client: TestClient, world: World, source: ConnectedSource, address: str, status: int
) -> None:
    """Where a picture is comes from the library alone, never from who asks."""
    world.log.clear()
    answer = empty_client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert not world.log


def test_a_page_at_the_place_of_a_poster_is_not_shown(
    empty_client: TestClient, world: World, source: ConnectedSource
) -> None:
    """The page that asked draws one."""
    for item in world.items:
        world.posters[item["Id"]] = b"<script>alert(1)</script>"
    answer = empty_client.get("/posters/1")
    assert answer.status_code == 422
    assert "script" not in answer.text
    assert answer.json()["error"]["code"] == "source_malformed"


def test_a_slow_server_keeps_no_one_waiting(
    empty_client: TestClient,
    household: Household,
    world: World,
    source: ConnectedSource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who asks for a poster is told to come later, and slates are drawn meanwhile."""
    monkeypatch.setattr(posters, "LONGEST_WAIT_SECONDS", 0.01)
    go_on = Event()

    class Slow(dict[str, bytes]):
        def get(self, _key: str, default: object = None) -> object:  # type: ignore[override]
            assert go_on.wait(30)
            return default

    world.posters = Slow()
    for media_id in (1, 2, 3, 4, 5):
        answer = empty_client.get(f"/posters/{media_id}")
        assert answer.json()["error"]["code"] == "server_unreachable"
    assert "poster-picture" in ask(empty_client)
    go_on.set()
    monkeypatch.undo()
    assert empty_client.get("/posters/1").content == JPEG


def test_titles_say_where_their_poster_is_and_what_opens_them(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """One and in a list; nothing where a title has neither."""
    world.items[1]["ImageTags"] = {}
    sync(household, source, is_whole=True)
    first, second, *_ = empty_client.get("/api/v1/titles").json()["titles"]
    assert empty_client.get("/api/v1/titles/1").json() == first
    assert first["poster"] == f"/posters/1?v={version_of(household, 1)}"
    assert empty_client.get(first["poster"]).content == JPEG
    assert first["link"].startswith(f"{source.address}/web/#/details?id=")
    assert (second["poster"], second["link"] is None) == (None, False)
    bring = {"titles": [{"title": "Heat", "kind": "movie", "year": 1995}]}
    assert empty_client.post("/api/v1/library/imports", json=bring).status_code == 200
    last = empty_client.get("/api/v1/titles").json()["titles"][-1]
    assert (last["title"], last["poster"], last["link"]) == ("Heat", None, None)
