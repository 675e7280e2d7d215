"""Who watches in the household: names that can be told apart, limits, coming and going."""

import pytest

from app.backend.domain.errors import Conflict, InvalidInput, NotFound
from app.backend.domain.evening import Verdict
from app.backend.store.generations import read_now
from app.backend.store.session import Database
from app.backend.workflows import people
from app.backend.workflows.feedback import rate
from app.backend.workflows.household import Household
from app.backend.workflows.people import HIGHEST_AGE_LIMIT, MOST_PEOPLE, Person
from tests.workflows.evenings import Ticking, ask


def viewings(database: Database) -> object:
    """Return how far what processes keep of members has come."""
    with database.reading_plainly() as connection:
        return read_now(connection).viewings


def test_people_are_listed_by_name(database: Database, clock: Ticking) -> None:
    """Whoever was added last; who left stands apart, and comes back as they were."""
    with database.writing() as session:
        zoe = people.add(session, "Zoë", None, clock)
        ann = people.add(session, " Ann  Lee ", 12, clock)
        assert people.everybody(session) == [ann, zoe]
        assert ann == Person(ann.id, "Ann Lee", 12)
        people.leave(session, zoe.id, clock)
        assert people.everybody(session) == [ann]
        assert [person.name for person in people.gone(session)] == ["Zoë"]
        assert people.named(session, zoe.id) == "Zoë"
        assert people.come_back(session, zoe.id).is_here
        assert people.everybody(session) == [ann, zoe]
        assert people.named(session, None) is None


def test_two_people_never_have_one_name(database: Database, clock: Ticking) -> None:
    """Nor names that differ in case or width alone; who left under it comes back instead."""
    with database.writing() as session:
        ann = people.add(session, "Ann", 6, clock)
        ben = people.add(session, "Ben", None, clock)
        for name in ("Ann", "ann", "ＡＮＮ"):  # noqa: RUF001  # as wide as a keyboard allows
            with pytest.raises(Conflict, match="Ann already"):
                people.add(session, name, None, clock)
        with pytest.raises(Conflict):
            people.change(session, ben.id, "ANN", None)
        assert people.change(session, ann.id, "ann", 9) == Person(ann.id, "ann", 9)
        people.leave(session, ann.id, clock)
        assert people.add(session, "Ann", None, clock) == Person(ann.id, "Ann", None)


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 101, "\ud800"])
def test_what_is_no_name_is_refused(database: Database, clock: Ticking, name: str) -> None:
    """With a sentence, and nobody is added."""
    with database.writing() as session:
        with pytest.raises(InvalidInput, match="1 to 100"):
            people.add(session, name, None, clock)
        assert people.everybody(session) == []


@pytest.mark.parametrize("limit", [-1, HIGHEST_AGE_LIMIT + 1])
def test_an_age_limit_is_an_age(database: Database, clock: Ticking, limit: int) -> None:
    """From nought to the highest that ratings know."""
    with database.writing() as session, pytest.raises(InvalidInput, match="from 0 to 21"):
        people.add(session, "Ann", limit, clock)


def test_whoever_is_unknown_is_not_found(database: Database, clock: Ticking) -> None:
    """Whatever is asked about them."""
    with database.writing() as session:
        for asked in (people.known, people.named, people.come_back):
            with pytest.raises(NotFound, match="nobody of the id 99"):
                asked(session, 99)
        with pytest.raises(NotFound):
            people.leave(session, 99, clock)
        with pytest.raises(NotFound):
            people.change(session, 99, "Ann", None)


def test_a_household_is_not_a_cinema(database: Database, clock: Ticking) -> None:
    """There is a number of people beyond which chips help nobody."""
    with database.writing() as session:
        for number in range(MOST_PEOPLE):
            last = people.add(session, f"Guest {number}", None, clock)
        with pytest.raises(Conflict, match="at most 20"):
            people.add(session, "One more", None, clock)
        people.leave(session, last.id, clock)
        people.add(session, "One more", None, clock)
        with pytest.raises(Conflict, match="at most 20"):
            people.come_back(session, last.id)


def test_every_change_is_told_to_who_keeps_members(database: Database, clock: Ticking) -> None:
    """What draws slates reads members again after each of them."""
    seen = [viewings(database)]
    with database.writing() as session:
        ann = people.add(session, "Ann", None, clock)
    seen.append(viewings(database))
    with database.writing() as session:
        people.change(session, ann.id, "Ann", 12)
    seen.append(viewings(database))
    with database.writing() as session:
        people.leave(session, ann.id, clock)
    seen.append(viewings(database))
    with database.writing() as session:
        people.come_back(session, ann.id)
    seen.append(viewings(database))
    assert len(set(map(str, seen))) == len(seen)


@pytest.mark.usefixtures("small_library")
def test_who_left_may_still_be_named(household: Household, clock: Ticking) -> None:
    """A verdict of theirs is kept under their name, and they stay gone."""
    with household.database.writing() as session:
        ann = people.add(session, "Ann", None, clock)
        people.leave(session, ann.id, clock)
    slate = ask(household)
    with household.database.writing() as session:
        verdict = Verdict(slate.picks[0].recommendation_id, 5, would_watch_again=True, member="Ann")
        assert rate(session, verdict, clock).member == "Ann"
        assert people.everybody(session) == []
        assert [person.id for person in people.gone(session)] == [ann.id]
