"""Passwords become hashes; at most two at once, because each takes memory on purpose."""

from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.backend.domain.access import LONGEST_PASSWORD, SHORTEST_PASSWORD
from app.backend.domain.errors import InvalidInput

# Argon2id as OWASP's password storage cheat sheet has it: 19 MiB, two passes, one lane.
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
AT_ONCE: Final = 2

_hasher: Final = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
_turn: Final = BoundedSemaphore(AT_ONCE)


def hashed(password: str, name: str) -> str:
    """Return the hash of a new password.

    Raises
    ------
    InvalidInput
        Where the password is too short, too long, or the name itself.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; choose another."
        )
    if password.casefold() == name.casefold():
        raise InvalidInput("That password is the first that anybody would try; choose another.")
    with _turn:
        return _hasher.hash(_bytes(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Say whether a password is the one; without a hash it takes as long, and is not."""
    known = password_hash is not None
    with _turn:
        try:
            _hasher.verify(password_hash or _nobodys_hash(), _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
    return known


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(b"nobody has this password")


def _bytes(password: str) -> bytes:
    """Return a password as bytes; surrogates that stand alone are bytes too."""
    return password.encode("utf-8", "surrogatepass")
