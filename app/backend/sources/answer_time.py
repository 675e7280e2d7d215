"""Answers of HTTP that are there in time as a whole, however slowly they drip."""

import time
from functools import partial
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any, Final

from urllib3 import HTTPConnectionPool

BUFFER: Final = 64 * 1024


def limit_answers(pool: HTTPConnectionPool, seconds: float) -> None:
    """Give every answer of a pool's connections so long, from its first byte of head to its end.

    What takes longer is a `TimeoutError`, which urllib3 names as it names any other.
    """
    make = pool.ConnectionCls

    def connection(**told: Any) -> Any:  # noqa: ANN401  # what urllib3 hands on
        made = make(**told)
        made.response_class = partial(_answer, seconds)  # type: ignore[attr-defined]  # of http.client
        return made

    pool.ConnectionCls = connection  # type: ignore[assignment]  # it is only ever called


def _answer(seconds: float, connection: Any, **told: Any) -> HTTPResponse:  # noqa: ANN401
    return HTTPResponse(_Timed(connection, time.monotonic() + seconds), **told)  # type: ignore[arg-type]


class _Timed:
    """A connection of which an answer is read until a moment."""

    def __init__(self, connection: Any, ends_at: float) -> None:  # noqa: ANN401  # or of TLS
        self._connection, self._ends_at = connection, ends_at

    def makefile(self, mode: str) -> BufferedReader:
        """Return what is read from, as the connection itself would."""
        raw = self._connection.makefile(mode, buffering=0)
        return BufferedReader(_TimedReader(raw, self._connection, self._ends_at), BUFFER)


class _TimedReader(RawIOBase):
    """Reads what comes until a moment; a wait for more never goes beyond it."""

    def __init__(self, raw: RawIOBase, connection: Any, ends_at: float) -> None:  # noqa: ANN401
        self._raw, self._connection, self._ends_at = raw, connection, ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401  # a view of memory
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long")
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
