"""Memory that was needed for a moment goes back to the system, where the C library knows how."""

import ctypes
import gc
from functools import cache
from typing import Any, Final

# The numbers that glibc knows these settings by.
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGE_BYTES: Final = 128 * 1024


def keep_together() -> None:
    """Let all threads take memory from one heap, and keep large arrays out of it.

    What each thread has of its own is never given back whole; nor is a heap that large arrays
    come and go in.
    """
    set_option = _of_c("mallopt")
    if set_option is not None:
        set_option(_ARENA_MAX, 1)
        set_option(_MMAP_THRESHOLD, _LARGE_BYTES)


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
