"""The pages where people own Encore, sign in and say who may do what, without JavaScript."""

import re

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from app.backend.api.addresses import local_path
from app.backend.workflows.doorway import Doorway, networks
from app.backend.workflows.household import Household
from tests.api.people import (
    ELSEWHERE,
    NEW_PASSWORD,
    OWN_PAGE,
    PASSWORD,
    Home,
    bearing,
    code_of,
    cookie_of,
)

HERE = "127.0.0.1"
PAGE = {"accept": "text/html"}
OWNING = {"name": "ada", "password": PASSWORD, "again": PASSWORD}
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</code></title><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "${7*7} <!-- ]]>",
    "javascript:alert(1)//",
    "\u200fright to left \u05d0\u05d1\u200f",
    "&lt;b&gt; &amp;",
    "\U0001f98a \u00a0 \u2028 x",
]


@pytest.fixture
def home(household: Household) -> Home:
    """A household at the door, without an owner."""
    return Home.of(household)


def browsing(client: TestClient) -> TestClient:
    """Let a client say what browsers say."""
    client.headers.update({**PAGE, **OWN_PAGE})
    return client


def owner_of(home: Home) -> TestClient:
    """Add an owner and return their browser."""
    home.add("ada", "owner")
    return browsing(home.signed_in("ada"))


def test_the_first_run_makes_an_owner_who_is_signed_in(home: Home) -> None:
    """From the machine; the page says what holds until then, and is gone afterwards."""
    client = browsing(home.speaking(HERE))
    page = client.get("/setup").text
    assert "whoever uses this machine may do everything" in page
    assert page.count('autocomplete="new-password"') == 2
    answer = client.post("/setup", data=OWNING)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in cookie_of(answer)
    page = client.get("/library").text
    assert "Sign out" in page
    assert "ada" in page
    assert client.get("/setup").headers["location"] == "/login"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"again": "another"}, "The two passwords differ"),
        ({"password": "short", "again": "short"}, "A password has 10 to 200 characters"),
        ({"name": "a\x00b"}, "printable characters"),
        ({"name": "ada\u202e"}, "printable characters"),
    ],
)
def test_what_cannot_be_is_said_beside_the_form(
    home: Home, said: dict[str, str], sentence: str
) -> None:
    """The form stays, and holds no password."""
    client = browsing(home.speaking(HERE))
    answer = client.post("/setup", data={**OWNING, **said})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'role="alert"' in answer.text
    assert 'name="again"' in answer.text
    assert PASSWORD not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("doorway", [Doorway(), Doorway(trusted_proxies=networks(HERE, "test"))])
def test_from_elsewhere_the_pages_say_how_an_owner_is_made(
    household: Household, doorway: Doorway
) -> None:
    """On the command line; no form is shown that could not work."""
    home = Home.of(household, doorway)
    peer = HERE if doorway.trusted_proxies else ELSEWHERE
    client = browsing(home.speaking(peer))
    for path in ("/setup", "/login"):
        assert "encore accounts add NAME --role owner" in client.get(path).text
    assert 'name="again"' not in client.get("/setup").text
    answer = client.post("/setup", data=OWNING)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_browser_is_led_to_sign_in_and_back(home: Home) -> None:
    """To the very page, with its question; a program and an API are told 401."""
    home.add("ada", "owner", PASSWORD)
    client = browsing(home.speaking())
    answer = client.get("/model?version=7&x=a%20b")
    assert answer.status_code == 303
    place = answer.headers["location"]
    assert place.startswith("/login?next=%2Fmodel%3Fversion%3D7")
    page = client.get(place).text
    wanted, _ = re.findall(r'name="next" value="([^"]*)"', page)
    assert wanted.replace("&amp;", "&") == "/model?version=7&x=a%20b"
    form = {"name": "ada", "password": PASSWORD, "next": wanted.replace("&amp;", "&")}
    answer = client.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/model?version=7&x=a%20b")
    assert client.get("/model").status_code == 200
    for path, headers in (("/api/v1/models", PAGE), ("/model", {"accept": "application/json"})):
        assert code_of(home.speaking().get(path, headers=headers)) == (401, "not_signed_in")
    assert client.post("/logout").headers["location"] == "/login"
    assert client.get("/model").status_code == 303


def test_what_a_stranger_sends_is_led_nowhere(home: Home) -> None:
    """Only pages are come back to: a form that nobody may send is an error page."""
    home.add("ada", "owner")
    answer = browsing(home.speaking()).post("/tonight", data={})
    assert answer.status_code == 401
    assert "text/html" in answer.headers["content-type"]
    long = browsing(home.speaking()).get("/model?x=" + "y" * 600)
    assert long.headers["location"] == "/login?next=%2F"


@pytest.mark.parametrize(
    ("path", "is_local"),
    [
        ("/", True),
        ("/model", True),
        ("/?slate=3&x=%20", True),
        ("", False),
        ("model", False),
        ("//evil.example", False),
        ("///evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("/a\\b", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
        ("/\tmodel", False),
        ("/\n/evil.example", False),
        ("/model\r\nset-cookie: x", False),
        (" /model", False),
        ("/\u2028", False),
        ("/" + "x" * 501, False),
    ],
)
def test_after_signing_in_one_stays_here(home: Home, path: str, is_local: bool) -> None:
    """Whoever made the link, it leads to a page of Encore's own."""
    assert local_path(path) == (path if is_local else "/")
    if len(path) > 500:
        return
    home.add("ada", "owner", PASSWORD)
    form = {"name": "ada", "password": PASSWORD, "next": path}
    answer = browsing(home.speaking()).post("/login", data=form)
    assert answer.headers["location"] == (path if is_local else "/")


def test_wrong_passwords_are_said_beside_the_form(home: Home) -> None:
    """What was typed is not shown again; too soon afterwards says how long to wait."""
    home.add("ada", "owner", PASSWORD)
    client = browsing(home.speaking())
    form = {"name": "ada", "password": NEW_PASSWORD, "next": "/model"}
    told = [client.post("/login", data=form) for _ in range(2)]
    assert [one.status_code for one in told] == [401, 429]
    assert "There is nobody of that name and password." in told[0].text
    assert "try again in 1 seconds" in told[1].text
    for answer in told:
        assert NEW_PASSWORD not in answer.text
        assert 'name="next" value="/model"' in answer.text
        assert 'autocomplete="current-password"' in answer.text


@pytest.mark.parametrize("name", ["a\x00b", "\u202e", "x" * 100, " "])
def test_names_that_nobody_has_are_nobodys(home: Home, name: str) -> None:
    """On every database."""
    form = {"name": name, "password": PASSWORD}
    assert browsing(home.speaking()).post("/login", data=form).status_code == 401
    client = owner_of(home)
    for path, more in (("accounts/removal", {}), ("accounts/role", {"role": "viewer"})):
        assert client.post(f"/access/{path}", data={"name": name, **more}).status_code == 404


def test_an_owner_lets_people_in_and_out(home: Home) -> None:
    """Adds, changes a role, removes; what cannot be is said on the page."""
    client = owner_of(home)
    form = {"name": "grace", "role": "viewer", "password": PASSWORD}
    assert client.post("/access/accounts", data=form).headers["location"] == "/access"
    assert 'value="viewer" translate="no" selected' in client.get("/access").text
    again = client.post("/access/accounts", data=form)
    assert again.status_code == 409
    assert "There is an account of that name" in again.text
    assert PASSWORD not in again.text
    role = {"name": "grace", "role": "trainer"}
    assert client.post("/access/accounts/role", data=role).headers["location"] == "/access"
    assert 'value="trainer" translate="no" selected' in client.get("/access").text
    for path, more in (("removal", {}), ("role", {"role": "viewer"})):
        last = client.post(f"/access/accounts/{path}", data={"name": "ada", **more})
        assert last.status_code == 409
        assert "Nobody would own this Encore any more" in last.text
    client.post("/access/accounts/removal", data={"name": "grace"})
    assert "grace" not in client.get("/access").text
    client.post("/access/accounts", data={"name": "alan", "role": "viewer", "password": ""})
    assert "by a trusted proxy alone" in client.get("/access").text


def test_a_new_key_is_shown_once_and_works_until_it_is_revoked(home: Home) -> None:
    """On the answer alone, which nobody keeps; with the scopes that were ticked."""
    client = owner_of(home)
    page = client.get("/access").text
    assert len(re.findall(r'type="checkbox" name="scopes"', page)) == 6
    form = {"name": "tv", "scopes": ["watch", "read"], "days": "0"}
    answer = client.post("/access/keys", data=form)
    assert answer.headers["cache-control"] == "no-store"
    (key,) = re.findall(r'class="secret">(enc_[\w-]+)<', answer.text)
    program = home.speaking()
    told = program.get("/api/v1/me", headers=bearing(key)).json()
    assert (told["scopes"], told["expires_at"]) == (["read", "watch"], None)
    page = client.get("/access").text
    assert key not in page
    assert 'made by <span translate="no">ada<' in page
    (number,) = re.findall(r'name="key_id" value="(\d+)"', page)
    client.post("/access/keys/revocation", data={"key_id": number})
    assert program.get("/api/v1/me", headers=bearing(key)).status_code == 401
    assert client.post("/access/keys", data={"name": "tv"}).status_code == 422
    odd = client.post("/access/keys", data={"name": "tv", "scopes": ["everything"]})
    assert odd.status_code == 403


def test_navigation_shows_what_one_may_do(home: Home) -> None:
    """And a page that one may not see is an error with its status."""
    owner = owner_of(home)
    home.add("grace")
    viewer = browsing(home.signed_in("grace"))
    assert 'href="/settings"' in owner.get("/library").text
    assert 'href="/access"' in owner.get("/settings").text
    assert 'href="/access"' not in viewer.get("/settings").text
    page = viewer.get("/library").text
    assert 'href="/model"' in page
    answer = viewer.get("/access")
    assert answer.status_code == 403
    assert "forbidden" in answer.text
    stranger = browsing(home.speaking()).get("/login").text
    assert not [path for path in ("/model", "/library", "/access") if f'href="{path}"' in stranger]
    assert "Sign out" not in stranger


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_are_shown_as_they_are_and_do_nothing(home: Home, payload: str) -> None:
    """T10. Of accounts and keys, on every page that shows them: text, whatever it looks like."""
    home.add(payload, "owner")
    home.key("read", name=payload)
    client = browsing(home.signed_in(payload))
    shown = str(escape(payload))
    for path in ("/access", "/library", "/settings"):
        page = client.get(path).text
        assert shown in page, path
        assert shown == payload or payload not in page, path
    answer = client.post("/access/accounts", data={"name": payload, "role": "viewer"})
    assert shown == payload or payload not in answer.text
    link = browsing(home.speaking()).get("/login", params={"next": "/" + payload}).text
    assert shown == payload or payload not in link


def test_pages_lie_below_a_base_path(household: Household) -> None:
    """Forms, links and ways back, under https too."""
    doorway = Doorway(public_url="https://encore.example", base_path="/films")
    home = Home.of(household, doorway)
    home.add("ada", "owner", PASSWORD)
    client = browsing(home.speaking(host="encore.example"))
    answer = client.get("/films/model")
    assert answer.headers["location"] == "/films/login?next=%2Fmodel"
    page = client.get("/films/login?next=%2Fmodel").text
    assert 'action="/films/login"' in page
    form = {"name": "ada", "password": PASSWORD, "next": "/model"}
    answer = client.post("/films/login", data=form)
    assert answer.headers["location"] == "/films/model"
    cookie = {"cookie": cookie_of(answer).partition(";")[0]}
    page = client.get("/films/access", headers=cookie).text
    places = re.findall(r'(?:action|href|src)="([^"#]+)"', page)
    assert places
    assert all(place.startswith("/films/") for place in places)


def test_every_field_has_a_label(home: Home) -> None:
    """Of what a person fills in."""
    pages = [browsing(home.speaking(HERE)).get("/setup").text]
    owner = owner_of(home)
    pages += [owner.get("/access").text, browsing(home.speaking()).get("/login").text]
    for page in pages:
        for field in re.findall(r"<(?:input|select)[^>]*>", page):
            is_told = 'type="hidden"' in field or "aria-label=" in field
            is_told |= f'for="{_id_of(field)}"' in page
            start = page.index(field)
            inside = page.rfind("<label", 0, start) > page.rfind("</label>", 0, start)
            assert is_told or inside, field


def _id_of(field: str) -> str:
    found = re.search(r' id="([^"]+)"', field)
    return "" if found is None else found.group(1)
