"""HTTP towards one media server, which may be slow, broken or hostile.

Its name is looked up once a connection, what it leads to is checked, and that very address is
called. Nothing follows a redirect. Answers have a largest size and a longest time.
"""

import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError, SSLError
from urllib3.response import BaseHTTPResponse

from app.backend.domain.errors import (
    AddressRefused,
    ServerRefuses,
    ServerUnreachable,
    SourceError,
    SourceMalformed,
)
from app.backend.sources.answer_time import limit_answers
from app.backend.sources.fields import shown
from app.backend.sources.server_address import ServerAddress, insist_on_callable

CHUNK: Final = 64 * 1024

Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Patience:
    """How much a server may ask of us.

    Attributes
    ----------
    most_bytes : int
        Of one answer.
    connect_seconds, answer_seconds : float
        Until a connection stands; until an answer is there as a whole.
    attempts : int
        How often something that changes nothing is asked for, where the server is busy or breaks
        off.
    most_wait_seconds : float
        The longest pause before asking again, whatever the server wishes.
    """

    most_bytes: int = 32 * 2**20
    connect_seconds: float = 5.0
    answer_seconds: float = 90.0
    attempts: int = 4
    most_wait_seconds: float = 15.0


PATIENT: Final = Patience()


@dataclass(slots=True)
class Upstream:
    """One media server. `called` is what messages call it."""

    address: ServerAddress
    headers: Mapping[str, str] = field(repr=False)  # one of them is the key
    called: str
    patience: Patience = PATIENT
    sleep: Callable[[float], None] = time.sleep
    _pool: urllib3.HTTPConnectionPool | None = field(default=None, repr=False)

    def json(self, path: str, query: Query | None = None) -> Any:  # noqa: ANN401  # any JSON
        """Ask for a JSON document.

        Raises
        ------
        ServerUnreachable, ServerRefuses, AddressRefused, SourceMalformed
            Where there is none to be had.
        """
        body = self._patiently("GET", path, query or {}, None)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise SourceMalformed(
                f"{self.called} answered with something that is no JSON; check that "
                f"{self.address} is the address of the server itself."
            ) from error

    def content(self, path: str, query: Query, most_bytes: int) -> bytes:
        """Ask for a file of at most so many bytes, once."""
        return self._patiently("GET", path, query, None, most_bytes, attempts=1)

    def send(self, method: str, path: str, query: Query, body: object = None) -> None:
        """Ask for a change, once; what is answered does not matter."""
        sent = None if body is None else json.dumps(body).encode()
        self._patiently(method, path, query, sent, attempts=1)

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _patiently(
        self,
        method: str,
        path: str,
        query: Query,
        body: bytes | None,
        most_bytes: int | None = None,
        *,
        attempts: int | None = None,
    ) -> bytes:
        most, last = most_bytes or self.patience.most_bytes, attempts or self.patience.attempts
        for attempt in range(1, last + 1):
            try:
                return self._body(self._asked(method, path, query, body), most)
            except _BusyError as error:
                self.close()
                if attempt == last:
                    raise ServerUnreachable(str(error)) from error
                wait = 2.0 ** (attempt - 1) if error.wait_seconds is None else error.wait_seconds
                self.sleep(min(wait, self.patience.most_wait_seconds))
        raise AssertionError

    def _asked(self, method: str, path: str, query: Query, body: bytes | None) -> BaseHTTPResponse:
        """Return an answer of which nothing but its head was read."""
        target = self.address.path + path + (f"?{urlencode(query)}" if query else "")
        headers = {"Host": self.address.authority, "Accept": "application/json", **self.headers}
        headers["Accept-Encoding"] = "identity"  # what is packed may be huge
        if body is not None:
            headers["Content-Type"] = "application/json"
        patience = self.patience
        try:
            return self._connected().urlopen(
                method,
                target,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(patience.connect_seconds, patience.answer_seconds),
            )
        except SSLError as error:
            raise ServerUnreachable(
                f"{self.called} has no certificate that this machine trusts; check the address, or "
                "write http:// where it is at home."
            ) from error
        except (HTTPError, OSError) as error:
            raise _BusyError(
                f"{self.called} at {self.address} does not answer; check the address, and that it "
                "runs and can be reached from here."
            ) from error

    def _body(self, response: BaseHTTPResponse, most_bytes: int) -> bytes:
        try:
            self._insist_on_success(response)
            return self._read(response, most_bytes)
        except (SourceError, _BusyError):
            response.close()
            raise
        finally:
            response.release_conn()

    def _insist_on_success(self, response: BaseHTTPResponse) -> None:
        status = response.status
        if 300 <= status < 400:
            target = shown(response.headers.get("Location", ""))
            raise AddressRefused(
                f"{self.called} wants to lead to {target}; Encore does not follow. Write the "
                "address that it really has."
            )
        if status in {401, 403}:
            raise ServerRefuses(
                f"{self.called} does not take the key, or not for this; make a new one there and "
                "write it here."
            )
        if status == 429 or status >= 500:
            raise _BusyError(
                f"{self.called} says that it cannot answer now (status {status}); try again when "
                "it is up.",
                _seconds(response.headers.get("Retry-After")),
            )
        if status not in {200, 204}:
            raise SourceMalformed(
                f"{self.called} answered with the status {status}; check that {self.address} is "
                "the address of the server itself, and that it is not too old.",
                {"status": status},
            )
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise SourceMalformed(f"{self.called} packs its answers although it was asked not to.")

    def _read(self, response: BaseHTTPResponse, most_bytes: int) -> bytes:
        parts, size = list[bytes](), 0
        try:
            while part := response.read1(CHUNK):
                parts.append(part)
                size += len(part)
                if size > most_bytes:
                    raise SourceMalformed(
                        f"{self.called} answered with more than {most_bytes / 2**20:.3g} MB at "
                        "once; no page of a library and no picture is so large."
                    )
        except (HTTPError, HTTPException, OSError) as error:
            raise _BusyError(
                f"{self.called} broke off in the middle of an answer, or is too slow; try again "
                "when it is at rest."
            ) from error
        return b"".join(parts)

    def _connected(self) -> urllib3.HTTPConnectionPool:
        """Return connections to the address that the name leads to now, and keep to it."""
        if self._pool is None:
            ip = self._looked_up()
            if self.address.scheme == "https":
                self._pool = urllib3.HTTPSConnectionPool(
                    ip,
                    self.address.port,
                    maxsize=2,
                    ssl_context=ssl.create_default_context(),
                    server_hostname=self.address.host,
                    assert_hostname=self.address.host,
                )
            else:
                self._pool = urllib3.HTTPConnectionPool(ip, self.address.port, maxsize=2)
            limit_answers(self._pool, self.patience.answer_seconds)
        return self._pool

    def _looked_up(self) -> str:
        address = self.address
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ServerUnreachable(
                f"There is no machine called {address.host}; check the address."
            ) from error
        ips = list(dict.fromkeys(str(one[4][0]) for one in found))
        for ip in ips:
            insist_on_callable(ip)
        return self._first_that_answers(ips)

    def _first_that_answers(self, ips: Sequence[str]) -> str:
        """Return the first of several addresses that takes a connection, else the last.

        Servers at home often have an address of version 6 on which they do not listen.
        """
        for ip in ips[:-1]:
            place = (ip, self.address.port)
            with suppress(OSError), socket.create_connection(place, self.patience.connect_seconds):
                return ip
        return ips[-1]


class _BusyError(Exception):
    """It may answer when asked again, after so many seconds."""

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None
