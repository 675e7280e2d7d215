"""Signing in: what it costs, what it tells, and what happens beside it."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from app.backend.domain.errors import NotSignedIn, TooManyAttempts
from app.backend.store.session import Database
from app.backend.workflows import accounts, passwords, sign_in
from app.backend.workflows.household import Household
from tests.api.people import NEW_PASSWORD, PASSWORD, Home
from tests.workflows.evenings import Ticking

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Counted:
    """A real hasher, but a cheap one, that counts what it is asked, and how much at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.asked = 0
        self.most_at_once = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self._now = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def hash(self, password: bytes) -> str:
        """Return a hash."""
        return CHEAP.hash(password)

    def verify(self, password_hash: str, password: bytes) -> bool:
        """Verify one."""
        with self._lock:
            self.asked += 1
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            time.sleep(self._seconds)
            self.meanwhile()
            return CHEAP.verify(password_hash, password)
        finally:
            with self._lock:
                self._now -= 1


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Count what is asked of the hasher."""
    counting = Counted()
    monkeypatch.setattr(passwords, "_hasher", counting)
    return counting


@pytest.fixture
def ada(counted: Counted, database: Database, clock: Ticking) -> str:
    """Somebody with a password."""
    with database.writing() as session:
        accounts.add(session, "ada", "owner", PASSWORD, clock)
    return "ada"


def test_a_thousand_wrong_passwords_cost_twenty_hashes(
    household: Household, ada: str, counted: Counted, clock: Ticking
) -> None:
    """T2. Over HTTP, each with another X-Forwarded-For; Ada gets in meanwhile, from elsewhere."""
    home = Home.of(household)
    wrong = {"name": ada, "password": NEW_PASSWORD}
    client = home.speaking("203.0.113.9")
    statuses = set()
    for number in range(1_000):
        told = {"x-forwarded-for": f"198.51.{number % 200}.{number % 250}"}
        statuses.add(client.post("/api/v1/sessions", json=wrong, headers=told).status_code)
        clock.advance(seconds=0.9)
    assert statuses == {401, 429}
    assert 2 <= counted.asked <= 20
    right = {"name": ada, "password": PASSWORD}
    assert home.speaking("192.0.2.1").post("/api/v1/sessions", json=right).status_code == 201
    # Another process, after a restart, knows of it.
    again = Home.of(household).speaking("203.0.113.9")
    assert again.post("/api/v1/sessions", json=right).status_code == 429


@pytest.mark.parametrize("name", ["nobody", "guest", "a\x00b", "x" * 100])
def test_who_is_not_there_costs_a_hash_too(
    ada: str, counted: Counted, database: Database, clock: Ticking, name: str
) -> None:
    """T2. By the time that an answer takes nobody learns who has an account."""
    with database.writing() as session:
        accounts.add(session, "guest", "viewer", None, clock)
    told = []
    for who in (ada, name):
        before = counted.asked
        with pytest.raises(NotSignedIn) as caught:
            sign_in.sign_in(database, who, NEW_PASSWORD, who[:1], clock)
        told.append((counted.asked - before, caught.value.message))
        clock.advance(days=1)
    assert told[0] == told[1]
    assert told[0][0] == 1


def test_what_comes_too_early_costs_no_hash(
    ada: str, counted: Counted, database: Database, clock: Ticking
) -> None:
    """T2. The right password too has to wait."""
    with pytest.raises(NotSignedIn):
        sign_in.sign_in(database, ada, NEW_PASSWORD, "192.0.2.1", clock)
    with pytest.raises(TooManyAttempts):
        sign_in.sign_in(database, ada, PASSWORD, "192.0.2.1", clock)
    assert counted.asked == 1


def test_two_hashes_are_made_at_once_at_most(
    database: Database, clock: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T2. Each takes memory on purpose: many who sign in at once wait for each other."""
    counting = Counted(seconds=0.02)
    monkeypatch.setattr(passwords, "_hasher", counting)

    def knock(number: int) -> None:
        with pytest.raises(NotSignedIn):
            sign_in.sign_in(database, f"name {number}", PASSWORD, f"192.0.2.{number}", clock)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(knock, range(16)))
    assert (counting.asked, counting.most_at_once) == (16, passwords.AT_ONCE)


@pytest.mark.parametrize("change", ["password", "removal"])
def test_what_changes_while_the_hash_is_made_counts(
    ada: str, counted: Counted, database: Database, clock: Ticking, change: str
) -> None:
    """T4. An old password opens no session after the new one is set; nor does who is removed."""

    def meanwhile() -> None:
        with database.writing() as session:
            if change == "password":
                accounts.set_password(session, ada, NEW_PASSWORD)
                return
            accounts.add(session, "grace", "owner", None, clock)
            accounts.remove(session, ada)

    counted.meanwhile = meanwhile
    with pytest.raises(NotSignedIn):
        sign_in.sign_in(database, ada, PASSWORD, "192.0.2.1", clock)


def test_signing_in_many_times_makes_as_many_sessions(
    ada: str, database: Database, clock: Ticking
) -> None:
    """T4. No cookie is given twice, and each ends alone."""
    cookies = [sign_in.sign_in(database, ada, PASSWORD, "192.0.2.1", clock) for _ in range(5)]
    assert len({*cookies}) == 5
    assert min(len(cookie) for cookie in cookies) >= 43
    with database.writing() as session:
        sign_in.sign_out(session, cookies[2])
    good = [sign_in.holder_of_session(database, one, clock) is not None for one in cookies]
    assert good == [True, True, False, True, True]


def test_passwords_are_hashed_as_they_are_said_to_be() -> None:
    """Argon2id with 19 MiB and two passes; any letters, even such as are none."""
    made = passwords.hashed("pass\udc00word 🦊", "ada")
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right("pass\udc00word 🦊", made)
    assert not passwords.is_right("password 🦊", made)
    assert not passwords.is_right(PASSWORD, "no hash")
