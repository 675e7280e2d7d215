"""Requests and answers of HTTP/1.1 as bytes, as far as a client of one server needs them."""

import re
from dataclasses import dataclass
from typing import Final

_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+) *\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked *\r\n", re.IGNORECASE)
_CLOSES: Final = re.compile(rb"\r\nconnection: *close *\r\n", re.IGNORECASE)
_STATUS: Final = slice(9, 12)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came; `size` counts all its bytes."""

    status: int
    body: bytes
    size: int
    closes: bool


def parsed(content: bytes) -> Answer | None:
    r"""Return the answer at the beginning of what came; `None` where it is not whole yet.

    Raises
    ------
    ValueError
        Where it is no answer of HTTP/1.1, or does not say how long it is.

    Examples
    --------
    >>> parsed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").body
    b'{}'
    """
    end = content.find(_END_OF_HEAD)
    if end < 0:
        return None
    head, begin = content[: end + 2], end + len(_END_OF_HEAD)
    if not head.startswith(b"HTTP/1."):
        raise ValueError("that is no answer of HTTP/1.1")
    status, closes = int(head[_STATUS]), _CLOSES.search(head) is not None
    length = _LENGTH.search(head)
    if length is not None:
        size = begin + int(length[1])
        return None if len(content) < size else Answer(status, content[begin:size], size, closes)
    if _CHUNKED.search(head) is None:
        raise ValueError("an answer does not say how long it is")
    chunks = _chunks(content, begin)
    return None if chunks is None else Answer(status, *chunks, closes)


def _chunks(content: bytes, at: int) -> tuple[bytes, int] | None:
    """Return a body that came in chunks, and where it ends; `None` where more is to come."""
    body = b""
    while (end := content.find(b"\r\n", at)) >= 0:
        size = int(content[at:end].partition(b";")[0], 16)
        at = end + 2 + size + 2
        if len(content) < at:
            return None
        if not size:
            return body, at
        body += content[end + 2 : at - 2]
    return None


def request(address: str, path: str, body: str) -> bytes:
    """Return a request that sends JSON."""
    content = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
