"""Keys that accounts of a Plex server have of their own, and that their members entrust to us."""

from dataclasses import replace

from app.backend.domain.errors import InvalidInput
from app.backend.sources.plex_keys import OWNER, insist_on_own_key
from app.backend.sources.server_address import ServerAddress
from app.backend.store import sources
from app.backend.workflows.connections import PLEX, PROMPT, keyring
from app.backend.workflows.household import Household
from app.backend.workflows.source_values import checked_token


def set_person_key(household: Household, source_id: int, user_id: str, token: str | None) -> None:
    """Keep the key that an account of a Plex server has of its own, or forget it.

    With it the account's ratings, and what it may see, are read too; all of it at the next sync.

    Raises
    ------
    NotFound, InvalidInput, SourceError
        Where there is no such source, the account belongs to nobody here, or the server does not
        take the key as that account's.
    """
    with household.database.reading() as session:
        found = sources.read_source(session, source_id)
        members = {one.user_id for one in sources.read_people(session, source_id)}
    if found.kind != PLEX or user_id == OWNER:
        raise InvalidInput("This account is read with the key of its source; it needs none itself.")
    if token is not None and user_id not in members:
        raise InvalidInput("This account belongs to nobody here; say first whose it is.")
    credentials = keyring(household).read(source_id)
    keys = {user: key for user, key in credentials.people.items() if user in members - {user_id}}
    if token is not None:
        own = checked_token(token)
        if own in {credentials.token, *keys.values()}:
            raise InvalidInput("That is the key of another account; write the one of this account.")
        insist_on_own_key(ServerAddress.of(found.address), own, user_id, PROMPT)
        keys[user_id] = own
    with household.database.writing() as session:
        sources.person_read(session, source_id, user_id, None)
        keyring(household).write(source_id, replace(credentials, people=keys))


def keyed_accounts(household: Household, source_id: int) -> frozenset[str]:
    """Return the ids of the accounts whose own key is kept."""
    return frozenset(keyring(household).read(source_id).people)


def forget_keys_of_nobody(household: Household, source_id: int) -> None:
    """Forget keys of accounts that belong to no member any more."""
    with household.database.reading() as session:
        members = {one.user_id for one in sources.read_people(session, source_id)}
    credentials = keyring(household).read(source_id)
    kept = {user: key for user, key in credentials.people.items() if user in members}
    if kept != credentials.people:
        keyring(household).write(source_id, replace(credentials, people=kept))
