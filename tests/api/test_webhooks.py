"""Media servers tell over HTTP what was watched, as they really send it; Encore asks how it was."""

import io
import json
import logging
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from app.backend.api.app import Manner, create_app
from app.backend.api.guards import MOST_NOTICE_BYTES
from app.backend.api.request_log import configure_logging
from app.backend.api.tracing import told_of
from app.backend.domain.clock import system_clock
from app.backend.domain.progress import silent
from app.backend.sources.notice_fields import MOST_BYTES
from app.backend.store.tables import Slate
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.notices import OUTCOMES, webhook_path
from tests.api.conftest import speaking_with
from tests.api.forms import follow, press
from tests.api.fuzzing import served
from tests.api.test_operations import figures
from tests.sources import test_jellyfin_notices, test_plex_notices, test_tautulli_notices
from tests.sources.test_plex_notices import CONTENT_TYPE, THUMB, form
from tests.workflows.elsewhere import ANNA, OLGA, SECRET, SERVER, Home, item_of
from tests.workflows.evenings import ListSource, varied_titles

JELLYFIN = webhook_path(SECRET, "jellyfin")
PLEX_SECRET = "s3cret-of-a-plex"  # noqa: S105  # a test's
PLEX, TAUTULLI = webhook_path(PLEX_SECRET, "plex"), webhook_path(PLEX_SECRET, "tautulli")
FILM = test_jellyfin_notices.FILM | {"ItemId": item_of(1), "UserId": ANNA, "ServerId": SERVER}
PLEX_FILM = test_plex_notices.FILM | {
    "Server": {"uuid": SERVER},
    "Metadata": test_plex_notices.METADATA | {"ratingKey": item_of(2, "plex"), "Guid": []},
}


@pytest.fixture
def home(household: Household, client: TestClient) -> Home:
    """A household with a Jellyfin; `client` speaks with it."""
    assert client is not None
    return Home.of(household)


@pytest.fixture
def plex(household: Household, client: TestClient) -> Home:
    """A household with a Plex."""
    assert client is not None
    return Home.of(household, "plex", PLEX_SECRET)


def post(client: TestClient, path: str, told: object, **headers: str) -> tuple[int, Any]:
    """Post what a server tells, with no header but those given; return what is answered."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    answer = client.post(path, content=body, headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "headers",
    [{}, {"content-type": "text/plain; charset=utf-8"}, {"content-type": "application/json"}],
    ids=["none", "text", "json"],
)
def test_jellyfin_is_heard_whatever_it_calls_its_message(
    client: TestClient, home: Home, headers: dict[str, str]
) -> None:
    """Without a type, or with another one; told again it asks nothing twice."""
    message = FILM | {"PlayedToCompletion": "True"}
    assert post(client, JELLYFIN, message, **headers) == (202, {"kept": True, "outcome": "asked"})
    assert post(client, JELLYFIN, message) == (202, {"kept": True, "outcome": "known"})
    assert [pick.media_id for pick in home.pending()] == [1]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (form(('name="payload"', json.dumps(PLEX_FILM).encode())), CONTENT_TYPE),
        (form(('name="payload"', json.dumps(PLEX_FILM).encode()), THUMB), CONTENT_TYPE),
        (json.dumps(PLEX_FILM).encode(), "application/json"),
    ],
    ids=["form", "picture", "json"],
)
def test_plex_is_heard(client: TestClient, plex: Home, body: bytes, content_type: str) -> None:
    """As a form with a picture or without, or as JSON; then Tautulli tells nothing new."""
    told = post(client, PLEX, body, **{"content-type": content_type})
    assert told == (202, {"kept": True, "outcome": "asked"})
    told_again = test_tautulli_notices.filled_in(
        rating_key=item_of(2, "plex"), server_machine_id=SERVER
    )
    assert post(client, TAUTULLI, told_again)[1]["outcome"] == "known"
    assert [pick.media_id for pick in plex.pending()] == [2]


def test_what_concerns_nobody_is_answered_and_kept_nowhere(client: TestClient, home: Home) -> None:
    """The answer says why; no outcome goes without a test."""
    told = {
        post(client, JELLYFIN, FILM | changes)[1]["outcome"]
        for changes in (
            {"NotificationType": "PlaybackStart"},
            {"UserId": OLGA},
            {"ServerId": "e" * 32},
            {"ItemId": "9" * 32, "Name": "Nobody's film", "Provider_imdb": ""},
        )
    }
    assert home.count(Slate) == 0
    rating = {"NotificationType": "UserDataSaved", "SaveReason": "UpdateUserRating", "Rating": 8}
    assert post(client, JELLYFIN, FILM | rating) == (202, {"kept": True, "outcome": "noted"})
    assert told == {*OUTCOMES} - {"asked", "known", "noted"}


def test_what_the_owner_of_a_server_watches_asks_nobody_else(
    client: TestClient, home: Home
) -> None:
    """Their account is nobody's here, whatever name they have."""
    owner = FILM | {"UserId": OLGA, "NotificationUsername": "anna"}
    assert post(client, JELLYFIN, owner) == (202, {"kept": False, "outcome": "nobody"})
    assert not home.pending()


def test_a_wrong_secret_is_like_none(client: TestClient, home: Home, plex: Home) -> None:
    """Another kind's, another source's, too long, or none: one answer, and nothing is read."""
    assert home.source.id != plex.source.id
    answers = [
        post(client, path, body)
        for path in (
            webhook_path(SECRET, "plex"),
            webhook_path(PLEX_SECRET, "jellyfin"),
            webhook_path(SECRET[:-1], "jellyfin"),
            webhook_path("x" * 3_000, "tautulli"),
            webhook_path("%00%ff", "jellyfin"),
        )
        for body in (FILM, b"{")
    ]
    assert {status for status, _ in answers} == {404}
    assert len({json.dumps(body) for _, body in answers}) == 1
    assert answers[0][1]["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", [JELLYFIN, PLEX, TAUTULLI], ids=["jellyfin", "plex", "tautulli"])
def test_garbage_is_refused_in_the_one_envelope(
    client: TestClient, home: Home, plex: Home, path: str
) -> None:
    """It changes nothing, and is counted."""
    for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"event": ""}', b"[" * 9_000):
        status, told = post(client, path, body)
        assert (status, told["error"]["code"]) == (422, "source_malformed")
        assert told["error"]["message"]
    assert post(client, path, b"{}", **{"content-type": "multipart/form-data"})[0] == 422
    assert home.count(Slate) == plex.count(Slate) == 0
    labels = {"outcome": "refused", "teller": path.rpartition("/")[2]}
    assert figures(client)[f"encore_notices_total{labels}"] == 7


def test_a_message_is_bounded(client: TestClient, plex: Home) -> None:
    """A picture may be large beside it; no more is read than any message has."""
    picture = ('name="thumb"; filename="a.jpg"', b"\0" * (MOST_NOTICE_BYTES - 10_000))
    payload = ('name="payload"', json.dumps(PLEX_FILM).encode())
    typed = {"content-type": CONTENT_TYPE}
    assert post(client, PLEX, form(payload, picture), **typed)[0] == 202
    too_much = form(payload, picture, picture)
    long_payload = form(('name="payload"', b" " * (MOST_BYTES + 1)))
    for body in (too_much, long_payload):
        status, told = post(client, PLEX, body, **typed)
        assert (status, told["error"]["code"]) == (413, "body_too_large")
    assert len(plex.pending()) == 1


def test_other_sites_pages_are_turned_away_and_servers_are_not(
    client: TestClient, home: Home
) -> None:
    """A server says nothing of pages; the name that it calls must be one of ours."""
    assert post(client, JELLYFIN, FILM, origin="http://evil.example")[0] == 403
    assert post(client, JELLYFIN, FILM, **{"sec-fetch-site": "cross-site"})[0] == 403
    assert post(client, JELLYFIN, FILM, host="evil.example")[1]["error"]["code"] == "host_refused"
    assert not home.pending()
    forwarded = {"x-forwarded-for": "192.0.2.7", "user-agent": "Jellyfin-Server/12.0.0"}
    assert post(client, JELLYFIN, FILM, **forwarded)[0] == 202


def test_a_key_under_which_it_comes_changes_nothing(client: TestClient, home: Home) -> None:
    """Nothing is kept under an Idempotency-Key: the address is a secret."""
    key = {"idempotency-key": "the-same"}
    told = [post(client, JELLYFIN, FILM, **key)[1]["outcome"] for _ in range(2)]
    assert told == ["asked", "known"]
    assert post(client, webhook_path("wrong", "jellyfin"), FILM, **key)[0] == 404
    assert len(home.pending()) == 1


def test_notices_are_counted_by_what_became_of_them(client: TestClient, home: Home) -> None:
    """And requests by the shape of their address, which has no secret in it."""
    for changes in ({}, {}, {"UserId": OLGA}):
        post(client, JELLYFIN, FILM | changes)
    assert home.pending()
    seen = figures(client)
    for outcome in ("asked", "known", "nobody"):
        labels = {"outcome": outcome, "teller": "jellyfin"}
        assert seen[f"encore_notices_total{labels}"] == 1
    route = {"method": "POST", "route": "/webhooks/{secret}/jellyfin", "status": "202"}
    assert seen[f"encore_http_requests_total{route}"] == 3
    assert SECRET not in client.get("/metrics").text


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged while a test lasts."""
    root, access = logging.getLogger(), logging.getLogger("app.access")
    before = root.handlers[:], root.level, access.level
    stream = io.StringIO()
    configure_logging("text", stream)
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    access.setLevel(before[2])


def test_an_address_is_in_no_log_and_no_trace(
    household: Household, small_library: Imported, log: io.StringIO
) -> None:
    """Nor is one that is wrong by a letter; nor in what is answered."""
    assert small_library.counts.added
    home = Home.of(household)
    with speaking_with(create_app(household, manner=Manner(is_logged=True))) as client:
        answers = [
            client.request(method, path, content=body, headers={"accept": accept}).text
            for method, path in (
                ("POST", JELLYFIN), ("POST", f"{JELLYFIN}s"), ("POST", f"{JELLYFIN}/"),
                ("POST", webhook_path(SECRET, "plex")), ("PUT", JELLYFIN),
            )
            for body in (json.dumps(FILM).encode(), b"{")
            for accept in ("*/*", "text/html")
        ]  # fmt: skip
    assert home.pending()
    lines = log.getvalue().splitlines()
    assert len(lines) == len(answers) == 20
    assert not [text for text in (*lines, *answers) if SECRET in text]
    for path in (JELLYFIN, f"/encore{JELLYFIN}", f"{JELLYFIN}s"):
        scope = {"type": "http", "method": "POST", "scheme": "http", "path": path, "headers": []}
        assert SECRET not in str(told_of(scope, 202))


def test_the_page_asks_with_the_answer_begun(client: TestClient, home: Home) -> None:
    """The member and the rating are chosen, and who told; whether again is left to them."""
    saved = {"NotificationType": "UserDataSaved", "SaveReason": "PlaybackFinished", "Played": True}
    post(client, JELLYFIN, FILM | saved | {"Rating": 8})
    page = client.get("/").text
    assert "Told by Jellyfin" in page
    assert 'name="rating" value="4" checked' in page
    assert 'name="would_watch_again" value="yes" checked' not in page
    assert 'name="would_watch_again" value="no" checked' not in page
    assert 'translate="no" selected>Anna</option>' in page
    press(client, page, "Save: Title 1", would_watch_again=["yes"], member=["1"])
    assert not home.pending()
    assert "Told by" not in client.get("/").text
    said = client.get("/history").text
    assert "Film · Watched elsewhere" in said
    assert "4 of 5" in said


def test_it_is_not_too_early_once_a_server_told(client: TestClient, home: Home) -> None:
    """A pick that was chosen just now is asked about as soon as it is over."""
    page = follow(client, press(client, client.get("/").text, "Show picks"))
    page = follow(client, press(client, page, "Watch this"))
    assert "How was it?" not in page
    (pick,) = home.pending()
    assert post(client, JELLYFIN, FILM | {"ItemId": item_of(pick.media_id)})[1]["kept"]
    address = next(one for one in page.split('"') if one.startswith("/?slate="))
    assert "How was it?" in client.get(address).text


def test_a_real_server_hears_it_and_knows_it_after_a_restart(tmp_path: Path) -> None:
    """Over a socket, as plugins send it: without a type; nothing of it is in memory alone."""
    url = f"sqlite:///{tmp_path}/encore.db"
    with open_household(url, tmp_path / "models", system_clock) as household:
        with household.database.writing() as session:
            import_library(session, ListSource(varied_titles(5)), system_clock, silent)
        Home.of(household)
    outcomes = []
    for _ in range(2):
        with served(tmp_path, url) as address:
            connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
            connection.request("POST", JELLYFIN, json.dumps(FILM).encode())
            answer = connection.getresponse()
            outcomes.append((answer.status, json.loads(answer.read())["outcome"]))
            connection.close()
    assert outcomes == [(202, "asked"), (202, "known")]
    assert SECRET not in (tmp_path / "log").read_text()
