"""What the interface lists, a page at a time: one more than wanted tells whether there is more."""

from app.backend.domain.errors import NotFound
from app.backend.domain.evening import StoredSlate
from app.backend.domain.runs import Run, Version
from app.backend.store import import_rows, pages
from app.backend.store.import_rows import ImportFacts
from app.backend.store.pages import TitleFacts, VerdictFacts
from app.backend.store.session import ReadSession

__all__ = ["ImportFacts", "TitleFacts", "VerdictFacts"]


def titles(session: ReadSession, after: int | None, limit: int) -> list[TitleFacts]:
    """Return titles that may be shown, by their numbers."""
    return pages.titles(session, after or 0, limit + 1)


def title(session: ReadSession, media_id: int) -> TitleFacts:
    """Return one title.

    Raises
    ------
    NotFound
        Where there is none of that number that may be shown.
    """
    found = pages.titles(session, media_id - 1, 1)
    if not found or found[0].media_id != media_id:
        raise NotFound(f"There is no title {media_id} in the library.")
    return found[0]


def slates(session: ReadSession, before: int | None, limit: int) -> list[StoredSlate]:
    """Return slates, the newest first."""
    return pages.slates(session, before, limit + 1)


def verdicts(session: ReadSession, before: int | None, limit: int) -> list[VerdictFacts]:
    """Return verdicts, the newest first."""
    return pages.verdicts(session, before, limit + 1)


def runs(session: ReadSession, before: int | None, limit: int) -> list[Run]:
    """Return runs, the newest first."""
    return pages.runs(session, before, limit + 1)


def versions(session: ReadSession, before: str | None, limit: int) -> list[Version]:
    """Return versions, the newest first."""
    return pages.versions(session, before, limit + 1)


def imports(session: ReadSession, before: int | None, limit: int) -> list[ImportFacts]:
    """Return imports that are remembered, the newest first."""
    return import_rows.read_imports(session, limit + 1, before)


def one_import(session: ReadSession, number: int) -> ImportFacts:
    """Return one import.

    Raises
    ------
    NotFound
        Where there is none of that number, or it is forgotten.
    """
    found = import_rows.read_imports(session, 1, number + 1)
    if not found or found[0].id != number:
        raise NotFound(f"There is no import {number} any more; list those that are remembered.")
    return found[0]
