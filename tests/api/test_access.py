"""Owning Encore, signing in, accounts and keys over HTTP, on both databases."""

import pytest
from fastapi.testclient import TestClient

from app.backend.workflows.doorway import Doorway, networks
from app.backend.workflows.household import Household
from tests.api.people import (
    ASKED,
    ELSEWHERE,
    NEW_PASSWORD,
    OWN_PAGE,
    PASSWORD,
    Home,
    bearing,
    code_of,
    cookie_of,
)
from tests.workflows.evenings import Ticking

API = "/api/v1"
HERE = "127.0.0.1"
ADA = {"name": "ada", "password": PASSWORD}
PROXY = "192.0.2.10"
PREDICTED = {
    "titles": [{"kind": "movie", "year": 1999, "minutes": 95, "genres": ["Comedy"]}],
    "contexts": [ASKED],
}


@pytest.fixture
def home(household: Household) -> Home:
    """A household at the door, without an owner."""
    return Home.of(household)


@pytest.fixture
def owned(home: Home) -> Home:
    """A household with an owner, Ada, who has a password, and a viewer, Grace, who has none."""
    home.add("ada", "owner", PASSWORD)
    home.add("grace")
    return home


def in_browser(client: TestClient, **said: str) -> TestClient:
    """Sign somebody in as a browser does, and return it with its cookie."""
    client.headers.update(OWN_PAGE)
    answer = client.post(f"{API}/sessions", json={**ADA, **said})
    assert answer.status_code == 201, answer.text
    return client


def test_the_first_at_the_machine_owns_it(home: Home) -> None:
    """The owner is signed in, and from then on nobody else is let in without a word."""
    client = home.speaking(HERE)
    told = client.get(f"{API}/me").json()
    assert (told["name"], told["kind"], len(told["scopes"])) == ("", "unclaimed", 6)
    answer = client.post(f"{API}/owner", json=ADA)
    assert (answer.status_code, answer.json()["role"]) == (201, "owner")
    assert PASSWORD not in answer.text
    told = client.get(f"{API}/me").json()
    assert (told["name"], told["kind"]) == ("ada", "session")
    stranger = home.speaking(HERE)
    assert code_of(stranger.get(f"{API}/me")) == (401, "not_signed_in")
    assert code_of(stranger.post(f"{API}/recommendations", json=ASKED)) == (401, "not_signed_in")
    assert code_of(client.post(f"{API}/owner", json=ADA, headers=OWN_PAGE)) == (409, "owner_there")


def test_who_was_remembered_as_the_first_is_asked_again_once_there_is_an_owner(home: Home) -> None:
    """A slate asked for before says nothing about who asks now."""
    client = home.speaking(HERE)
    assert client.post(f"{API}/recommendations", json=ASKED).status_code == 409  # an empty library
    home.add("ada", "owner")
    assert code_of(client.post(f"{API}/recommendations", json=ASKED)) == (401, "not_signed_in")


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", None])
def test_nobody_owns_it_from_elsewhere(home: Home, header: str | None) -> None:
    """From another address, or passed on by anybody, the first owner is not made."""
    client = home.speaking(HERE if header else ELSEWHERE)
    headers = {header: "127.0.0.1"} if header else {}
    assert code_of(client.get(f"{API}/me", headers=headers)) == (401, "not_signed_in")
    answer = client.post(f"{API}/owner", json=ADA, headers=headers)
    assert code_of(answer) == (403, "forbidden")
    assert home.speaking(HERE).post(f"{API}/owner", json=ADA).status_code == 201


@pytest.mark.parametrize(
    "said",
    [
        {"password": "too short"},
        {"password": "x" * 201},
        {"name": "", "password": PASSWORD},
        {"name": "a\x00da"},
        {"name": "ada\u202egrace"},
        {"name": " ada"},
        {"name": "x" * 101},
        {"name": "popcorn and rain", "password": "Popcorn and Rain"},
        {"role": "owner"},
    ],
)
def test_what_cannot_be_an_owner_is_refused(home: Home, said: dict[str, str]) -> None:
    """Names that deceive, passwords that are none; nothing of it is repeated, nothing is made."""
    client = home.speaking(HERE)
    answer = client.post(f"{API}/owner", json={**ADA, **said})
    assert code_of(answer) == (422, "invalid_input")
    assert all(len(word) < 9 or word not in answer.text for word in said.values())
    assert client.get(f"{API}/me").json()["kind"] == "unclaimed"


def test_signing_in_says_who_one_is_and_signing_out_ends_it(owned: Home) -> None:
    """The cookie is for browsers alone: no script reads it, and no other site sends it."""
    client = owned.speaking()
    answer = client.post(f"{API}/sessions", json=ADA)
    assert answer.json()["scopes"] == ["manage", "predict", "read", "release", "train", "watch"]
    told = cookie_of(answer)
    assert told.startswith("encore_session=")
    for part in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age=2592000"):
        assert part in told
    assert client.cookies["encore_session"] not in answer.text
    assert client.get(f"{API}/me").json()["name"] == "ada"
    gone = client.delete(f"{API}/sessions/current", headers=OWN_PAGE)
    assert (gone.status_code, gone.content) == (204, b"")
    assert 'encore_session=""' in cookie_of(gone)
    assert client.get(f"{API}/me").status_code == 401


def test_wrong_names_and_passwords_are_told_alike(owned: Home) -> None:
    """Who has no account, who has no password, and who has another: one sentence."""
    told = set()
    for number, name in enumerate(("ada", "nobody", "grace")):
        client = owned.speaking(f"203.0.113.{number}")
        answer = client.post(f"{API}/sessions", json={"name": name, "password": NEW_PASSWORD})
        assert code_of(answer) == (401, "not_signed_in")
        assert "set-cookie" not in answer.headers
        told.add(answer.text)
    assert len(told) == 1


def test_too_many_wrong_passwords_wait(owned: Home, clock: Ticking) -> None:
    """The second try at once is too early, and the answer says when it is not."""
    client = owned.speaking()
    wrong = {**ADA, "password": NEW_PASSWORD}
    assert client.post(f"{API}/sessions", json=wrong).status_code == 401
    answer = client.post(f"{API}/sessions", json=ADA)
    assert code_of(answer) == (429, "too_many_attempts")
    assert answer.headers["retry-after"] == "1"
    clock.advance(seconds=1)
    assert client.post(f"{API}/sessions", json=ADA).status_code == 201


def test_an_old_session_is_dead_after_signing_in_and_out_and_another_password(owned: Home) -> None:
    """T4. A cookie that was known before is never good for what comes after."""
    client = in_browser(owned.speaking())
    first = client.cookies["encore_session"]
    second = in_browser(client).cookies["encore_session"]
    assert first != second
    assert is_good(owned, second)
    assert not is_good(owned, first)
    elsewhere = owned.cookie("ada")
    said = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert client.put(f"{API}/me/password", json=said).status_code == 204
    third = client.cookies["encore_session"]
    assert [is_good(owned, one) for one in (second, elsewhere, third)] == [False, False, True]
    client.delete(f"{API}/sessions/current")
    assert not is_good(owned, third)
    assert owned.speaking().post(f"{API}/sessions", json=ADA).status_code == 401


def is_good(home: Home, cookie: str) -> bool:
    """Say whether a cookie still counts."""
    client = home.speaking()
    client.cookies.set("encore_session", cookie)
    return client.get(f"{API}/me").status_code == 200


def test_sessions_end_unused_or_at_last(owned: Home, clock: Ticking) -> None:
    """T4. After two weeks in which nobody came, and after thirty days whatever happened."""
    unused, used = owned.cookie("ada"), owned.cookie("ada")
    clock.advance(days=13.9)
    assert is_good(owned, used)
    clock.advance(days=0.1)
    assert [is_good(owned, unused), is_good(owned, used)] == [False, True]
    clock.advance(days=13)
    assert is_good(owned, used)
    clock.advance(days=2.9)
    assert is_good(owned, used)
    clock.advance(days=0.1)
    assert not is_good(owned, used)


def test_only_who_signed_in_changes_a_password_and_guessing_waits(
    owned: Home, clock: Ticking
) -> None:
    """Strangers and keys cannot; at somebody's browser one guesses as slowly as at the door."""
    said = {"current_password": NEW_PASSWORD, "new_password": NEW_PASSWORD}
    assert code_of(owned.speaking().put(f"{API}/me/password", json=said))[0] == 401
    key, _ = owned.key("manage")
    answer = owned.speaking().put(f"{API}/me/password", json=said, headers=bearing(key))
    assert code_of(answer) == (403, "forbidden")
    client = owned.signed_in("ada")
    assert code_of(client.put(f"{API}/me/password", json=said)) == (401, "not_signed_in")
    assert code_of(client.put(f"{API}/me/password", json=said)) == (429, "too_many_attempts")
    clock.advance(seconds=1)
    right = {**said, "current_password": PASSWORD}
    assert client.put(f"{API}/me/password", json=right).status_code == 204


def test_accounts_come_change_and_go(owned: Home) -> None:
    """A role counts from the next request on; a removed account's browser is out."""
    ada, grace = owned.signed_in("ada"), owned.signed_in("grace")
    said = {"name": "alan", "role": "viewer"}
    made = ada.post(f"{API}/accounts", json=said)
    assert (made.status_code, made.json()["has_password"]) == (201, False)
    assert code_of(ada.post(f"{API}/accounts", json=said)) == (409, "conflict")
    listed = ada.get(f"{API}/accounts").json()["accounts"]
    assert [(one["name"], one["role"]) for one in listed] == [
        ("ada", "owner"), ("alan", "viewer"), ("grace", "viewer"),
    ]  # fmt: skip
    assert "password_hash" not in str(listed)
    assert "train" not in grace.get(f"{API}/me").json()["scopes"]
    assert ada.patch(f"{API}/accounts/grace", json={"role": "trainer"}).json()["role"] == "trainer"
    assert "train" in grace.get(f"{API}/me").json()["scopes"]
    assert ada.delete(f"{API}/accounts/grace").status_code == 204
    assert grace.get(f"{API}/me").status_code == 401
    for answer in (
        ada.delete(f"{API}/accounts/grace"),
        ada.patch(f"{API}/accounts/grace", json={"role": "viewer"}),
    ):
        assert code_of(answer) == (404, "not_found")


def test_there_is_always_an_owner(owned: Home) -> None:
    """The last one neither goes nor becomes something else."""
    ada = owned.signed_in("ada")
    assert code_of(ada.delete(f"{API}/accounts/ada")) == (409, "owner_needed")
    changed = ada.patch(f"{API}/accounts/ada", json={"role": "viewer", "password": NEW_PASSWORD})
    assert code_of(changed) == (409, "owner_needed")
    assert ada.get(f"{API}/me").status_code == 200  # nothing of it happened
    ada.patch(f"{API}/accounts/grace", json={"role": "owner"})
    assert ada.delete(f"{API}/accounts/ada").status_code == 204


def test_an_owner_gives_somebody_another_password(owned: Home) -> None:
    """Whoever was signed in under the name no longer is."""
    ada, grace = owned.signed_in("ada"), owned.signed_in("grace")
    answer = ada.patch(f"{API}/accounts/grace", json={"password": NEW_PASSWORD})
    assert (answer.status_code, answer.json()["has_password"]) == (200, True)
    assert grace.get(f"{API}/me").status_code == 401
    in_browser(owned.speaking(), name="grace", password=NEW_PASSWORD)


def test_a_key_is_shown_once_and_may_do_no_more_than_its_maker(owned: Home) -> None:
    """The list knows how it begins; a key that makes keys cannot make a stronger one."""
    ada = owned.signed_in("ada")
    made = ada.post(f"{API}/keys", json={"name": "tv", "scopes": ["watch", "manage"]})
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    key, told = made.json()["key"], made.json()
    assert (told["created_by"], told["hint"]) == ("ada", key[:10])
    listed = ada.get(f"{API}/keys")
    assert key not in listed.text
    assert [one["id"] for one in listed.json()["keys"]] == [told["id"]]
    program = owned.speaking()
    assert program.get(f"{API}/me", headers=bearing(key)).json()["kind"] == "key"
    assert program.get(f"{API}/me", headers={"x-api-key": key}).json()["name"] == "tv"
    more = {"name": "more", "scopes": ["watch", "train"]}
    answer = program.post(f"{API}/keys", json=more, headers=bearing(key))
    assert code_of(answer) == (403, "forbidden")


@pytest.mark.parametrize(
    "said",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": ["watch"] * 7},
        {"days": 0},
        {"days": 3651},
        {"days": 1.5},
        {"name": "tv\n"},
    ],
)
def test_keys_that_cannot_be_are_refused(owned: Home, said: dict[str, object]) -> None:
    """No scope, none that there is, no day, more days than ten years."""
    wanted = {"name": "tv", "scopes": ["watch"], **said}
    answer = owned.signed_in("ada").post(f"{API}/keys", json=wanted)
    assert code_of(answer) == (422, "invalid_input")


def test_keys_end_by_the_clock_or_not_at_all(owned: Home, clock: Ticking) -> None:
    """A year if nothing is said; with null, never."""
    ada = owned.signed_in("ada")
    keys = {
        days: ada.post(f"{API}/keys", json={"name": "tv", "scopes": ["read"], **said}).json()["key"]
        for days, said in ((365, {}), (1, {"days": 1}), (None, {"days": None}))
    }
    program = owned.speaking()
    for passed, good in ((0.99, {365, 1, None}), (0.01, {365, None}), (364, {None})):
        clock.advance(days=passed)
        found = {
            days
            for days, key in keys.items()
            if program.get(f"{API}/models", headers=bearing(key)).status_code == 200
        }
        assert found == good


def test_a_revoked_key_is_refused_with_the_next_request(owned: Home) -> None:
    """T3. Also where Encore remembers callers between requests: for slates, in another process."""
    other = Home.of(owned.household)  # another process over the same database
    key, number = owned.key("watch", "predict", "read")

    def asked(home: Home) -> dict[str, int]:
        program = home.speaking()
        program.headers.update(bearing(key))
        return {
            "slates": program.post(f"{API}/recommendations", json=ASKED).status_code,
            "predictions": program.post(f"{API}/predictions", json=PREDICTED).status_code,
            "models": program.get(f"{API}/models").status_code,
        }

    for home in (owned, other, owned, other):
        found = asked(home)
        # Past the guard: that the library is empty is another matter.
        assert not {401, 403, 422} & {*found.values()}, found
    assert owned.signed_in("ada").delete(f"{API}/keys/{number}").status_code == 200
    for home in (owned, other):
        assert {*asked(home).values()} == {401}
    assert code_of(owned.signed_in("ada").delete(f"{API}/keys/99")) == (404, "not_found")


def test_a_proxys_users_are_who_they_are_there(household: Household) -> None:
    """Their account's role, else a viewer's; only from where the proxy is."""
    doorway = Doorway(sso_header="Remote-User", sso_from=networks(PROXY, "test"))
    home = Home.of(household, doorway)
    home.add("ada", "owner")
    for peer, user, expected in (
        (PROXY, "ada", 6),
        (PROXY, "somebody", 3),
        (PROXY, "a\x01da", 0),
        (PROXY, "x" * 101, 0),
        (ELSEWHERE, "ada", 0),
        (HERE, "ada", 0),
    ):
        answer = home.speaking(peer).get(f"{API}/me", headers={"remote-user": user})
        found = len(answer.json()["scopes"]) if answer.status_code == 200 else 0
        assert found == expected, (peer, user)


@pytest.mark.parametrize(
    ("doorway", "name", "path"),
    [
        (Doorway(public_url="https://encore.example"), "__Host-encore_session", "Path=/"),
        (
            Doorway(public_url="https://encore.example", base_path="/films"),
            "encore_session",
            "Path=/films",
        ),
    ],
)
def test_by_https_the_cookie_is_bound_to_it(
    household: Household, doorway: Doorway, name: str, path: str
) -> None:
    """Its prefix keeps other hosts from planting one; below a path there can be no prefix."""
    home = Home.of(household, doorway)
    home.add("ada", "owner", PASSWORD)
    client = home.speaking(host="encore.example")
    answer = client.post(f"{doorway.base_path}{API}/sessions", json=ADA)
    parts = {part.strip() for part in cookie_of(answer).split(";")}
    assert {"Secure", "HttpOnly", path, "SameSite=lax"} <= parts
    assert cookie_of(answer).startswith(f"{name}=")
    assert not any(part.startswith("Domain") for part in parts)
    cookie = cookie_of(answer).partition(";")[0]
    told = client.get(f"{doorway.base_path}{API}/me", headers={"cookie": cookie})
    assert told.json()["name"] == "ada"
