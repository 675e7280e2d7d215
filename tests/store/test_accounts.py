"""Rows of accounts, sessions and keys: what they grant, and that every process learns of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.backend.domain.access import IDLE, ROLES
from app.backend.store import accounts
from app.backend.store.access_tables import LoginSession
from app.backend.store.accounts import NewKey
from app.backend.store.generations import read_access
from app.backend.store.session import Database, WriteSession
from tests.workflows.evenings import FRIDAY_EVENING as NOW

DAY = timedelta(days=1)
HASH = "a" * 64


@pytest.fixture
def ada(database: Database) -> int:
    """The id of an account."""
    with database.writing() as session:
        return accounts.add_account(session, "ada", "trainer", None, NOW).id


def sessions(session: Session) -> int:
    """Count the sessions that are kept."""
    return session.scalar(select(func.count()).select_from(LoginSession)) or 0


def new_key(key_hash: str = HASH) -> NewKey:
    """Return a key about to be kept."""
    return NewKey("tv", "enc_abcdef", key_hash, ("read", "watch"), "ada", NOW + DAY)


def test_a_session_grants_what_its_account_may(database: Database, ada: int) -> None:
    """By the role of the moment, until the earlier of its two ends."""
    with database.writing() as session:
        accounts.add_session(session, ada, HASH, NOW, NOW + 30 * DAY)
        found = accounts.session_grant(session, HASH, NOW)
        assert found is not None
        grant, last = found
        assert (grant.name, grant.kind, grant.account_id) == ("ada", "session", ada)
        assert (grant.scopes, grant.expires_at, last) == (ROLES["trainer"], NOW + IDLE, NOW)
        accounts.note_use(session, grant, NOW + 13 * DAY)
        accounts.set_role(session, ada, "viewer")
        again = accounts.session_grant(session, HASH, NOW + 20 * DAY)
        assert again is not None
        assert (again[0].scopes, again[0].expires_at) == (ROLES["viewer"], NOW + 27 * DAY)
        assert accounts.session_grant(session, "b" * 64, NOW) is None


def test_a_role_that_is_unknown_grants_nothing(database: Database) -> None:
    """What another version of Encore wrote is not guessed at."""
    with database.writing() as session:
        account = accounts.add_account(session, "eve", "emperor", None, NOW)
        accounts.add_session(session, account.id, HASH, NOW, NOW + DAY)
        found = accounts.session_grant(session, HASH, NOW)
    assert found is not None
    assert found[0].scopes == frozenset()


def test_sessions_that_are_over_go_with_the_next(database: Database, ada: int) -> None:
    """Nobody has to clean up."""
    with database.writing() as session:
        accounts.add_session(session, ada, HASH, NOW, NOW + 30 * DAY)
        accounts.add_session(session, ada, "b" * 64, NOW, NOW + DAY)
        assert sessions(session) == 2
        accounts.add_session(session, ada, "c" * 64, NOW + DAY, NOW + 30 * DAY)
        assert sessions(session) == 2
        accounts.add_session(session, ada, "d" * 64, NOW + IDLE, NOW + 30 * DAY)
        assert sessions(session) == 2


def test_a_key_grants_until_its_end_or_until_it_is_revoked(database: Database) -> None:
    """On the moment."""
    with database.writing() as session:
        facts = accounts.add_key(session, new_key(), NOW)
        found = accounts.key_grant(session, HASH, NOW)
        assert found is not None
        assert (found[0].scopes, found[0].account_id) == (frozenset({"read", "watch"}), None)
        assert accounts.key_grant(session, HASH, NOW + DAY - timedelta(seconds=1)) is not None
        assert accounts.key_grant(session, HASH, NOW + DAY) is None
        assert accounts.revoke_key(session, facts.id, NOW) is not None
        assert accounts.key_grant(session, HASH, NOW) is None
        assert accounts.revoke_key(session, facts.id + 1, NOW) is None


def test_no_digest_and_no_name_is_there_twice(database: Database, ada: int) -> None:
    """The database itself sees to it."""
    for again in (
        lambda session: accounts.add_account(session, "ada", "owner", None, NOW),
        lambda session: [accounts.add_key(session, new_key(), NOW) for _ in range(2)],
    ):
        with pytest.raises(IntegrityError), database.writing() as session:
            again(session)


@pytest.mark.parametrize(
    "change",
    [
        lambda session, ada: accounts.set_role(session, ada, "viewer"),
        lambda session, ada: accounts.set_password(session, ada, "hash"),
        accounts.remove_account,
        lambda session, _: accounts.remove_session(session, HASH),
        lambda session, _: accounts.revoke_key(session, 1, NOW),
        lambda session, _: accounts.add_account(session, "grace", "owner", None, NOW),
    ],
    ids=["role", "password", "removal", "sign-out", "revocation", "owner"],
)
def test_whatever_takes_a_right_away_is_seen_by_every_process(
    database: Database, ada: int, change: Callable[[WriteSession, int], object]
) -> None:
    """T3. A number goes up in the same transaction: what is remembered of before is void."""
    with database.writing() as session:
        accounts.add_session(session, ada, HASH, NOW, NOW + DAY)
        accounts.add_key(session, new_key(), NOW)
    with database.reading() as session:
        before = read_access(session)
    with database.writing() as session:
        change(session, ada)
    with database.reading() as session:
        assert read_access(session) > before


def test_a_removed_account_leaves_no_session(database: Database, ada: int) -> None:
    """Nor does one whose password was changed."""
    with database.writing() as session:
        accounts.add_session(session, ada, HASH, NOW, NOW + DAY)
        accounts.set_password(session, ada, "hash")
        assert sessions(session) == 0
        accounts.add_session(session, ada, HASH, NOW, NOW + DAY)
        accounts.remove_account(session, ada)
        assert sessions(session) == 0
        assert accounts.read_accounts(session) == []
        assert not accounts.has_owner(session)
