"""Memory that was needed for a moment goes back to the system, where the C library knows how."""

import ctypes
import gc
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Give back what is free: reading a library takes twice the room of what is kept of it."""
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # another system's C library
        return None
    return found
