"""What goes over the wire of accounts, sessions and keys: strict, bounded, documented."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.backend.api.schemas import WHOLE, Name, Strict, Told
from app.backend.domain.access import (
    LONGEST_PASSWORD,
    NAME_PATTERN,
    SHORTEST_PASSWORD,
    Role,
    Scope,
)
from app.backend.domain.evening import LONGEST_NAME
from app.backend.workflows.keys import MOST_DAYS

Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PASSWORD)]
NewPassword = Annotated[
    str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)
]
NewName = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=NAME_PATTERN)
]


def _example(**values: Any) -> ConfigDict:  # noqa: ANN401  # JSON
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [values]})


class Credentials(Strict):
    """A name and a password."""

    model_config = _example(name="ada", password="a long evening in")  # noqa: S106  # an example

    name: Name
    password: Password


class NewOwner(Strict):
    """Who is going to own this Encore."""

    model_config = _example(name="ada", password="a long evening in")  # noqa: S106  # an example

    name: NewName
    password: NewPassword


class PasswordChange(Strict):
    """The password of the caller, and the one to come."""

    model_config = _example(current_password="a long evening in", new_password="popcorn & rain")  # noqa: S106

    current_password: Password
    new_password: NewPassword


class AccountRequest(Strict):
    """Somebody who may sign in; without a password only by way of a trusted proxy."""

    model_config = _example(name="grace", role="viewer", password="three reels of film")  # noqa: S106

    name: NewName
    role: Role
    password: NewPassword | None = None


class AccountChange(Strict):
    """What of an account is to change; what is not named stays."""

    model_config = _example(role="trainer")

    role: Role | None = None
    password: NewPassword | None = None


class KeyRequest(Strict):
    """An API key. `days` null: it does not expire."""

    model_config = _example(name="living room", scopes=["watch"], days=365)

    name: NewName
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=6)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS), WHOLE] | None = 365


class CallerOut(BaseModel):
    """Who the caller is, and what they may do; the name is empty where nobody owns Encore yet."""

    name: str
    kind: str
    scopes: list[str]
    expires_at: datetime | None


class AccountOut(Told):
    """Somebody who may sign in."""

    name: str
    role: str
    has_password: bool
    created_at: datetime


class AccountsOut(BaseModel):
    """Every account, by name."""

    accounts: list[AccountOut]


class KeyOut(Told):
    """What is known of a key; `hint` is how it begins."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A key that was just made. `key` is shown this once."""

    key: str


class KeysOut(BaseModel):
    """The latest keys, the newest first; those that were revoked too."""

    keys: list[KeyOut]
