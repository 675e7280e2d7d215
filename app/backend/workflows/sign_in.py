"""Browsers sign in and out; every credential is looked up anew, so that a revoked one is over."""

from typing import Final

from app.backend.domain.access import LONGEST_SESSION, AccountFacts, Grant, is_name
from app.backend.domain.clock import Clock
from app.backend.domain.errors import NotSignedIn
from app.backend.store import accounts
from app.backend.store.generations import read_access
from app.backend.store.session import Database, ReadSession, WriteSession
from app.backend.workflows import throttle
from app.backend.workflows.passwords import is_right
from app.backend.workflows.tokens import digest_of, fresh_token

NOBODY: Final = "There is nobody of that name and password."


def sign_in(database: Database, name: str, password: str, client: str, clock: Clock) -> str:
    """Open a session and return its cookie: a new one each time.

    Parameters
    ----------
    database : Database
    name, password : str
    client : str
        The caller's address, whose misses are counted.
    clock : Clock

    Raises
    ------
    NotSignedIn
        Where there is nobody of that name and password.
    TooManyAttempts
        Where it is too early for another try.
    """
    with database.writing() as session:
        attempt = throttle.begin(session, name, client, clock())
    with database.reading() as session:
        found = _known(session, name)
    # A hash takes its time: no transaction waits for it.
    if not is_right(password, None if found is None else found[1]) or found is None:
        raise NotSignedIn(NOBODY)
    with database.writing() as session:
        now = _known(session, name)
        # The account went, or has another password, while the hash was made.
        if now is None or (now[0].id, now[1]) != (found[0].id, found[1]):
            raise NotSignedIn(NOBODY)
        throttle.succeeded(session, attempt, clock())
        return open_session(session, found[0].id, clock)


def _known(
    session: ReadSession | WriteSession, name: str
) -> tuple[AccountFacts, str | None] | None:
    """Return who has a name; what cannot be a name is not looked for."""
    return accounts.find_account(session, name) if is_name(name) else None


def open_session(session: WriteSession, account_id: int, clock: Clock) -> str:
    """Open a session for an account and return its cookie."""
    at, token = clock(), fresh_token()
    accounts.add_session(session, account_id, digest_of(token), at, at + LONGEST_SESSION)
    return token


def sign_out(session: WriteSession, token: str) -> None:
    """End a session."""
    accounts.remove_session(session, digest_of(token))


def holder_of_key(database: Database, key: str, clock: Clock) -> tuple[Grant, int] | None:
    """Return what a key is good for now, and how often rights had been taken away by then."""
    return _holder(database, digest_of(key), clock, is_key=True)


def holder_of_session(database: Database, token: str, clock: Clock) -> tuple[Grant, int] | None:
    """Return what a session's cookie is good for now, likewise."""
    return _holder(database, digest_of(token), clock, is_key=False)


def access_now(session: ReadSession) -> tuple[bool, int]:
    """Say whether somebody owns this Encore, and how often rights were taken away."""
    return accounts.has_owner(session), read_access(session)


def _holder(
    database: Database, digest: str, clock: Clock, *, is_key: bool
) -> tuple[Grant, int] | None:
    at = clock()
    with database.reading() as session:
        number = read_access(session)
        read = accounts.key_grant if is_key else accounts.session_grant
        found = read(session, digest, at)
    if found is None:
        return None
    grant, last = found
    if at - last >= accounts.USED_TO_WITHIN:
        with database.writing() as session:
            accounts.note_use(session, grant, at)
    return grant, number
