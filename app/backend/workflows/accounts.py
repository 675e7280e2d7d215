"""Who may sign in: the owner at first, others by an owner's hand."""

from app.backend.domain.access import OWNER, ROLES, AccountFacts, is_name
from app.backend.domain.clock import Clock
from app.backend.domain.errors import Conflict, InvalidInput, NotFound, OwnerNeeded, OwnerThere
from app.backend.domain.evening import LONGEST_NAME
from app.backend.store import accounts
from app.backend.store.session import ReadSession, WriteSession, take_turns
from app.backend.workflows.passwords import hashed


def has_owner(session: ReadSession | WriteSession) -> bool:
    """Say whether somebody owns this Encore."""
    return accounts.has_owner(session)


def make_owner(session: WriteSession, name: str, password: str, clock: Clock) -> AccountFacts:
    """Make the first owner.

    Raises
    ------
    OwnerThere
        Where there is one.
    InvalidInput
        Where the name or the password cannot be.
    """
    take_turns(session, "accounts")
    if accounts.has_owner(session):
        raise OwnerThere("This Encore has an owner; sign in, or ask them for an account.")
    return add(session, name, OWNER, password, clock)


def add(
    session: WriteSession, name: str, role: str, password: str | None, clock: Clock
) -> AccountFacts:
    """Add an account; without a password only a trusted proxy can say who it is.

    Raises
    ------
    InvalidInput
        Where the name, the role or the password cannot be.
    Conflict
        Where the name is taken.
    """
    _insist_on_name(name)
    _insist_on_role(role)
    take_turns(session, "accounts")
    if accounts.find_account(session, name) is not None:
        raise Conflict("There is an account of that name; choose another.")
    password_hash = None if password is None else hashed(password, name)
    return accounts.add_account(session, name, role, password_hash, clock())


def set_password(session: WriteSession, name: str, password: str) -> AccountFacts:
    """Give an account another password; all its sessions end.

    Raises
    ------
    NotFound
        Where there is no such account.
    InvalidInput
        Where the password cannot be.
    """
    account = found(session, name)
    accounts.set_password(session, account.id, hashed(password, name))
    return found(session, name)


def set_role(session: WriteSession, name: str, role: str) -> AccountFacts:
    """Give an account another role, at once.

    Raises
    ------
    NotFound
        Where there is no such account.
    InvalidInput
        Where there is no such role.
    OwnerNeeded
        Where no owner would be left.
    """
    _insist_on_role(role)
    take_turns(session, "accounts")
    account = found(session, name)
    if role != OWNER:
        _insist_on_another_owner(session, account)
    accounts.set_role(session, account.id, role)
    return found(session, name)


def remove(session: WriteSession, name: str) -> AccountFacts:
    """Take an account away; its sessions end. What it watched and rated stays the household's.

    Raises
    ------
    NotFound
        Where there is no such account.
    OwnerNeeded
        Where no owner would be left.
    """
    take_turns(session, "accounts")
    account = found(session, name)
    _insist_on_another_owner(session, account)
    accounts.remove_account(session, account.id)
    return account


def everybody(session: ReadSession) -> list[AccountFacts]:
    """Return every account, by name."""
    return accounts.read_accounts(session)


def role_of(session: ReadSession, name: str) -> str | None:
    """Return an account's role; `None` where there is no such account."""
    found = accounts.find_account(session, name)
    return None if found is None else found[0].role


def found(session: WriteSession, name: str) -> AccountFacts:
    """Return an account.

    Raises
    ------
    NotFound
        Where there is no such account.
    """
    known = accounts.find_account(session, name) if is_name(name) else None
    if known is None:
        raise NotFound("There is no account of that name; list them with: encore accounts list")
    return known[0]


def _insist_on_another_owner(session: WriteSession, account: AccountFacts) -> None:
    owners = [one for one in accounts.read_accounts(session) if one.role == OWNER]
    if [one.id for one in owners] == [account.id]:
        raise OwnerNeeded("Nobody would own this Encore any more; make somebody else owner first.")


def _insist_on_name(name: str) -> None:
    if not is_name(name):
        raise InvalidInput(f"A name has 1 to {LONGEST_NAME} printable characters; choose another.")


def _insist_on_role(role: str) -> None:
    if role not in ROLES:
        raise InvalidInput(f"A role is one of: {', '.join(ROLES)}.")
