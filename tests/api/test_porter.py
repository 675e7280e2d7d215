"""Who calls: what is remembered of it is no more than what the database says."""

import pytest

from app.backend.api.porter import LONGEST_CREDENTIAL, MOST_REMEMBERED
from app.backend.api.scopes import NEEDED
from app.backend.workflows.household import Household
from tests.api.people import ASKED, ELSEWHERE, Home, bearing
from tests.workflows.evenings import Ticking

SLATES = "/api/v1/recommendations"
ME = "/api/v1/me"
EMPTY = 409  # past the guard: the library is empty


@pytest.fixture
def home(household: Household) -> Home:
    """A household with an owner."""
    opened = Home.of(household)
    opened.add("ada", "owner")
    opened.add("grace")
    return opened


def test_a_key_speaks_alone(home: Home) -> None:
    """A cookie beside a wrong key counts for nothing, and nothing is remembered under that key."""
    both = home.signed_in("ada")
    for key in ("enc_garbage", ""):
        for _ in range(2):
            answer = both.post(SLATES, json=ASKED, headers=bearing(key))
            assert answer.status_code == 401
        assert home.speaking().post(SLATES, json=ASKED, headers=bearing(key)).status_code == 401
    assert both.post(SLATES, json=ASKED).status_code == EMPTY


def test_what_is_remembered_needs_the_very_secret(home: Home) -> None:
    """Nobody is taken for whoever asked before: without a cookie, or with another."""
    assert home.signed_in("ada").post(SLATES, json=ASKED).status_code == EMPTY
    other = home.speaking()
    assert other.post(SLATES, json=ASKED).status_code == 401
    other.cookies.set("encore_session", "another")
    assert (
        other.post(SLATES, json=ASKED, headers={"sec-fetch-site": "same-origin"}).status_code == 401
    )


def test_a_remembered_browser_still_says_which_page_asks(home: Home) -> None:
    """Silence is refused the second time too."""
    client = home.signed_in("ada")
    assert client.post(SLATES, json=ASKED).status_code == EMPTY
    del client.headers["sec-fetch-site"]
    assert client.post(SLATES, json=ASKED).status_code == 403


@pytest.mark.parametrize("is_key", [True, False])
def test_what_is_remembered_ends_by_the_clock(home: Home, clock: Ticking, is_key: bool) -> None:
    """A key, and a session, on the moment."""
    client = home.speaking() if is_key else home.signed_in("grace")
    if is_key:
        client.headers.update(bearing(home.key("watch", days=14)[0]))
    assert client.post(SLATES, json=ASKED).status_code == EMPTY
    clock.advance(days=14, seconds=-1)
    assert client.post(SLATES, json=ASKED).status_code == EMPTY
    clock.advance(seconds=1)
    assert client.post(SLATES, json=ASKED).status_code == 401


def test_a_role_that_is_taken_away_counts_at_once_for_what_is_remembered(home: Home) -> None:
    """A removed account asks for no slate any more, though nobody looked at its session since."""
    grace, ada = home.signed_in("grace"), home.signed_in("ada")
    assert grace.post(SLATES, json=ASKED).status_code == EMPTY
    assert ada.delete("/api/v1/accounts/grace").status_code == 204
    assert grace.post(SLATES, json=ASKED).status_code == 401


def test_a_key_that_was_revoked_is_not_told_what_is_wrong_with_a_body(home: Home) -> None:
    """Whoever may not ask any more hears that, and nothing of what else is wrong."""
    key, number = home.key("watch")
    program, ada = home.speaking(), home.signed_in("ada")
    headers = {**bearing(key), "content-type": "application/json"}
    assert program.post(SLATES, content=b"{", headers=headers).status_code == 422
    assert program.post(SLATES, json=ASKED, headers=headers).status_code == EMPTY
    assert ada.delete(f"/api/v1/keys/{number}").status_code == 200
    assert program.post(SLATES, content=b"{", headers=headers).status_code == 401


def test_strangers_cannot_fill_the_memory(home: Home) -> None:
    """Only those who are somebody are remembered, and not more than so many."""
    porter = home.app.state.encore.porter
    for number in range(20):
        answer = home.speaking().get(ME, headers=bearing(f"enc_{number}"))
        assert answer.status_code == 401
    assert porter._remembered == {}  # noqa: SLF001  # nothing else shows it
    key, _ = home.key("read")
    porter._remembered.update(dict.fromkeys(map(str, range(MOST_REMEMBERED))))  # noqa: SLF001
    assert home.speaking().get(ME, headers=bearing(key)).status_code == 200
    assert len(porter._remembered) == 1  # noqa: SLF001


def test_credentials_that_cannot_be_are_not_looked_for(home: Home) -> None:
    """Too long, or of bytes that are no text."""
    for key in ("x" * (LONGEST_CREDENTIAL + 1), "\u00e4", "%00", "' OR 1=1 --"):
        headers = {b"authorization": f"Bearer {key}".encode("latin-1")}
        assert home.speaking().get(ME, headers=headers).status_code == 401
        cookie = {b"cookie": f"encore_session={key}".encode("latin-1")}
        assert home.speaking().get(ME, headers=cookie).status_code == 401


def test_only_a_bearer_is_a_key(home: Home) -> None:
    """A proxy's own Basic credentials are none of Encore's."""
    key, _ = home.key("read")
    for headers, status in (
        ({"authorization": f"Bearer {key}"}, 200),
        ({"authorization": f"bearer {key}"}, 200),
        ({"x-api-key": key}, 200),
        ({"ocp-apim-subscription-key": key}, 200),
        ({"authorization": f"Basic {key}"}, 401),
        ({"authorization": key}, 401),
        ({"cookie": f"encore_session={key}"}, 401),
    ):
        assert home.speaking().get(ME, headers=headers).status_code == status


def test_how_often_a_key_was_used_is_known_to_the_hour(home: Home, clock: Ticking) -> None:
    """Each note of it is a write, so not every request makes one."""
    key, _ = home.key("read")
    ada = home.signed_in("ada")
    noted = []
    for seconds in (0, 3_599, 1):
        clock.advance(seconds=seconds)
        assert home.speaking().get(ME, headers=bearing(key)).status_code == 200
        noted.append(ada.get("/api/v1/keys").json()["keys"][0]["last_used_at"])
    assert noted[0] == noted[1] != noted[2]


def test_slates_are_guarded_as_their_route_says(home: Home) -> None:
    """The short way to a slate asks for the same scope."""
    for scope in ("watch", "read"):
        key, _ = home.key(scope)
        answer = home.speaking(ELSEWHERE).post(SLATES, json=ASKED, headers=bearing(key))
        expected = EMPTY if scope == NEEDED["create_recommendation"] else 403
        assert answer.status_code == expected
