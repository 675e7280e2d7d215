"""A request that comes again under its Idempotency-Key is answered as before, and done once."""

import threading

import pytest

from app.backend.domain.errors import RequestReused
from app.backend.domain.repeats import Asked
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.repeats import Repeats
from tests.api.people import ASKED, Home, bearing, code_of, everything_in
from tests.workflows.evenings import Ticking

SLATES = "/api/v1/recommendations"
ONCE = {"idempotency-key": "an-evening"}


@pytest.fixture
def home(household: Household, small_library: Imported) -> Home:
    """A household with titles and an owner."""
    assert small_library.counts.added
    opened = Home.of(household)
    opened.add("ada", "owner")
    return opened


def test_the_same_request_is_done_once(home: Home) -> None:
    """The very bytes of the first answer, marked as such; without a key there is another slate."""
    client = home.signed_in("ada")
    first = client.post(SLATES, json=ASKED, headers=ONCE)
    again = client.post(SLATES, json=ASKED, headers=ONCE)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert client.post(SLATES, json=ASKED).json()["id"] != first.json()["id"]
    other = Home.of(home.household).signed_in("ada")  # another process
    assert other.post(SLATES, json=ASKED, headers=ONCE).content == first.content


def test_another_request_under_the_key_is_refused(home: Home) -> None:
    """Another body, another address."""
    client = home.signed_in("ada")
    client.post(SLATES, json=ASKED, headers=ONCE)
    other = {**ASKED, "mood": "action"}
    assert code_of(client.post(SLATES, json=other, headers=ONCE)) == (409, "request_reused")
    answer = client.post("/api/v1/training-runs", json=ASKED, headers=ONCE)
    assert code_of(answer) == (409, "request_reused")


def test_callers_do_not_share_their_keys(home: Home) -> None:
    """Nobody is answered what somebody else was: not even keys of one name."""
    home.add("grace")
    (one, _), (two, _) = home.key("watch", name="tv"), home.key("watch", name="tv")
    callers = [home.signed_in("ada"), home.signed_in("grace"), home.speaking(), home.speaking()]
    callers[2].headers.update(bearing(one))
    callers[3].headers.update(bearing(two))
    told = [client.post(SLATES, json=ASKED, headers=ONCE).json()["id"] for client in callers]
    assert len({*told}) == len(callers)


def test_what_was_refused_may_come_again(home: Home) -> None:
    """A key is not used up by a mistake."""
    client = home.signed_in("ada")
    assert client.post(SLATES, json={"mood": "odd"}, headers=ONCE).status_code == 422
    assert client.post(SLATES, json=ASKED, headers=ONCE).status_code == 201


def test_after_a_day_a_key_is_free(home: Home, clock: Ticking) -> None:
    """What was answered is forgotten."""
    client = home.signed_in("ada")
    first = client.post(SLATES, json=ASKED, headers=ONCE).json()["id"]
    clock.advance(days=1, seconds=-1)
    assert client.post(SLATES, json=ASKED, headers=ONCE).json()["id"] == first
    clock.advance(seconds=2)
    assert client.post(SLATES, json=ASKED, headers=ONCE).json()["id"] != first


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 101, "\u00e4"])
def test_keys_that_cannot_be_are_refused(home: Home, key: str) -> None:
    """Up to a hundred visible ASCII characters."""
    headers = {b"idempotency-key": key.encode("latin-1")}
    answer = home.signed_in("ada").post(SLATES, json=ASKED, headers=headers)
    assert code_of(answer) == (422, "invalid_input")


def test_who_may_not_ask_learns_nothing_of_who_did(home: Home) -> None:
    """The guard stands before what is kept."""
    home.signed_in("ada").post(SLATES, json=ASKED, headers=ONCE)
    assert home.speaking().post(SLATES, json=ASKED, headers=ONCE).status_code == 401


def test_secrets_are_not_kept_to_be_told_again(home: Home) -> None:
    """A key is made each time, and no word of a request for one is written down."""
    client = home.signed_in("ada")
    said = {"name": "tv", "scopes": ["watch"]}
    made = [client.post("/api/v1/keys", json=said, headers=ONCE).json() for _ in range(2)]
    assert made[0]["key"] != made[1]["key"]
    rows = everything_in(home.household.database)
    assert "an-evening" not in rows
    assert made[0]["key"] not in rows


def test_while_a_request_is_being_answered_it_waits_its_turn(
    household: Household, clock: Ticking
) -> None:
    """Of many at once one is carried out; one that died with its process may come again."""
    repeats = Repeats(household.database, clock)
    asked = Asked("session ada", "k", "h" * 64)
    told: list[str] = []
    start = threading.Barrier(6)

    def begin() -> None:
        start.wait()
        try:
            told.append(str(repeats.begin(asked)))
        except RequestReused as error:
            told.append(error.code)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["None", *["request_reused"] * 5]
    clock.advance(seconds=61)
    assert repeats.begin(asked) is None


def test_asking_for_training_many_times_asks_once(home: Home) -> None:
    """T15. Whoever asks again is told of the run that waits."""
    client = home.signed_in("ada")
    told = {client.post("/api/v1/training-runs").headers["location"] for _ in range(20)}
    assert len(told) == 1
    runs = client.get("/api/v1/training-runs").json()["training_runs"]
    assert [run["state"] for run in runs] == ["queued"]
