"""Accounts, sessions and keys as rows. Whatever takes a right away is seen by every process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.backend.domain.access import IDLE, OWNER, ROLES, AccountFacts, Grant, KeyFacts
from app.backend.store.access_tables import Account, ApiKey, LoginSession
from app.backend.store.generations import ACCESS, advance
from app.backend.store.session import WriteSession

# How exactly it is known when a credential was last used: each note of it is a write.
USED_TO_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key about to be kept. `key_hash` is its SHA-256, in hexadecimal."""

    name: str
    hint: str
    key_hash: str
    scopes: tuple[str, ...]
    created_by: str
    expires_at: datetime | None


def has_owner(session: Session) -> bool:
    """Say whether somebody owns this Encore."""
    return session.scalar(select(func.count()).where(Account.role == OWNER)) != 0


def read_accounts(session: Session) -> list[AccountFacts]:
    """Return every account, by name."""
    return [_account(row) for row in session.scalars(select(Account).order_by(Account.name))]


def find_account(session: Session, name: str) -> tuple[AccountFacts, str | None] | None:
    """Return an account and the hash of its password."""
    row = session.scalar(select(Account).where(Account.name == name))
    return None if row is None else (_account(row), row.password_hash)


def add_account(
    session: WriteSession, name: str, role: str, password_hash: str | None, at: datetime
) -> AccountFacts:
    """Add an account."""
    row = Account(name=name, role=role, password_hash=password_hash, created_at=at)
    session.add(row)
    session.flush()
    advance(session, ACCESS)
    return _account(row)


def set_password(session: WriteSession, account_id: int, password_hash: str) -> None:
    """Give an account another password; whoever was signed in no longer is."""
    session.get_one(Account, account_id).password_hash = password_hash
    session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
    advance(session, ACCESS)


def set_role(session: WriteSession, account_id: int, role: str) -> None:
    """Give an account another role; it counts from the next request on."""
    session.get_one(Account, account_id).role = role
    advance(session, ACCESS)


def remove_account(session: WriteSession, account_id: int) -> None:
    """Take an account and its sessions away."""
    session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
    session.execute(delete(Account).where(Account.id == account_id))
    advance(session, ACCESS)


def add_session(
    session: WriteSession, account_id: int, token_hash: str, at: datetime, expires_at: datetime
) -> None:
    """Keep a browser's session; those that are over go."""
    over = (LoginSession.expires_at <= at) | (LoginSession.last_seen_at <= at - IDLE)
    session.execute(delete(LoginSession).where(over))
    session.add(
        LoginSession(
            token_hash=token_hash,
            account_id=account_id,
            created_at=at,
            last_seen_at=at,
            expires_at=expires_at,
        )
    )


def remove_session(session: WriteSession, token_hash: str) -> bool:
    """Take a session away; say whether it was there."""
    gone = session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash))
    advance(session, ACCESS)
    return bool(getattr(gone, "rowcount", 0))


def session_grant(session: Session, token_hash: str, at: datetime) -> tuple[Grant, datetime] | None:
    """Return what a session's cookie is good for, and when it was last seen."""
    found = session.execute(
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(LoginSession.token_hash == token_hash)
    ).one_or_none()
    if found is None:
        return None
    row, account = found
    until = min(row.expires_at, row.last_seen_at + IDLE)
    grant = Grant(
        account.name, "session", ROLES.get(account.role, frozenset()), until, row.id, account.id
    )
    return None if grant.is_over(at) else (grant, row.last_seen_at)


def add_key(session: WriteSession, key: NewKey, at: datetime) -> KeyFacts:
    """Keep a key."""
    row = ApiKey(
        name=key.name,
        hint=key.hint,
        key_hash=key.key_hash,
        scopes=list(key.scopes),
        created_by=key.created_by,
        created_at=at,
        expires_at=key.expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    session.add(row)
    session.flush()
    return _key(row)


def read_keys(session: Session, most: int) -> list[KeyFacts]:
    """Return the latest keys, the newest first; revoked ones too."""
    rows = session.scalars(select(ApiKey).order_by(ApiKey.id.desc()).limit(most))
    return [_key(row) for row in rows]


def revoke_key(session: WriteSession, key_id: int, at: datetime) -> KeyFacts | None:
    """Let a key count no longer; `None` where there is none of that id."""
    row = session.get(ApiKey, key_id)
    if row is None:
        return None
    row.revoked_at = row.revoked_at or at
    session.flush()
    advance(session, ACCESS)
    return _key(row)


def key_grant(session: Session, key_hash: str, at: datetime) -> tuple[Grant, datetime] | None:
    """Return what a key is good for, and when it was last used."""
    row = session.scalar(select(ApiKey).where(ApiKey.key_hash == key_hash))
    if row is None or row.revoked_at is not None:
        return None
    grant = Grant(row.name, "key", frozenset(map(str, row.scopes)), row.expires_at, row.id)
    return None if grant.is_over(at) else (grant, row.last_used_at or row.created_at - IDLE)


def note_use(session: WriteSession, grant: Grant, at: datetime) -> None:
    """Note that a credential was used."""
    if grant.kind == "key":
        session.execute(update(ApiKey).where(ApiKey.id == grant.credential).values(last_used_at=at))
    else:
        session.execute(
            update(LoginSession).where(LoginSession.id == grant.credential).values(last_seen_at=at)
        )


def _account(row: Account) -> AccountFacts:
    return AccountFacts(row.id, row.name, row.role, row.password_hash is not None, row.created_at)


def _key(row: ApiKey) -> KeyFacts:
    scopes: Sequence[str] = [str(scope) for scope in row.scopes]
    return KeyFacts(
        row.id,
        row.name,
        row.hint,
        tuple(scopes),
        row.created_by,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )
