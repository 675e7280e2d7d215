"""What a page says when something went wrong: what kind of thing it is, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from app.backend.api.messages import N_
from app.backend.api.tongue import Tongue

# From here on it is Encore that failed, not what was asked.
FIRST_OF_OURS: Final = 500
NO_PAGE: Final = N_("There is no page at this address.")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of failure. With `is_passing`, the same request may succeed later."""

    heading: str
    advice: str
    is_passing: bool = False


_MISSING: Final = Kind(
    N_("There is nothing here"),
    N_("The address may be mistyped, or what was there is gone."),
)
_NOBODY: Final = Kind(N_("Sign in first"), N_("Nobody is signed in here, or not any more."))
_FORBIDDEN: Final = Kind(
    N_("You may not do that here"),
    N_("Ask whoever owns this Encore, or sign in as somebody who may."),
)
_LARGE: Final = Kind(N_("That is too large"), N_("Go back and send less at a time."))
_WRONG: Final = Kind(
    N_("Encore could not read that"), N_("Go back, change what it says, and send it again.")
)
_NOT_NOW: Final = Kind(
    N_("That is not possible now"), N_("Nothing was changed. Try again in a moment."), True
)
_BROKEN: Final = Kind(
    N_("Something broke"),
    N_("Try again. If it happens once more, whoever runs Encore finds the request in its log."),
    True,
)
_KINDS: Final[Mapping[int, Kind]] = {
    HTTPStatus.UNAUTHORIZED: _NOBODY,
    HTTPStatus.FORBIDDEN: _FORBIDDEN,
    HTTPStatus.NOT_FOUND: _MISSING,
    HTTPStatus.METHOD_NOT_ALLOWED: _MISSING,
    HTTPStatus.GONE: _MISSING,
    HTTPStatus.CONFLICT: _NOT_NOW,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _LARGE,
    HTTPStatus.TOO_MANY_REQUESTS: _NOT_NOW,
    HTTPStatus.SERVICE_UNAVAILABLE: _NOT_NOW,
    HTTPStatus.INSUFFICIENT_STORAGE: _NOT_NOW,
    HTTPStatus.NOT_IMPLEMENTED: _NOT_NOW,
}


def fault_context(
    status: int, error: Mapping[str, Any], name: str, tongue: Tongue
) -> dict[str, Any]:
    """Return what the page of a failure shows.

    Parameters
    ----------
    status : int
    error : mapping of str to object
        `code`, `message` and `details`.
    name : str
        Of the request, as the log has it.
    tongue : Tongue
    """
    kind = _KINDS.get(status) or (_BROKEN if status >= FIRST_OF_OURS else _WRONG)
    return {
        "page": "error",
        "status": status,
        "heading": tongue.gettext(kind.heading),
        "advice": tongue.gettext(kind.advice),
        "message": error["message"],
        # Which value was wrong is for who made the form; people are told what to do.
        "is_for_programs": "problems" in error["details"],
        "code": error["code"],
        "request_name": name,
        "is_passing": kind.is_passing,
        "is_nobody": kind is _NOBODY,
    }
