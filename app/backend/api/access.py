"""Who calls, and whether they may: every route asks before it reads anything of the body."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Scope

from app.backend.api.marks import Marks
from app.backend.api.scopes import PUBLIC
from app.backend.domain.access import SCOPES, Grant
from app.backend.domain.errors import Forbidden, NotSignedIn

CALLER: Final = "encore.caller"
MARKS: Final = "encore.marks"
# What is told to whom nobody knows.
CHALLENGE: Final = 'Bearer realm="Encore"'
# Who is at the other end of the connection, whoever the request is from.
PEER: Final = "encore.peer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request.

    Attributes
    ----------
    name : str
        Of the account or the key; empty where nobody said who it is.
    kind : str
        `nobody`, `unclaimed` (nobody owns this Encore yet, and the call is from this machine),
        `session`, `key` or `proxy` (a proxy said who it is).
    scopes : frozenset of str
        What the caller may do.
    grant : Grant or None
        The session or the key.
    as_of : int
        How often rights had been taken away from anybody when this was looked up.
    """

    name: str = ""
    kind: str = "nobody"
    scopes: frozenset[str] = frozenset()
    grant: Grant | None = None
    as_of: int = 0


NOBODY: Final = Caller()


def unclaimed(as_of: int = 0) -> Caller:
    """Return whoever sits at a machine whose Encore nobody owns."""
    return Caller("", "unclaimed", SCOPES, as_of=as_of)


def caller_of(scope: Scope) -> Caller:
    """Return who sent a request."""
    found: Caller = scope.get(CALLER, NOBODY)
    return found


def marks_of_request(scope: Scope) -> Marks:
    """Return what a request's headers say."""
    found: Any = scope.get(MARKS)
    return found if isinstance(found, Marks) else Marks()


def insist(caller: Caller, needed: str | None) -> None:
    """Let a caller pass who has the scope.

    Raises
    ------
    NotSignedIn
        Where nobody said who calls.
    Forbidden
        Where the caller may not do this.
    """
    if needed == PUBLIC or needed in caller.scopes:
        return
    if caller.kind == "nobody":
        raise NotSignedIn(
            "Sign in, or send an API key as: Authorization: Bearer KEY. An owner makes keys with: "
            "encore keys add"
        )
    raise Forbidden(
        f"This asks for the scope {needed or 'of nobody'}, which the caller does not have; ask an "
        "owner."
    )
