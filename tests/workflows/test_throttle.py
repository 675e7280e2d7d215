"""T2. How often a password may be tried: by one name, from one network, from everywhere."""

from datetime import datetime, timedelta

import pytest

from app.backend.domain.errors import TooManyAttempts
from app.backend.store.access_tables import LoginAttempts
from app.backend.store.session import Database
from app.backend.workflows import throttle
from tests.workflows.evenings import Ticking

QUARTER = timedelta(minutes=15)
MOST = 20


def tried(database: Database, name: str, client: str, clock: Ticking) -> throttle.Attempt | None:
    """Try once and miss; `None` where it was too early."""
    try:
        with database.writing() as session:
            return throttle.begin(session, name, client, clock())
    except TooManyAttempts:
        return None


def busiest(moments: list[datetime]) -> int:
    """Return how many moments the busiest quarter of an hour has, its two ends included."""
    return max(sum(at <= one <= at + QUARTER for one in moments) for at in moments)


def test_each_miss_from_one_network_doubles_the_wait(database: Database, clock: Ticking) -> None:
    """One second, two, four, up to a quarter of an hour; the answer says how long."""
    waits = []
    for _ in range(12):
        assert tried(database, "ada", "192.0.2.1", clock)
        with pytest.raises(TooManyAttempts) as caught, database.writing() as session:
            throttle.begin(session, "ada", "192.0.2.1", clock())
        seconds = caught.value.details["retry_after_seconds"]
        assert isinstance(seconds, int)
        assert f"{seconds} seconds" in caught.value.message
        clock.advance(seconds=seconds - 0.5)
        assert not tried(database, "ada", "192.0.2.1", clock)
        clock.advance(seconds=0.5)
        waits.append(seconds)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


@pytest.mark.parametrize(
    "client", ["192.0.2.1", "192.0.2.{n}", "2001:db8::{n:x}", "2001:db8:{n:x}::1"]
)
def test_a_name_is_tried_twenty_times_in_a_quarter_of_an_hour_at_most(
    database: Database, clock: Ticking, client: str
) -> None:
    """Whoever tries, from one address or from as many as there are, once every five seconds."""
    evaluated = []
    for number in range(500):
        if tried(database, "ada", client.format(n=number % 250), clock):
            evaluated.append(clock.now)
        clock.advance(seconds=5)
    assert 2 <= busiest(evaluated) <= MOST
    assert len(evaluated) < 60


def test_a_network_is_slowed_down_whatever_names_it_tries(
    database: Database, clock: Ticking
) -> None:
    """A new name for each try helps nobody."""
    evaluated = []
    for number in range(300):
        if tried(database, f"name {number}", "192.0.2.1", clock):
            evaluated.append(clock.now)
        clock.advance(seconds=6)
    assert busiest(evaluated) <= MOST


def test_one_network_cannot_keep_somebody_out_of_another(
    database: Database, clock: Ticking
) -> None:
    """However long somebody guesses, whoever has the password gets in from where they are."""
    for minute in range(600):
        tried(database, "ada", "203.0.113.9", clock)
        clock.advance(seconds=60)
        if minute % 30 == 0:
            attempt = tried(database, "ada", "192.0.2.1", clock)
            assert attempt is not None, minute
            with database.writing() as session:
                throttle.succeeded(session, attempt, clock())


def test_a_right_password_is_forgiven_what_came_before_it(
    database: Database, clock: Ticking
) -> None:
    """From its own network at once, as if nothing had been; it costs nobody a try."""
    for _ in range(40):
        attempt = tried(database, "ada", "192.0.2.1", clock)
        assert attempt is not None
        with database.writing() as session:
            throttle.succeeded(session, attempt, clock())
    for number in range(throttle.MISSES):
        assert tried(database, "ada", f"192.0.2.{number}", clock)
    assert not tried(database, "ada", "192.0.2.200", clock)


def test_a_miss_comes_back_every_ninety_seconds(database: Database, clock: Ticking) -> None:
    """One at a time, and never more than ten."""
    for pause, expected in ((0, 10), (89, 0), (1, 1), (180, 2), (10_000, 10)):
        clock.advance(seconds=pause)
        good = sum(
            tried(database, "ada", f"198.51.{pause % 250}.{number}", clock) is not None
            for number in range(15)
        )
        assert good == expected, pause


def test_what_is_kept_says_neither_who_nor_what_was_tried(
    database: Database, clock: Ticking
) -> None:
    """Names may be passwords, typed too early; after a day nothing is left."""
    tried(database, "my secret password", "192.0.2.1", clock)
    with database.reading() as session:
        subjects = [row.subject for row in session.query(LoginAttempts)]
    assert len(subjects) == 3
    assert not [one for one in subjects if "secret" in one or "192" in one]
    clock.advance(days=1, seconds=1)
    tried(database, "ada", "192.0.2.2", clock)
    with database.reading() as session:
        assert session.query(LoginAttempts).count() == 3


def test_what_is_no_address_is_one_network(database: Database, clock: Ticking) -> None:
    """Nobody gets a count of their own by having none."""
    assert {throttle.network_of(one) for one in ("", "unix", "\udc00", "1.2.3")} == {"unknown"}
    assert throttle.network_of("fe80::1%eth0") == "fe80::/64"
