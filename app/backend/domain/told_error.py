"""An error that another process told of becomes the error that it was."""

from collections.abc import Mapping
from typing import Any

from app.backend.domain.errors import EncoreError


def error_of(envelope: Mapping[str, Any]) -> EncoreError:
    """Return the error that another process told of.

    Examples
    --------
    >>> from app.backend.domain.errors import NotFound
    >>> told = NotFound("There is no pick 7.").envelope()
    >>> type(error_of(told)).__name__
    'NotFound'
    """
    told = envelope["error"]
    waiting = [EncoreError]
    while waiting:
        kind = waiting.pop()
        if kind.code == told["code"]:
            return kind(told["message"], told["details"])
        waiting += kind.__subclasses__()
    return EncoreError(told["message"], told["details"])
