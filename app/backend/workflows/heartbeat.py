"""A sign of life at intervals, beside work that takes as long as it takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from app.backend.domain.errors import EncoreError


@contextmanager
def beating(beat: Callable[[], None], every_seconds: float) -> Iterator[None]:
    """Call `beat` every so many seconds while the block runs; a beat that fails is tried again."""
    done = Event()

    def keep_beating() -> None:
        while not done.wait(every_seconds):
            with suppress(EncoreError):
                beat()

    thread = Thread(target=keep_beating, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
