"""Servers that are broken or mean no good: each answers everything in its one way."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

Answer = Callable[[socket.socket], object]


def bytes_of(status: str, body: bytes, *headers: str) -> bytes:
    """Return an answer as it is sent, with the length that its body has."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def plainly(status: str, body: bytes, *headers: str) -> Answer:
    """Say one thing."""
    return lambda connection: connection.sendall(bytes_of(status, body, *headers))


def telling(document: object) -> Answer:
    """Tell a JSON document."""
    return plainly("200 OK", json.dumps(document).encode(), "Content-Type: application/json")


def raw(text: bytes) -> Answer:
    """Say what need not be an answer at all."""
    return lambda connection: connection.sendall(text)


def dripping(beginning: bytes, drop: bytes, seconds: float = 0.01) -> Answer:
    """Go on for ever, a little at a time."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(beginning)
        while True:
            connection.sendall(drop)
            time.sleep(seconds)

    return drip


def pouring(beginning: bytes, drop: bytes) -> Answer:
    """Go on for ever, as fast as can be."""
    return dripping(beginning, drop * 4096, 0.0)


_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

# What is no document that anybody asked for.
NONSENSE: dict[str, Answer] = {
    "a page of HTML": plainly("200 OK", b"<html><body>Sign in</body></html>"),
    "nothing": plainly("200 OK", b""),
    "no content": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "half of a head": raw(_HEAD + b"Content-Le"),
    "half a document": plainly("200 OK", b'{"Items": ['),
    "no text": plainly("200 OK", b'{"Items": "\xff\xfe"}'),
    "depth": plainly("200 OK", b"[" * 100_000),
    "a number of many digits": plainly("200 OK", b"9" * 10_000),
    "null": telling(None),
    "a list": telling([1, 2]),
    "a word": telling("Items"),
    "an empty object": telling({}),
    "lists that are none": telling({"Items": {}, "MediaContainer": []}),
    "too much": pouring(_HEAD + b"Content-Length: 999999999\r\n\r\n", b" "),
    "too much without a length": pouring(_CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"),
    "packed although asked not to": plainly("200 OK", b"\x1f\x8b", "Content-Encoding: gzip"),
    "a status of its own": plainly("418 I'm a teapot", b"{}"),
    "asked wrongly": plainly("400 Bad Request", b"{}"),
}
# What may be better when it is asked again.
AWAY: dict[str, Answer] = {
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a connection that closes": lambda _: None,
    "less than its length": raw(_HEAD + b'Content-Length: 100\r\n\r\n{"Items": []}'),
    "a chunk that breaks off": raw(_CHUNKED + b"ff\r\n{"),
    "chunks without a size": raw(_CHUNKED + b"zz\r\n{}\r\n"),
    "silence": lambda connection: connection.recv(1),
    "a head that drips": dripping(_HEAD + b"X-A: ", b"a"),
    "a head without end": pouring(_HEAD, b"X-A: b\r\n"),
    "a body that drips": dripping(_HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
    "promises of an answer": pouring(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "503": plainly("503 Service Unavailable", b"", "Retry-After: 0"),
    "503, come back next year": plainly("503 Service Unavailable", b"", "Retry-After: 31536000"),
    "429, at no time": plainly("429 Too Many Requests", b"", "Retry-After: -1"),
    "429, at a date": plainly("429 Too Many Requests", b"", "Retry-After: Fri, 1 Jan 2100"),
    "500": plainly("500 Internal Server Error", b"<html>"),
    "502 of a proxy": plainly("502 Bad Gateway", b"<html>"),
}
REFUSING: dict[str, Answer] = {
    "401": plainly("401 Unauthorized", b""),
    "403": plainly("403 Forbidden", b"<html>"),
}
LEADING_ON: dict[str, Answer] = {
    "to secrets of a cloud": plainly("302 Found", b"", "Location: http://169.254.169.254/latest/"),
    "to another machine": plainly("301 Moved", b"", "Location: https://media.example/"),
    "to itself": plainly("307 Temporary Redirect", b"", "Location: /"),
    "to a file": plainly("308 Permanent Redirect", b"", "Location: file:///etc/passwd"),
    "nowhere": plainly("303 See Other", b""),
}


@contextmanager
def hostile(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one answer while the context lasts; yields the address, and what was asked so far."""
    asked = list[bytes]()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            head = _head_of(self.rfile)
            asked.append(head)
            with suppress(OSError):
                answer(self.connection)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()


def _head_of(file: Any) -> bytes:  # noqa: ANN401  # whatever reads lines
    head = b""
    while (line := file.readline(65_536)).strip():
        head += line
    return head
