"""A request that may come again, and what it was answered."""

from dataclasses import dataclass
from typing import Any, Final

UNDER_WAY: Final = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may come again: who sent it, under which key, and its digest."""

    caller: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered; status 0: it is under way."""

    request_hash: str
    status: int
    headers: dict[str, Any]
    body: str
