"""Under which name, from where and at whose wish a request comes."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.backend.api.doorman import Doorman
from app.backend.workflows.doorway import Doorway, networks
from app.backend.workflows.household import Household
from tests.api.people import ASKED, ELSEWHERE, OWN_PAGE, Home, bearing, code_of

HERE = "127.0.0.1"
API = "/api/v1"
Headers = Sequence[tuple[str, str]]

TRUSTING_NOBODY = Doorway()
TRUSTING_ONE = Doorway(trusted_proxies=networks(HERE, "test"))
TRUSTING_TWO = Doorway(trusted_proxies=networks(f"{HERE}, 192.0.2.0/24", "test"))
FOR = "x-forwarded-for"
PROTO = "x-forwarded-proto"

# What comes from this machine, and where it is from by whom one believes: nobody, one proxy, two.
SHAPES: dict[str, tuple[Headers, str, str, str]] = {
    "nothing": ([], HERE, HERE, HERE),
    "one hop": ([(FOR, ELSEWHERE)], HERE, ELSEWHERE, ELSEWHERE),
    "a lie before": ([(FOR, f"198.51.100.1, {ELSEWHERE}")], HERE, ELSEWHERE, ELSEWHERE),
    "a chain": ([(FOR, f"{ELSEWHERE}, 192.0.2.5")], HERE, "192.0.2.5", ELSEWHERE),
    "a chain after a lie": (
        [(FOR, f"127.0.0.1, {ELSEWHERE}, 192.0.2.5")], HERE, "192.0.2.5", ELSEWHERE,
    ),
    "two headers": (
        [(FOR, "198.51.100.1"), (FOR, f"{ELSEWHERE}, 192.0.2.5")], HERE, "192.0.2.5", ELSEWHERE,
    ),
    "with a port": ([(FOR, f"{ELSEWHERE}:4711")], HERE, ELSEWHERE, ELSEWHERE),
    "version 6": ([(FOR, "2001:db8::1")], HERE, "2001:db8::1", "2001:db8::1"),
    "version 6 with a port": ([(FOR, "[2001:db8::1]:443")], HERE, "2001:db8::1", "2001:db8::1"),
    "no address": ([(FOR, "unknown")], HERE, HERE, HERE),
    "no address at the end": ([(FOR, f"{ELSEWHERE}, _hidden")], HERE, HERE, HERE),
    "empty": ([(FOR, "")], HERE, HERE, HERE),
    "only proxies": ([(FOR, HERE)], HERE, HERE, HERE),
    "a proxy at the end": ([(FOR, f"{ELSEWHERE}, {HERE}")], HERE, ELSEWHERE, ELSEWHERE),
    "very long": ([(FOR, "198.51.100.1, " * 500 + ELSEWHERE)], HERE, ELSEWHERE, ELSEWHERE),
    "another header": ([("x-real-ip", ELSEWHERE)], HERE, HERE, HERE),
    "the standard's header": ([("forwarded", f"for={ELSEWHERE};proto=https")], HERE, HERE, HERE),
    "another host": ([("x-forwarded-host", "evil.example")], HERE, HERE, HERE),
}  # fmt: skip
SCHEMES = [("https", "https"), ("HTTPS", "https"), ("http", "http"), ("https, http", "http"),
           ("http, https", "https"), ("gopher", "http"), ("", "http")]  # fmt: skip


def led(
    doorway: Doorway, headers: Headers = (), peer: str = HERE, method: str = "GET", path: str = "/"
) -> tuple[int, dict[str, Any]]:
    """Send a request past a doorman; return the status and what a route would see."""
    seen: dict[str, Any] = {}
    statuses: list[int] = []

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(scope)
        statuses.append(200)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    raw = [(name.encode(), value.encode()) for name, value in headers]
    if not any(name == "host" for name, _ in headers):
        raw.append((b"host", b"localhost"))
    scope = {
        "type": "http", "method": method, "path": path, "scheme": "http", "headers": raw,
        "client": (peer, 5_000),
    }  # fmt: skip
    asyncio.run(Doorman(route, doorway)(scope, receive, send))
    return statuses[0], seen


@pytest.mark.parametrize("shape", SHAPES)
def test_only_trusted_proxies_say_where_a_request_is_from(shape: str) -> None:
    """T7. The nearest address that is no trusted proxy's; everything before it may be a lie."""
    headers, *expected = SHAPES[shape]
    doorways = (TRUSTING_NOBODY, TRUSTING_ONE, TRUSTING_TWO)
    for doorway, client in zip(doorways, expected, strict=True):
        for scheme in ("http", "https"):
            told = [*headers, (PROTO, scheme)]
            status, seen = led(doorway, told)
            assert (status, seen["client"][0]) == (200, client)
            assert seen["scheme"] == ("http" if doorway is TRUSTING_NOBODY else scheme)
        # From elsewhere nobody is believed, whatever is trusted.
        assert led(doorway, headers, peer=ELSEWHERE)[1]["client"][0] == ELSEWHERE


@pytest.mark.parametrize(("said", "scheme"), SCHEMES)
def test_the_nearest_proxy_says_how_a_request_came(said: str, scheme: str) -> None:
    """T7. What is no scheme is none."""
    assert led(TRUSTING_ONE, [(PROTO, said)])[1]["scheme"] == scheme
    assert led(TRUSTING_NOBODY, [(PROTO, said)])[1]["scheme"] == "http"


def test_no_forwarding_header_ever_gives_a_right(household: Household) -> None:
    """T7. What was passed on is nobody's where there is no owner; so is all behind a proxy."""
    for doorway in (TRUSTING_NOBODY, TRUSTING_ONE, TRUSTING_TWO):
        home = Home.of(household, doorway)
        for shape, (headers, *_) in SHAPES.items():
            answer = home.speaking(HERE).get(f"{API}/me", headers=[*headers])
            is_plain = doorway is TRUSTING_NOBODY and shape == "nothing"
            assert answer.status_code == (200 if is_plain else 401), shape


def test_strangers_cannot_fill_the_log(
    household: Household, caplog: pytest.LogCaptureFixture
) -> None:
    """An unknown proxy is told of once."""
    home = Home.of(household)
    for _ in range(3):
        home.speaking().get("/healthz", headers={FOR: "192.0.2.77"})
    told = [one for one in caplog.messages if "ENCORE_TRUSTED_PROXIES" in one]
    assert len(told) == 1
    assert "192.0.2.77" not in told[0]


LOCAL = Doorway()
AT_HOME = Doorway(is_local=False, allowed_hosts=frozenset({"attic"}))
PUBLIC = Doorway(is_local=False, public_url="https://encore.example:8443")


@pytest.mark.parametrize(
    ("host", "local", "at_home", "public"),
    [
        ("localhost", 200, 200, 200),
        ("LOCALHOST:8730", 200, 200, 200),
        ("127.0.0.1", 200, 200, 200),
        ("[::1]:8730", 200, 200, 200),
        ("attic", 400, 200, 400),
        ("attic:8730", 400, 200, 400),
        ("encore.example", 400, 400, 200),
        ("encore.example:8443", 400, 400, 200),
        ("192.168.1.5", 400, 200, 200),
        ("192.168.1.5:8730", 400, 200, 200),
        ("[2001:db8::1]:8730", 400, 200, 200),
        ("[2001:DB8::1]", 400, 200, 200),
        ("[2001:db8:0::1]", 400, 400, 400),
        ("2001:db8::1", 400, 400, 400),
        ("127.1", 400, 400, 400),
        ("2130706433", 400, 400, 400),
        ("0x7f.0.0.1", 400, 400, 400),
        ("192.168.1.5.evil.example", 400, 400, 400),
        ("localhost.evil.example", 400, 400, 400),
        ("evil.example", 400, 400, 400),
        ("localhost.", 400, 400, 400),
        ("localhost@evil.example", 400, 400, 400),
        ("", 400, 400, 400),
    ],
)
def test_names_that_others_could_point_here_are_refused(
    host: str, local: int, at_home: int, public: int
) -> None:
    """Names of one's own; numbers, where others may ask at all, as browsers write them."""
    for doorway, expected in ((LOCAL, local), (AT_HOME, at_home), (PUBLIC, public)):
        assert led(doorway, [("host", host)])[0] == expected


def test_two_names_are_none() -> None:
    """Who says two cannot be understood in one way; nor who says none."""
    assert led(LOCAL, [("host", "localhost"), ("host", "evil.example")])[0] == 400
    assert led(LOCAL, [("host", "localhost"), ("host", "localhost")])[0] == 400


@pytest.mark.parametrize("path", ["/films/model", "/model"])
def test_a_base_path_may_be_passed_on_or_taken_away(path: str) -> None:
    """A route sees the same either way."""
    _, seen = led(Doorway(base_path="/films"), path=path)
    assert (seen["root_path"], seen["path"]) == ("/films", "/films/model")


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://localhost"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({}, False),
        ({"origin": ""}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "http://localhost:9999"}, False),
        ({"origin": "http://localhost.evil.example"}, False),
        ({"origin": "app://localhost"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),
        ({"sec-fetch-site": "nonsense"}, False),
    ],
)
def test_other_sites_cannot_use_a_browsers_cookie(
    household: Household, headers: dict[str, str], is_allowed: bool
) -> None:
    """T5. Forms, fetches and silence: a change is made from Encore's own pages, or by a program."""
    home = Home.of(household)
    home.add("ada", "owner")
    client = home.speaking()
    client.cookies.set("encore_session", home.cookie("ada"))
    for method, path in (
        ("POST", "/tonight"),
        ("POST", f"{API}/recommendations"),
        ("PUT", f"{API}/me/password"),
        ("POST", f"{API}/sessions"),
        ("POST", "/logout"),
    ):
        answer = client.request(method, path, content=b"mood=funny", headers=headers)
        assert (answer.status_code != 403) == is_allowed, answer.text
        if not is_allowed:
            assert code_of(answer) == (403, "cross_site_refused")


def test_signing_somebody_in_from_another_site_is_refused(household: Household) -> None:
    """T5. Also where there is no cookie yet."""
    home = Home.of(household)
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = home.speaking().post(
            "/login", data={"name": "a", "password": "b"}, headers=headers
        )
        assert code_of(answer) == (403, "cross_site_refused")


def test_programs_say_nothing_of_pages(household: Household) -> None:
    """T5. No page can make a browser send a key, so a key is enough; with it, no cookie counts."""
    home = Home.of(household)
    home.add("ada", "owner")
    key, _ = home.key("watch")
    cross = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    program = home.speaking()
    for headers in ({}, cross):
        told = {**headers, **bearing(key)}
        assert program.post(f"{API}/recommendations", json=ASKED, headers=told).status_code == 409
    program.cookies.set("encore_session", home.cookie("ada"))
    told = {**cross, **bearing("enc_garbage")}
    answer = program.post(f"{API}/recommendations", json=ASKED, headers=told)
    assert code_of(answer) == (401, "not_signed_in")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost", "*"])
def test_no_other_page_may_read_an_answer(household: Household, origin: str) -> None:
    """T6. No answer has a word of CORS, whoever asks; what a browser asks beforehand is refused."""
    home = Home.of(household)
    home.add("ada", "owner")
    key, _ = home.key("read", "watch")
    beforehand = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type",
    }
    for path in ("/", f"{API}/me", f"{API}/recommendations", "/v2/models/encore", "/healthz", "/x"):
        for client in (home.signed_in("ada"), home.speaking()):
            answers = [
                client.options(path, headers=beforehand),
                client.get(path, headers={"origin": origin}),
                client.get(path, headers={"origin": origin, **bearing(key)}),
                client.post(path, headers={"origin": origin, **bearing(key)}),
                client.post(path, headers={**OWN_PAGE, "origin": origin}),
            ]
            assert answers[0].status_code >= 400
            for answer in answers:
                assert not [name for name in answer.headers if name.startswith("access-control")]
