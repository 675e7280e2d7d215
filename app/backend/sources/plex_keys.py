"""Asking a Plex server with a key, and whose key that is."""

import hashlib
import re
from typing import Final

from app.backend.domain.errors import InvalidInput, ServerRefuses, SourceMalformed
from app.backend.sources import plex_answers
from app.backend.sources.media_server import BARE_PAGE
from app.backend.sources.plex_history import HISTORY
from app.backend.sources.plex_items import insist_on_id, plain_id
from app.backend.sources.plex_listing import CALLED, paging
from app.backend.sources.server_address import ServerAddress
from app.backend.sources.upstream import PATIENT, Patience, Upstream

# The account of the server's owner, whose key is the source's own.
OWNER: Final = "1"
_LONGEST_KEY: Final = 500
_KEY: Final = re.compile(rf"[A-Za-z0-9._~+/=-]{{1,{_LONGEST_KEY}}}")


def asking(
    address: ServerAddress, token: str, user_id: str = OWNER, patience: Patience = PATIENT
) -> Upstream:
    """Return what asks a server with the key of an account; nothing is called yet.

    Raises
    ------
    InvalidInput
        Where the key, or the account's id, can be none.
    """
    if not _KEY.fullmatch(token):
        raise InvalidInput("That is no key of Plex; copy its X-Plex-Token as it is.")
    # Plex lists whoever asks by this; it is the same at every start.
    client = hashlib.sha256(str(address).encode()).hexdigest()[:16]
    headers = {
        "X-Plex-Token": token,
        "X-Plex-Client-Identifier": f"encore-{client}",
        "X-Plex-Product": "Encore",
    }
    of_account = "" if insist_on_id(user_id) == OWNER else f" for account {user_id}"
    return Upstream(address, headers, CALLED + of_account, patience)


def insist_on_own_key(
    address: ServerAddress, token: str, user_id: str, patience: Patience = PATIENT
) -> None:
    """Let the key of an account pass that the server takes, and that is not another's.

    Who never played anything cannot be told from others that are not the owner.

    Raises
    ------
    InvalidInput
        Where it can be no key, is the key of the server's owner, or somebody else played with it.
    SourceError
        Where the server cannot be asked, or does not take it.
    """
    upstream = asking(address, token, user_id, patience)
    try:
        others = _players(upstream) - {user_id}
        is_owners = _is_owners(upstream)
    finally:
        upstream.close()
    if others or is_owners:
        raise InvalidInput(
            "That is not the key of this account but of somebody else; sign in to Plex as the "
            "account, and copy the key that it has there."
        )


def _players(upstream: Upstream) -> set[str]:
    """Return the accounts whose plays a key is told: all to the owner, to others their own."""
    query = {"sort": "viewedAt:desc", **paging(0, BARE_PAGE)}
    rows, _ = plex_answers.page(upstream.json(HISTORY, query), 0, BARE_PAGE)
    found = (plain_id(row.get("accountID")) for row in rows if isinstance(row, dict))
    return set(filter(None, found))


def _is_owners(upstream: Upstream) -> bool:
    """Say whether a key opens what is told to the server's owner alone."""
    try:
        upstream.json("/status/sessions")
    except (ServerRefuses, SourceMalformed):
        return False
    return True
