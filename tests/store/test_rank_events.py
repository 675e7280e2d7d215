"""Events and actions of `rank`, as the tables keep them."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.backend.store.generations import Now, read_now
from app.backend.store.rank_events import (
    SOURCE,
    ActionRow,
    NewEvent,
    add_event,
    hold_event,
    keep_action,
    read_actions,
    read_library,
)
from app.backend.store.session import Database
from app.backend.store.slate_writes import write_slates
from app.backend.store.tables import Media
from tests.store.evening import library_of, media, slate_of
from tests.workflows.evenings import FRIDAY_EVENING, record

HEAT = ActionRow("Heat", "Thriller", 170, 1995, "movie", 8.3)


def kept(database: Database, key: str = "heat", row: ActionRow = HEAT) -> tuple[int, Now]:
    """Keep an action; return its id, and how far the database has come."""
    with database.writing() as session:
        number = keep_action(session, key, row, FRIDAY_EVENING)
        return number, read_now(session.connection())


def test_an_action_is_one_hidden_title(database: Database) -> None:
    """Whatever is told of it, an action stays the row that it was, and is never shown."""
    first, _ = kept(database)
    again, _ = kept(database, row=replace(HEAT, duration=171))
    other, _ = kept(database, "Heat")
    assert first == again != other
    row = next(one for one in media(database) if one.id == first)
    assert (row.source, row.source_key, row.is_hidden, row.duration) == (SOURCE, "heat", True, 171)
    with database.reading() as session:
        assert read_actions(session, ["heat", "Heat", "nobody"]) == {"heat": first, "Heat": other}


def test_the_library_changes_only_with_the_action(database: Database) -> None:
    """The same action told the same way leaves everything that is kept in memory as it is."""
    _, new = kept(database)
    _, same = kept(database)
    _, changed = kept(database, row=replace(HEAT, genres="Drama"))
    assert new.library == same.library != changed.library


def test_an_import_never_takes_an_action_for_its_title(database: Database) -> None:
    """A source's title of the same name, kind and year is a title of its own, and is shown."""
    number, _ = kept(database, "movie|heat|1995")
    counts = library_of(database, record("Heat", year=1995))
    assert counts.added == 1
    hidden = {one.id: one.is_hidden for one in media(database)}
    assert hidden.pop(number) is True
    assert list(hidden.values()) == [False]


def test_actions_are_no_titles_of_the_library(database: Database) -> None:
    """By a number, only what a source brought is found."""
    library_of(database, record("Heat", minutes=170))
    number, _ = kept(database)
    known = next(one.id for one in media(database) if one.id != number)
    with database.reading() as session:
        assert set(read_library(session, [number, known, 2**53 - 1])) == {known}
        assert read_library(session, [known])[known].duration == 170
        assert read_library(session, []) == {}


@pytest.mark.parametrize("is_shown", [True, False])
def test_an_event_is_kept_with_its_impression_or_without(
    database: Database, *, is_shown: bool
) -> None:
    """An event is active once it has an impression; its reward is not known yet."""
    number, _ = kept(database)
    event_id, answer = "e" * 256, {"ä": [0.1 + 0.2]}
    with database.writing() as session:
        assert hold_event(session, event_id) is None
        impression = None
        if is_shown:
            ((_, (impression,)),) = write_slates(session.connection(), [slate_of([number])])
        add_event(session, NewEvent(event_id, "h" * 64, answer, impression), FRIDAY_EVENING)
    with database.writing() as session:
        found = hold_event(session, event_id)
        assert found is not None
        assert (found.is_active, found.recommendation_id) == (is_shown, impression)
        assert (found.answer, found.reward, found.created_at) == (answer, None, FRIDAY_EVENING)
        assert session.scalar(select(func.count(Media.id))) == 1
