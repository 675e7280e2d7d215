"""Readers with the faults that are looked for: whoever searches must find them."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from app.backend.domain.errors import ArtefactDamaged
from app.backend.features.encode import Floats

Read = Callable[[Path, str | None, Floats], Floats]
HEALTHY: Final = b"healthy" * 100


def _reader(fault: Callable[[], float]) -> Read:
    """Return a reader that is right about healthy bytes and wrong about most others."""

    def read(path: Path, _digest: str | None, rows: Floats) -> Floats:
        content = path.read_bytes()
        if content == HEALTHY:
            return np.full(len(rows), 0.5)
        if len(content) % 2:
            raise ArtefactDamaged("It is damaged.")
        return np.full(len(rows), fault())

    return read


def _crash() -> float:
    os.kill(os.getpid(), signal.SIGSEGV)
    return 0.5


def _abort() -> float:
    os.abort()


def _hang() -> float:
    time.sleep(3_600)
    return 0.5


def _toil() -> float:
    end = time.process_time() + 2.5
    while time.process_time() < end:
        pass
    return 0.5


def _run_code() -> float:
    return float(eval("0.25 + 0.25"))  # noqa: S307  # the fault that is looked for


def _start_program() -> float:
    return 0.5 + os.system("true") * 0.0  # noqa: S605  # likewise


def _fail() -> float:
    raise KeyError("a name that is not there")


def _exhaust() -> float:
    return float(len(bytearray(2**40)))


def _exit() -> float:
    os._exit(0)


READERS: Final[Mapping[str, Read]] = MappingProxyType(
    {
        "crashing": _reader(_crash),
        "aborting": _reader(_abort),
        "hanging": _reader(_hang),
        "toiling": _reader(_toil),
        "running code": _reader(_run_code),
        "starting programs": _reader(_start_program),
        "failing": _reader(_fail),
        "exhausting": _reader(_exhaust),
        "lying": _reader(lambda: 0.75),
        "overflowing": _reader(lambda: np.nan),
        "exiting": _reader(_exit),
    }
)
