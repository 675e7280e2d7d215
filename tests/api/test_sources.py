"""Media servers and folders over HTTP: connect, change, read, and let go."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from app.backend.workflows import connections, people
from app.backend.workflows.connections import Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.turns import Turn
from tests.api.people import bearing, code_of, everything_in, made_key
from tests.media_servers import fake_plex
from tests.media_servers.fake_jellyfin import ANNA, BEN, FILMS, KEY, SHOWS, World, film, serve
from tests.workflows.ratings import say

SOURCES: Final = "/api/v1/sources"
IMPORTS: Final = "/api/v1/library/imports"
NFO: Final = "<movie><title>Film {0}</title><year>2001</year><runtime>90</runtime></movie>"


@pytest.fixture
def world() -> World:
    """What the server holds: ten films."""
    return World(items=[film(number) for number in range(1, 11)])


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where a Jellyfin answers."""
    with serve(world) as found:
        yield found


@pytest.fixture
def source(empty_client: TestClient, address: str) -> str:
    """Where a Jellyfin that is connected is told of."""
    said = {"kind": "jellyfin", "address": address, "key": KEY}
    answer = empty_client.post(SOURCES, json=said)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three films."""
    films = tmp_path / "films"
    films.mkdir()
    for number in range(1, 4):
        (films / f"{number}.nfo").write_text(NFO.format(number), encoding="utf-8")
    return films


def add_people(household: Household, *names: str) -> None:
    """Add members."""
    with household.database.writing() as session:
        for name in names:
            people.add(session, name, None, household.clock)


def has_key(client: TestClient, source: str) -> set[str]:
    """Return the accounts of which a key of their own is kept."""
    told = client.get(f"{source}/accounts").json()["accounts"]
    return {one["account_name"] for one in told if one["has_key"]}


def sync(client: TestClient, source: str, **said: bool) -> dict[str, Any]:
    """Read a source, and return what came of it."""
    begun = client.post(f"{source}/syncs", json=said)
    assert begun.status_code == 202, begun.text
    for _ in range(600):
        told: dict[str, Any] = client.get(begun.headers["location"]).json()
        if told["state"] != "running":
            assert told["id"] == begun.json()["id"]
            return told
        time.sleep(0.02)
    raise AssertionError("the sync never ended")


def test_a_server_is_connected_once(
    empty_client: TestClient, household: Household, address: str
) -> None:
    """It says who it is before anything is kept, and its key is never told again."""
    assert empty_client.get(SOURCES).json() == {"sources": []}
    said = {"kind": "jellyfin", "address": f"{address}/", "key": KEY, "libraries": ["Films"]}
    once = {"idempotency-key": "connect"}
    made = empty_client.post(SOURCES, json=said, headers=once)
    assert made.status_code == 201
    told = made.json()
    assert (told["name"], told["server_name"], told["address"]) == ("jellyfin", "Attic", address)
    assert (told["libraries"], told["every_hours"], told["synced_at"]) == ([FILMS], 24, None)
    assert empty_client.get(made.headers["location"]).json() == told
    assert empty_client.get(SOURCES).json() == {"sources": [told]}
    again = empty_client.post(SOURCES, json=said, headers=once)
    assert code_of(again) == (409, "conflict")
    assert "idempotent-replayed" not in again.headers
    assert KEY not in made.text + again.text + everything_in(household.database)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"key": "wrong"}, "server_refuses"),
        ({"key": None}, "invalid_input"),
        ({"key": KEY, "libraries": ["Opera"]}, "invalid_input"),
        ({"key": KEY, "address": "http://127.0.0.1:9"}, "server_unreachable"),
        ({"key": KEY, "address": "http://169.254.169.254/"}, "address_refused"),
        ({"key": KEY, "address": "file:///etc/passwd"}, "invalid_input"),
        ({"key": KEY, "address": "http://a:b@nas.local"}, "invalid_input"),
        ({"key": KEY, "kind": "kodi"}, "invalid_input"),
        ({"key": KEY, "every_hours": 0}, "invalid_input"),
        ({"key": KEY, "token": KEY}, "invalid_input"),
    ],
)
def test_what_cannot_be_connected_leaves_nothing(
    empty_client: TestClient,
    address: str,
    said: dict[str, Any],
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is refused with a sentence, which never repeats a key."""
    monkeypatch.setattr(connections, "AT_FIRST", connections.PROMPT)
    answer = empty_client.post(SOURCES, json={"kind": "jellyfin", "address": address, **said})
    assert code_of(answer) == (422, code)
    assert KEY not in answer.text
    assert empty_client.get(SOURCES).json()["sources"] == []


def test_a_server_that_leads_elsewhere_is_not_followed(
    empty_client: TestClient, world: World, address: str
) -> None:
    """Its answer names where it wanted to lead; nobody is asked there."""
    world.redirect = "http://169.254.169.254/latest/meta-data"
    said = {"kind": "jellyfin", "address": address, "key": KEY}
    assert code_of(empty_client.post(SOURCES, json=said)) == (422, "address_refused")


def test_a_source_is_changed_in_what_is_said(
    empty_client: TestClient, address: str, source: str
) -> None:
    """The rest stays; null is how it usually is; nothing at all is refused."""
    before = empty_client.get(source).json()

    def changed(**said: Any) -> Any:  # noqa: ANN401  # JSON
        return empty_client.patch(source, json=said).json()

    assert changed(libraries=["Shows", FILMS])["libraries"] == [SHOWS, FILMS]
    assert changed(every_hours=None)["every_hours"] is None
    assert changed(link="https://tv.example/{id}")["link"] == "https://tv.example/{id}"
    assert changed(writes_ratings=True)["writes_ratings"]
    again = changed(every_hours=24, link=None, libraries=None, writes_ratings=False)
    assert again == before | {"due_at": again["due_at"]}
    assert changed(address=address, key=KEY)["address"] == address
    for said in ({}, {"name": "attic"}, {"link": "javascript:{id}"}, {"libraries": ["Opera"]},
                 {"address": "http://127.0.0.1:9"}, {"key": "wrong"}):  # fmt: skip
        assert empty_client.patch(source, json=said).status_code == 422, said
    assert empty_client.get(source).json()["address"] == address
    assert empty_client.patch(f"{SOURCES}/99", json={"every_hours": 6}).status_code == 404


def test_accounts_are_given_to_members(
    empty_client: TestClient, household: Household, source: str
) -> None:
    """By their ids or names; an account is one member's, and of others nothing is known."""
    add_people(household, "Anna", "Zoe")
    libraries = empty_client.get(f"{source}/libraries").json()["libraries"]
    assert libraries == [{"id": FILMS, "name": "Films"}, {"id": SHOWS, "name": "Shows"}]
    said = [{"account": "Anna", "member": "Anna"}, {"account": BEN, "member": "Zoe"}]
    answer = empty_client.put(f"{source}/people", json={"people": said})
    assert answer.json()["people"] == [
        {"account_id": ANNA, "account_name": "Anna", "member": "Anna"},
        {"account_id": BEN, "account_name": "Ben", "member": "Zoe"},
    ]
    told = empty_client.get(f"{source}/accounts").json()["accounts"]
    assert [(one["account_name"], one["member"], one["has_key"]) for one in told] == [
        ("Anna", "Anna", False),
        ("Ben", "Zoe", False),
    ]
    for wrong in (
        [{"account": "Carl", "member": "Zoe"}],
        [{"account": "Ben", "member": "Nobody"}],
        [{"account": "Ben", "member": "Zoe"}, {"account": BEN, "member": "Anna"}],
    ):
        refused = empty_client.put(f"{source}/people", json={"people": wrong})
        assert code_of(refused) == (422, "invalid_input"), wrong
    assert empty_client.get(f"{source}/people").json() == answer.json()
    empty_client.put(f"{source}/people", json={"people": said[:1]})
    assert len(empty_client.get(f"{source}/people").json()["people"]) == 1


def test_a_sync_is_followed_to_its_end(empty_client: TestClient, source: str) -> None:
    """It is accepted at once; where it is told of, it says how far it is and what came of it."""
    told = sync(empty_client, source)
    assert (told["state"], told["source"], told["read"]) == ("done", "jellyfin", 10)
    assert (told["counts"]["added"], told["refusals"], told["problem"]) == (10, [], None)
    assert sync(empty_client, source, whole=True)["counts"]["unchanged"] == 10
    assert empty_client.get(source).json()["synced_at"] is not None
    assert len(empty_client.get("/api/v1/titles").json()["titles"]) == 10


def test_imports_are_listed_a_page_at_a_time(empty_client: TestClient, source: str) -> None:
    """Syncs, tables and histories among each other, the newest first."""
    empty_client.post(IMPORTS, json={"titles": [{"title": "Night Passage", "year": 1957}]})
    sync(empty_client, source)
    first = empty_client.get(IMPORTS, params={"limit": 1}).json()
    rest = empty_client.get(IMPORTS, params={"cursor": first["next_cursor"]}).json()
    assert [one["source"] for one in (*first["imports"], *rest["imports"])] == ["jellyfin", "api"]
    assert rest["next_cursor"] is None
    assert code_of(empty_client.get(f"{IMPORTS}/99")) == (404, "not_found")


def test_one_thing_is_read_at_a_time(
    empty_client: TestClient, household: Household, source: str
) -> None:
    """Also where another process reads."""
    others = Turn(household.folder / "imports.lock")
    assert code_of(empty_client.post(f"{source}/syncs")) == (409, "conflict")
    others.end()
    assert empty_client.post(f"{SOURCES}/99/syncs").status_code == 404
    assert sync(empty_client, source)["state"] == "done"


def test_a_large_removal_asks(empty_client: TestClient, world: World, source: str) -> None:
    """Nothing is changed until somebody says that the titles may go; they may be kept as well."""
    sync(empty_client, source)
    world.items = world.items[:5]
    ended = sync(empty_client, source, whole=True)
    assert (ended["state"], ended["counts"]) == ("failed", {})
    assert "5 of the 10 titles" in ended["problem"]
    assert empty_client.get(source).json()["asks"] == {"removals": 5, "titles": 10}
    assert empty_client.post(f"{source}/kept-titles").json()["asks"] is None
    assert len(empty_client.get("/api/v1/titles").json()["titles"]) == 10
    ended = sync(empty_client, source, whole=True, confirm_removals=True)
    assert ended["counts"]["removed"] == 5
    assert len(empty_client.get("/api/v1/titles").json()["titles"]) == 5


def test_a_server_that_talks_nonsense_changes_nothing(
    empty_client: TestClient, world: World, source: str
) -> None:
    """The import says in a sentence what is wrong, and is over."""
    sync(empty_client, source)
    world.raw = b"[" * 100_000
    ended = sync(empty_client, source)
    assert ended["state"] == "failed"
    assert ended["problem"].endswith(".")
    assert len(empty_client.get("/api/v1/titles").json()["titles"]) == 10
    assert empty_client.get(f"{source}/accounts").status_code == 422


def test_a_server_tells_at_an_address_of_its_own(empty_client: TestClient, source: str) -> None:
    """The address is told to owners, kept by no cache, and gone with the source."""
    answer = empty_client.get(f"{source}/webhook")
    (webhook,) = answer.json()["webhooks"]
    assert webhook["teller"] == "jellyfin"
    assert answer.headers["cache-control"] == "no-store"
    told = {"NotificationType": "GenericUpdateNotification"}
    assert empty_client.post(webhook["url"], json=told).status_code == 202
    assert empty_client.delete(source).json() == {"removed": 0}
    assert empty_client.post(webhook["url"], json=told).status_code == 404
    assert empty_client.get(source).status_code == 404


def test_who_may_only_look_learns_no_secret(
    empty_client: TestClient, household: Household, source: str
) -> None:
    """Whoever reads sees how sources stand; what servers tell is for owners."""
    reading = bearing(made_key(household, ["read"], None)[0])
    syncing = bearing(made_key(household, ["train"], None)[0])
    assert empty_client.get(source, headers=reading).status_code == 200
    for path in ("accounts", "libraries", "people", "webhook", "ratings"):
        assert empty_client.get(f"{source}/{path}", headers=reading).status_code == 403, path
    assert empty_client.post(f"{source}/syncs", headers=reading).status_code == 403
    assert empty_client.delete(source, headers=syncing).status_code == 403
    assert empty_client.post(f"{source}/ratings", headers=syncing).status_code == 403
    assert empty_client.post(f"{SOURCES}/99/syncs", headers=syncing).status_code == 404


def test_a_folder_is_a_source_too(empty_client: TestClient, folder: Path, tmp_path: Path) -> None:
    """By its whole path; it has neither a key nor accounts."""
    made = empty_client.post(SOURCES, json={"kind": "nfo", "address": str(folder)})
    assert made.json()["server_name"] == "films"
    source = made.headers["location"]
    assert sync(empty_client, source)["counts"]["added"] == 3
    (folder / "1.nfo").rename(folder / "1.txt")
    assert "1 of the 3 titles" in sync(empty_client, source)["problem"]
    for path in ("accounts", "libraries", "people", "webhook", "ratings"):
        assert code_of(empty_client.get(f"{source}/{path}")) == (409, "conflict"), path
    for said in ({"key": KEY}, {"address": "films"}, {"address": str(tmp_path / "nowhere")}):
        assert empty_client.patch(source, json=said).status_code == 422, said
    moved = folder.rename(tmp_path / "moved")
    assert empty_client.patch(source, json={"address": str(moved)}).json()["address"] == str(moved)
    for path in ("films", str(tmp_path / "nowhere"), str(moved / "2.nfo")):
        refused = empty_client.post(SOURCES, json={"kind": "nfo", "address": path})
        assert refused.status_code == 422, path


def test_an_account_of_plex_may_have_a_key_of_its_own(
    empty_client: TestClient, household: Household
) -> None:
    """It is kept once the server has taken it as the account's, and forgotten when told to."""
    add_people(household, "Anna")
    with fake_plex.serve(fake_plex.World(items=[fake_plex.film(1)])) as address:
        connections.connect(household, Wanted("plex", address, fake_plex.OWNER_KEY))
        source = f"{SOURCES}/1"
        accounts = empty_client.get(f"{source}/accounts").json()["accounts"]
        (anna,) = (one["account_id"] for one in accounts if one["account_name"] == "anna")
        key = f"{source}/accounts/{anna}/key"
        assert empty_client.put(key, json={"key": fake_plex.ANNA_KEY}).status_code == 422
        said = {"people": [{"account": "anna", "member": "Anna"}]}
        empty_client.put(f"{source}/people", json=said)
        wrong = empty_client.put(key, json={"key": fake_plex.OWNER_KEY})
        assert "another account" in wrong.json()["error"]["message"]
        assert empty_client.put(key, json={"key": fake_plex.ANNA_KEY}).status_code == 204
        assert has_key(empty_client, source) == {"anna"}
        assert empty_client.delete(key).status_code == 204
        assert has_key(empty_client, source) == set()


def test_ratings_are_planned_before_they_are_written(
    empty_client: TestClient, household: Household, world: World, source: str
) -> None:
    """A dry run tells each of them; nothing is written until somebody says so."""
    add_people(household, "Anna")
    said = {"people": [{"account": "Anna", "member": "Anna"}]}
    empty_client.put(f"{source}/people", json=said)
    sync(empty_client, source)
    say(household, 1, 4)
    plan = empty_client.get(f"{source}/ratings").json()
    assert (plan["planned"], plan["kept"], plan["without_key"]) == (1, 0, 0)
    (write,) = plan["writes"]
    assert (write["member"], write["rating"], write["before"]) == ("Anna", 8.0, None)
    assert world.written == []
    assert empty_client.post(f"{source}/ratings").json()["written"] == 1
    assert len(world.written) == 1
    assert empty_client.get(f"{source}/ratings").json()["planned"] == 0
