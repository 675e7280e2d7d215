"""What may be said of a source: its key, how often it is read, which of its libraries."""

from collections.abc import Sequence
from typing import Final

from app.backend.domain.errors import InvalidInput
from app.backend.domain.media_server import ServerLibrary

MOST_HOURS: Final = 24 * 31
LONGEST_TOKEN: Final = 500


def checked_token(token: str) -> str:
    """Return a key as it is used.

    Raises
    ------
    InvalidInput
        Where it is none.
    """
    kept = token.strip()
    if not kept or len(kept) > LONGEST_TOKEN or not (kept.isascii() and kept.isprintable()):
        raise InvalidInput("That is no key; copy it whole from the server's own settings.")
    return kept


def checked_hours(hours: int | None) -> int | None:
    """Return after how many hours a source is read again; nothing means only when asked to.

    Raises
    ------
    InvalidInput
        Where it cannot be.
    """
    if hours is not None and not 1 <= hours <= MOST_HOURS:
        raise InvalidInput(f"A source is read every 1 to {MOST_HOURS} hours, or by hand.")
    return hours


def library_ids(wanted: Sequence[str], there: Sequence[ServerLibrary]) -> list[str]:
    """Return the ids of libraries that are named by id or name; refuse what names none."""
    ids = {library.name: library.id for library in there} | {one.id: one.id for one in there}
    for library in wanted:
        if library not in ids:
            names = ", ".join(one.name for one in there) or "none"
            raise InvalidInput(f"There is no library {library!r}; libraries there: {names}.")
    return [ids[library] for library in wanted]
