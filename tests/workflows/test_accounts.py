"""Accounts and keys, as every face makes them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.backend.domain.access import ROLES
from app.backend.domain.errors import (
    Conflict,
    EncoreError,
    InvalidInput,
    NotFound,
    OwnerNeeded,
    OwnerThere,
)
from app.backend.store.session import Database
from app.backend.workflows import accounts, keys
from app.backend.workflows.keys import Wanted
from tests.workflows.evenings import Ticking

PASSWORD = "a long evening in"  # noqa: S105  # the tests' own
NO_NAMES = [
    "", " ada", "ada ", "a\x00da", "ada\n", "a\u202eda", "\u2066ada", "a\x85da", "x" * 101,
    "\ud800",
]  # fmt: skip


def test_of_many_who_would_be_the_first_one_is(database: Database, clock: Ticking) -> None:
    """However many ask at once, there is one owner, and the others are told."""

    def claim(number: int) -> str:
        try:
            with database.writing() as session:
                return accounts.make_owner(session, f"name {number}", PASSWORD, clock).name
        except OwnerThere as error:
            return error.code

    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(claim, range(6)))
    assert told.count("owner_there") == 5
    with database.reading() as reading:
        (owner,) = accounts.everybody(reading)
    assert (owner.name in told, owner.role) == (True, "owner")


def test_of_two_owners_who_leave_at_once_one_stays(database: Database, clock: Ticking) -> None:
    """Neither sees the other go, and still somebody owns it."""
    with database.writing() as session:
        for name in ("ada", "grace"):
            accounts.add(session, name, "owner", None, clock)

    def leave(name: str) -> str:
        try:
            with database.writing() as session:
                return accounts.remove(session, name).name
        except OwnerNeeded as error:
            return error.code

    with ThreadPoolExecutor(2) as threads:
        told = sorted(threads.map(leave, ("ada", "grace")))
    assert told[-1] == "owner_needed"
    with database.reading() as reading:
        assert accounts.has_owner(reading)


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_cannot_be_a_name_is_refused_everywhere(
    database: Database, clock: Ticking, name: str
) -> None:
    """Of accounts and of keys; where an account is looked for, it is not there."""
    for expected, attempt in (
        (InvalidInput, lambda s: accounts.add(s, name, "viewer", None, clock)),
        (InvalidInput, lambda s: keys.make(s, Wanted(name, ["read"], 1, "test"), clock)),
        (NotFound, lambda s: accounts.remove(s, name)),
        (NotFound, lambda s: accounts.set_role(s, name, "viewer")),
        (NotFound, lambda s: accounts.set_password(s, name, PASSWORD)),
    ):
        with pytest.raises(expected), database.writing() as session:
            attempt(session)


@pytest.mark.parametrize(
    ("role", "password", "error"),
    [
        ("king", None, InvalidInput),
        ("viewer", "short", InvalidInput),
        ("viewer", "x" * 201, InvalidInput),
        ("viewer", "GRACE OF THE ATTIC", InvalidInput),
    ],
)
def test_roles_and_passwords_that_cannot_be_are_refused(
    database: Database, clock: Ticking, role: str, password: str | None, error: type[EncoreError]
) -> None:
    """And what was typed is not in the sentence."""
    with pytest.raises(error) as caught, database.writing() as session:
        accounts.add(session, "grace of the attic", role, password, clock)
    assert password is None or password not in caught.value.message
    with database.reading() as session:
        assert accounts.everybody(session) == []


def test_a_name_is_one_account(database: Database, clock: Ticking) -> None:
    """Letters count as they are written."""
    with database.writing() as session:
        accounts.add(session, "Zoë", "viewer", None, clock)
        accounts.add(session, "zoë", "viewer", None, clock)
    with pytest.raises(Conflict), database.writing() as session:
        accounts.add(session, "Zoë", "owner", None, clock)


def test_the_last_owner_stays_what_they_are(database: Database, clock: Ticking) -> None:
    """Until somebody else is one too."""
    with database.writing() as session:
        accounts.add(session, "ada", "owner", None, clock)
        accounts.add(session, "grace", "trainer", None, clock)
    for role in set(ROLES) - {"owner"}:
        with pytest.raises(OwnerNeeded), database.writing() as session:
            accounts.set_role(session, "ada", role)
    with database.writing() as session:
        assert accounts.set_role(session, "ada", "owner").role == "owner"
        accounts.set_role(session, "grace", "owner")
        assert accounts.set_role(session, "ada", "viewer").role == "viewer"
    with database.reading() as session:
        assert accounts.role_of(session, "ada") == "viewer"
        assert accounts.role_of(session, "nobody") is None


def test_keys_are_made_as_they_are_wanted(database: Database, clock: Ticking) -> None:
    """Scopes once each, in order; a key begins alike and is long; the newest is listed first."""
    with database.writing() as session:
        first, facts = keys.make(session, Wanted("tv", ["watch", "read", "watch"], 7, "ada"), clock)
        second, endless = keys.make(session, Wanted("tv", ["read"], None, "ada"), clock)
    assert facts.scopes == ("read", "watch")
    assert (facts.expires_at - clock.now).days == 7 if facts.expires_at else False
    assert endless.expires_at is None
    assert first != second
    assert first.startswith("enc_")
    assert len(first) == 47
    with database.reading() as session:
        assert [one.id for one in keys.latest(session)] == [endless.id, facts.id]


@pytest.mark.parametrize(
    ("scopes", "days"), [([], 1), (["all"], 1), (["read"], 0), (["read"], 3_651)]
)
def test_keys_that_cannot_be_are_refused(
    database: Database, clock: Ticking, scopes: list[str], days: int
) -> None:
    """No scope, one that there is not, no time or too much."""
    with pytest.raises(InvalidInput), database.writing() as session:
        keys.make(session, Wanted("tv", scopes, days, "test"), clock)


def test_a_key_is_revoked_once(database: Database, clock: Ticking) -> None:
    """Again changes nothing; one that is not there is not found."""
    with database.writing() as session:
        _, facts = keys.make(session, Wanted("tv", ["read"], 1, "test"), clock)
        first = keys.revoke(session, facts.id, clock)
        clock.advance(seconds=5)
        assert keys.revoke(session, facts.id, clock).revoked_at == first.revoked_at
    with pytest.raises(NotFound), database.writing() as session:
        keys.revoke(session, 99, clock)
