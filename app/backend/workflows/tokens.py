"""Secrets that Encore hands out: drawn from the system's chance, kept as digests alone."""

import hashlib
import secrets
from typing import Final

KEY_PREFIX: Final = "enc_"
HINT_LENGTH: Final = 10
_BYTES: Final = 32


def fresh_token() -> str:
    """Return a secret of 256 bits."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(token: str) -> str:
    """Return what is kept of a secret: with so much chance in it, a fast digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
