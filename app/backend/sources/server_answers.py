"""What a media server answers, taken apart: a document of another shape is named, never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.sources import fields

LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one kind of server; `called` is what messages call it."""

    called: str

    def an_object(self, value: object) -> Mapping[str, Any]:
        """Return a JSON object.

        Raises
        ------
        SourceMalformed
            Where it is none.
        """
        if not isinstance(value, dict):
            raise self.malformed("answered with something else than was asked for")
        return value

    def a_list(self, value: object) -> Sequence[object]:
        """Return a JSON list.

        Raises
        ------
        SourceMalformed
            Where it is none.
        """
        if not isinstance(value, list):
            raise self.malformed("answered with something else than a list")
        return value

    def malformed(self, what: str) -> SourceMalformed:
        """Return the error for an answer that is none of this server's."""
        return SourceMalformed(
            f"The server {what}; check that the address is that of {self.called} itself, and that "
            "it is not too old."
        )

    def empty(self) -> SourceMalformed:
        """Return the error for a server without a title."""
        return SourceMalformed(
            f"{self.called} has no film and no series that this key may see; add a library there "
            "first."
        )


def word(told: Mapping[str, Any], name: str) -> str:
    """Return a short text; empty where it is not told."""
    value = told.get(name)
    return fields.clean(value, LONGEST_NAME) if isinstance(value, str) else ""
