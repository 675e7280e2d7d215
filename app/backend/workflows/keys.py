"""API keys: made once, shown once, revoked at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.backend.domain.access import SCOPES, KeyFacts, is_name
from app.backend.domain.clock import Clock
from app.backend.domain.errors import InvalidInput, NotFound
from app.backend.domain.evening import LONGEST_NAME
from app.backend.store import accounts
from app.backend.store.session import ReadSession, WriteSession
from app.backend.workflows.tokens import HINT_LENGTH, KEY_PREFIX, digest_of, fresh_token

MOST_DAYS: Final = 3_650
MOST_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key that somebody asks for. Without `days` it does not expire."""

    name: str
    scopes: Sequence[str]
    days: int | None
    created_by: str


def make(session: WriteSession, wanted: Wanted, clock: Clock) -> tuple[str, KeyFacts]:
    """Make a key and return it, this once, with what is kept of it.

    Raises
    ------
    InvalidInput
        Where its name, scopes or days cannot be.
    """
    if not is_name(wanted.name):
        raise InvalidInput(f"A key's name has 1 to {LONGEST_NAME} printable characters.")
    scopes = tuple(sorted(set(wanted.scopes)))
    if not scopes or not SCOPES.issuperset(scopes):
        raise InvalidInput(f"A key has one or more scopes of: {', '.join(sorted(SCOPES))}.")
    if wanted.days is not None and not 1 <= wanted.days <= MOST_DAYS:
        raise InvalidInput(f"A key lasts 1 to {MOST_DAYS} days, or without an end.")
    at = clock()
    key = KEY_PREFIX + fresh_token()
    until = None if wanted.days is None else at + timedelta(days=wanted.days)
    new = accounts.NewKey(
        wanted.name, key[:HINT_LENGTH], digest_of(key), scopes, wanted.created_by, until
    )
    return key, accounts.add_key(session, new, at)


def revoke(session: WriteSession, key_id: int, clock: Clock) -> KeyFacts:
    """Let a key count no longer, from the next request on.

    Raises
    ------
    NotFound
        Where there is no such key.
    """
    found = accounts.revoke_key(session, key_id, clock())
    if found is None:
        raise NotFound(f"There is no key {key_id}; list them with: encore keys list")
    return found


def latest(session: ReadSession) -> list[KeyFacts]:
    """Return the latest keys, the newest first; those that were revoked too."""
    return accounts.read_keys(session, MOST_LISTED)
