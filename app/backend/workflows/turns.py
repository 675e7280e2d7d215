"""One at a time, among all processes of a machine: whoever dies lets the next one in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from weakref import finalize

from app.backend.domain.errors import Conflict, StorageFull

with suppress(ModuleNotFoundError):  # a machine without such locks has to do without
    from fcntl import LOCK_EX, LOCK_NB, flock

_READING: Final = "This source is being read already; begin again when that is done."


class Turn:
    """A lock that is held until it is ended, or nobody knows of it any more.

    `taken` is what is said where somebody else holds it.

    Raises
    ------
    Conflict
        Where somebody else holds it.
    OSError
        Where its file cannot be made.
    """

    def __init__(self, path: Path, taken: str = _READING) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._end = finalize(self, os.close, descriptor)
        try:
            if "flock" in globals():
                flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise Conflict(taken) from None

    def end(self) -> None:
        """Let the next one in."""
        self._end()


@contextmanager
def turn_of(path: Path, taken: str) -> Iterator[None]:
    """Hold a turn whose folder may not be there yet; `taken` is said where somebody has it.

    Raises
    ------
    Conflict, StorageFull
        Where somebody has it, or there is no room, or no right, to write.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        turn = Turn(path, taken)
    except OSError as error:
        raise StorageFull(
            f"Nothing can be written in {path.parent} ({error.strerror}); make room, or grant the "
            "right to write there."
        ) from error
    try:
        yield
    finally:
        turn.end()
