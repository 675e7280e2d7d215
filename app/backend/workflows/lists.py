"""What the interface lists, a page at a time: one more than wanted tells whether there is more."""

from app.backend.domain.errors import NotFound
from app.backend.domain.evening import StoredSlate
from app.backend.domain.runs import Run, Version
from app.backend.store import pages
from app.backend.store.pages import TitleFacts, VerdictFacts
from app.backend.store.session import ReadSession

__all__ = ["TitleFacts", "VerdictFacts"]


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
