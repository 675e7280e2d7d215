"""Chance as something that is handed over: seeds in, generators out."""

import hashlib
import secrets
import struct

import numpy as np


def derived_seed(*parts: int | str) -> int:
    """Derive a seed from its parts, the same in every process and on every machine.

    It has 53 bits, so that every program that reads JSON reads it exactly.

    Examples
    --------
    >>> derived_seed("home", 7) == derived_seed("home", 7), derived_seed("home", 8) < 2**53
    (True, True)
    """
    return int.from_bytes(hashlib.sha256(_bytes_of(parts)).digest()[:8], "big") >> 11


def uniforms(count: int, *parts: int | str) -> list[float]:
    """Derive numbers in [0, 1) from their parts, the same in every process and on every machine.

    Each is 53 bits of SHAKE256 over 2^53. Fewer of the same parts are the first of more.

    Examples
    --------
    >>> uniforms(3, "home", 7)[:2] == uniforms(2, "home", 7) != uniforms(2, "home", 8)
    True
    """
    told = hashlib.shake_256(_bytes_of(parts)).digest(8 * count)
    return [(number >> 11) * 2.0**-53 for number in struct.unpack(f">{count}Q", told)]


def _bytes_of(parts: tuple[int | str, ...]) -> bytes:
    return "\x1f".join(map(str, parts)).encode()


def generator(seed: int) -> np.random.Generator:
    """Return the generator that `seed` stands for."""
    return np.random.default_rng(seed)


def fresh_seed() -> int:
    """Return a seed nobody could guess. Only the edges call this; what it gave is recorded."""
    return secrets.randbits(53)
