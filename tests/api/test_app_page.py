"""What makes an app of the pages, how files are kept, and what a page says of a failure."""

import json
import re

import pytest
from fastapi.testclient import TestClient

from app.backend.api.app import create_app
from app.backend.api.static_files import ASK_FIRST, FOLDER, FOR_GOOD, static_names, static_version
from app.backend.domain.errors import DatabaseUnreachable
from app.backend.workflows import browse
from app.backend.workflows.doorway import Doorway
from app.backend.workflows.household import Household
from tests.api.conftest import speaking_with

PAGE = {"accept": "text/html"}
BELOW = Doorway(base_path="/tv")


def test_the_manifest_is_whole_and_its_icons_are_there(client: TestClient) -> None:
    """Browsers install what has a name, a start, and icons of these sizes."""
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    told = json.loads(answer.text)
    assert (told["name"], told["start_url"], told["scope"]) == ("Encore", "/", "/")
    assert told["display"] == "standalone"
    assert {(icon["sizes"], icon["purpose"]) for icon in told["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in told["icons"]:
        found = client.get(icon["src"])
        assert (found.status_code, found.headers["content-type"]) == (200, icon["type"])
    for shortcut in told["shortcuts"]:
        assert client.get(shortcut["url"]).status_code == 200


def test_pictures_are_of_the_size_that_they_say(client: TestClient) -> None:
    """A PNG's width and height stand in its first bytes."""
    told = client.get("/manifest.webmanifest").json()
    pictures = [icon for icon in told["icons"] if icon["type"] == "image/png"]
    for icon in [*pictures, {"src": "/static/icons/apple-touch-180.png", "sizes": "180x180"}]:
        head = client.get(icon["src"]).content[:24]
        width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
        assert icon["sizes"] == f"{width}x{height}"


def test_the_manifest_speaks_the_readers_language(client: TestClient) -> None:
    """It names its language, which is that of the browser."""
    for language in ("en", "de"):
        answer = client.get("/manifest.webmanifest", headers={"accept-language": language})
        assert (answer.json()["lang"], answer.headers["content-language"]) == (language, language)
        assert "Accept-Language" in answer.headers["vary"]


def test_below_a_path_everything_stands_below_it(household: Household) -> None:
    """The manifest, the worker and the page without a network name no address outside of it."""
    with speaking_with(create_app(household, BELOW)) as below:
        told = below.get("/tv/manifest.webmanifest").json()
        assert {told["start_url"], told["scope"], told["id"]} == {"/tv/"}
        assert all(icon["src"].startswith("/tv/static/") for icon in told["icons"])
        assert '"base": "/tv"' in below.get("/tv/sw.js").text
        addresses = re.findall(r'(?:href|src)="(/[^"]*)"', below.get("/tv/offline").text)
        assert addresses
        assert all(one.startswith("/tv/static/") for one in addresses)


def test_the_worker_is_asked_for_each_time_and_knows_the_version(client: TestClient) -> None:
    """It may serve all pages, for it stands beside them, and changes with the files."""
    answer = client.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == ASK_FIRST
    found = re.match(r"const ENCORE = (\{.*\});\n", answer.text)
    assert found is not None
    told = json.loads(found[1])
    assert told["version"] == static_version()
    for name in told["files"]:
        kept = client.get(f"/static/{name}?v={told['version']}")
        assert (kept.status_code, kept.headers["cache-control"]) == (200, FOR_GOOD)
    assert "encore.css" in told["files"]
    assert "sw.js" not in told["files"]


def test_the_worker_asks_nobody_else(client: TestClient) -> None:
    """Neither script names another origin, and the worker keeps no page but one."""
    for path in ("/sw.js", "/static/app.js"):
        text = client.get(path).text
        assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    code = client.get("/sw.js").text
    assert 'request.method !== "GET"' in code
    assert "origin !== self.location.origin" in code
    assert ".put(" not in code


def test_files_are_kept_for_good_only_by_their_version(client: TestClient) -> None:
    """Without the version, or with an old one, a copy is asked about before it is used."""
    for query in ("", "?v=0", f"?v={static_version()}&x=1"):
        answer = client.get(f"/static/encore.css{query}")
        assert answer.headers["cache-control"] == ASK_FIRST
    tag = answer.headers["etag"]
    assert client.get("/static/encore.css", headers={"if-none-match": tag}).status_code == 304


def test_every_file_is_one_of_the_version() -> None:
    """Nothing below the folder is left out of the digest."""
    assert set(static_names()) == {
        path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*") if path.is_file()
    }


def test_the_page_without_a_network_says_nothing_of_anybody(
    client: TestClient, household: Household
) -> None:
    """It is kept by the browser, so it is the same for whoever asks, and holds no form."""
    mine = client.get("/offline").text
    with speaking_with(create_app(household), peer="203.0.113.9") as stranger:
        assert stranger.get("/offline").text == mine
    assert "Encore cannot be reached" in mine
    assert "<form" not in mine
    assert "<script" not in mine


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [
        ("/nowhere", 404, "There is nothing here"),
        ("/?slate=999999", 404, "There is nothing here"),
        ("/feedback/dismissal", 405, "There is nothing here"),
        ("/?slate=x", 422, "Encore could not read that"),
    ],
)
def test_a_page_says_what_kind_of_thing_went_wrong(
    client: TestClient, path: str, status: int, heading: str
) -> None:
    """A heading, what to do, the code, and the request's name as the log has it."""
    answer = client.get(path, headers={**PAGE, "x-request-id": "tried-this"})
    assert answer.status_code == status
    assert f">{heading}</h1>" in answer.text
    assert 'href="/"' in answer.text
    assert "tried-this" in answer.text
    assert "is not answered" not in answer.text


def test_who_may_not_is_told_whom_to_ask(household: Household) -> None:
    """A form that was left open while one was signed out leads to signing in."""
    with speaking_with(create_app(household), peer="203.0.113.9") as stranger:
        answer = stranger.post("/tonight", headers=PAGE)
    assert answer.status_code == 401
    assert "Sign in first" in answer.text
    assert 'href="/login"' in answer.text


def test_what_is_too_large_is_answered_as_a_page(client: TestClient) -> None:
    """A browser gets a page before any route has seen the body; a program, the envelope."""
    large = b"x" * (64 * 1024 + 1)
    answer = client.post("/tonight", content=large, headers=PAGE)
    assert answer.status_code == 413
    assert "That is too large" in answer.text
    assert client.post("/tonight", content=large).json()["error"]["code"] == "body_too_large"


def test_without_a_database_the_page_still_comes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What says that the database is gone asks it nothing."""

    def gone(*_: object) -> None:
        raise DatabaseUnreachable("The database cannot be reached; start it.")

    monkeypatch.setattr(browse, "has_titles", gone)
    answer = client.get("/welcome", headers=PAGE)
    assert answer.status_code == 503
    assert "That is not possible now" in answer.text
    assert "The database cannot be reached" in answer.text
    assert 'href="/welcome">Try again' in answer.text


def test_a_fault_is_a_page_with_the_requests_name(household: Household) -> None:
    """Even what nobody foresaw is answered in words."""
    app = create_app(household)

    @app.get("/fault")
    def fault() -> None:
        raise ZeroDivisionError

    speaking = TestClient(app, "http://localhost", raise_server_exceptions=False)
    answer = speaking.get("/fault", headers={**PAGE, "x-request-id": "broke-here"})
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert "broke-here" in answer.text
    assert "ZeroDivisionError" not in answer.text


def test_faults_are_told_in_the_readers_language(client: TestClient) -> None:
    """The page says which language it is in."""
    answer = client.get("/nowhere", headers={**PAGE, "accept-language": "de"})
    assert '<html lang="de">' in answer.text
    assert answer.headers["content-language"] == "de"
