"""Work that takes long gives a sign of life, and stops giving it when it ends."""

from threading import Event, active_count

import pytest

from app.backend.domain.errors import DatabaseBusy
from app.backend.workflows.heartbeat import beating


def test_it_beats_while_the_block_runs_and_not_after() -> None:
    """The block can wait for a second beat; when it is left, the thread has ended."""
    threads, beats, twice = active_count(), list[int](), Event()

    def beat() -> None:
        beats.append(len(beats))
        if len(beats) == 2:
            twice.set()

    with beating(beat, every_seconds=0.001):
        assert twice.wait(timeout=30)
    told = len(beats)
    assert active_count() == threads
    assert len(beats) == told >= 2


def test_a_beat_that_fails_is_tried_again() -> None:
    """A busy database is no reason to be taken for dead."""
    tried, again = list[int](), Event()

    def beat() -> None:
        tried.append(1)
        if len(tried) == 1:
            raise DatabaseBusy("Another process is writing.")
        again.set()

    with beating(beat, every_seconds=0.001):
        assert again.wait(timeout=30)
    assert len(tried) >= 2


def test_a_fault_of_the_work_ends_the_beating() -> None:
    """The fault comes through, and no thread is left behind."""
    threads = active_count()
    with pytest.raises(ZeroDivisionError), beating(lambda: None, every_seconds=0.001):
        raise ZeroDivisionError
    assert active_count() == threads
