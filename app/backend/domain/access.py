"""Who may do what: scopes, the roles that have them, and the bounds of what is kept of accounts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, get_args

from app.backend.domain.evening import LONGEST_NAME

Scope: TypeAlias = Literal["watch", "predict", "read", "train", "release", "manage"]
Role: TypeAlias = Literal["viewer", "trainer", "owner"]

SCOPES: Final[frozenset[str]] = frozenset(get_args(Scope))
ROLES: Final[Mapping[str, frozenset[str]]] = {
    "viewer": frozenset({"watch", "predict", "read"}),
    "trainer": frozenset({"watch", "predict", "read", "train", "release"}),
    "owner": SCOPES,
}
OWNER: Final = "owner"

# Of accounts and keys: no control characters, none that turn the text around, no space at an end.
_PLAIN: Final = r"[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
_INK: Final = _PLAIN.replace("[^", r"[^\s")
NAME_PATTERN: Final = rf"^{_INK}(?:{_PLAIN}*{_INK})?$"

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
IDLE: Final = timedelta(days=14)
LONGEST_SESSION: Final = timedelta(days=30)


def is_name(name: str) -> bool:
    r"""Say whether an account or a key can be called so.

    Examples
    --------
    >>> is_name("Zoë of the den"), is_name(" ada"), is_name("a\x00b")
    (True, False, False)
    """
    is_whole = not any("\ud800" <= letter <= "\udfff" for letter in name)
    return is_whole and len(name) <= LONGEST_NAME and bool(re.fullmatch(NAME_PATTERN, name))


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Somebody who may sign in; without a password only by way of a proxy."""

    id: int
    name: str
    role: str
    has_password: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What may be told of an API key: never the key itself. `hint` is how it begins."""

    id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a credential lets its holder do, and until when.

    Attributes
    ----------
    name : str
        Of the account or the key.
    kind : str
        `session` or `key`.
    scopes : frozenset of str
    expires_at : datetime or None
        `None` where it does not expire.
    credential : int
        The id of the session or key.
    account_id : int or None
        `None` for a key.
    """

    name: str
    kind: str
    scopes: frozenset[str]
    expires_at: datetime | None
    credential: int
    account_id: int | None = None

    def is_over(self, at: datetime) -> bool:
        """Say whether it no longer counts."""
        return self.expires_at is not None and at >= self.expires_at
