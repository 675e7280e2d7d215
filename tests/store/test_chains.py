"""Slates that were asked for in place of others are followed back."""

from dataclasses import replace

from sqlalchemy import delete

from app.backend.store.chains import MOST_STEPS, read_shown
from app.backend.store.session import Database
from app.backend.store.tables import Recommendation, Slate
from tests.store.evening import library_of, media, shown_again, slate_of
from tests.workflows.evenings import record


def chain_of(database: Database, slates: int) -> tuple[list[int], list[int]]:
    """Show one title in each of some slates, each in place of the last; return both's ids."""
    library_of(database, *(record(f"Title {number}") for number in range(slates)))
    titles = [one.id for one in media(database)]
    ids: list[int] = []
    with database.writing() as session:
        for title in titles:
            before = ids[-1] if ids else None
            ids.append(shown_again(session, replace(slate_of([title]), instead_of=before)).id)
    return ids, titles


def shown_by(database: Database, slate_id: int) -> list[int] | None:
    """Return what a slate showed, and those before it."""
    with database.reading() as session:
        return read_shown(session.connection(), slate_id)


def test_what_all_of_them_showed_is_read_once(database: Database) -> None:
    """From a slate back to the first; later ones do not matter, and no slate is none."""
    slates, titles = chain_of(database, 4)
    assert shown_by(database, slates[2]) == titles[:3]
    assert shown_by(database, slates[0]) == titles[:1]
    assert shown_by(database, 10**9) is None


def test_a_chain_ends_where_a_slate_is_gone(database: Database) -> None:
    """What is left of it counts."""
    slates, titles = chain_of(database, 4)
    with database.writing() as session:
        session.execute(delete(Recommendation).where(Recommendation.slate_id == slates[1]))
        session.execute(delete(Slate).where(Slate.id == slates[1]))
    assert shown_by(database, slates[3]) == titles[2:]


def test_a_long_chain_is_followed_so_far(database: Database) -> None:
    """The slate itself, and no more than so many before it."""
    slates, titles = chain_of(database, MOST_STEPS + 3)
    assert shown_by(database, slates[-1]) == titles[2:]
