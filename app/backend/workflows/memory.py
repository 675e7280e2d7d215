"""Memory that was needed for a moment goes back to the system, where the C library knows how."""

import ctypes
import gc
from functools import cache
from typing import Any, Final

# The number that glibc knows this setting by.
_ARENA_MAX: Final = -8


def keep_together() -> None:
    """Let all threads take memory from one heap: those of their own are never given back whole."""
    set_option = _of_c("mallopt")
    if set_option is not None:
        set_option(_ARENA_MAX, 1)


def give_back() -> None:
    """Give back what is free: reading a library takes twice the room of what is kept of it."""
    gc.collect()
    trim = _of_c("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _of_c(name: str) -> Any | None:  # noqa: ANN401  # a function of another language
    try:
        return getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):  # another system's C library
        return None
