"""Who watches in this household: people with a name, and perhaps an age limit."""

from dataclasses import dataclass
from typing import Final

from app.backend.domain.access import is_name
from app.backend.domain.clock import Clock
from app.backend.domain.errors import Conflict, InvalidInput, NotFound
from app.backend.domain.title import comparable
from app.backend.sources.fields import shown
from app.backend.store import people
from app.backend.store.session import ReadSession, WriteSession
from app.backend.store.tables import Member

HIGHEST_AGE_LIMIT: Final = 21
MOST_PEOPLE: Final = 20


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the household.

    Attributes
    ----------
    id : int
    name : str
    age_limit : int or None
        In years: titles for those who are older are not for them. `None`: everything is.
    is_here : bool
        Whether they have not left.
    """

    id: int
    name: str
    age_limit: int | None
    is_here: bool = True


def everybody(session: ReadSession | WriteSession) -> list[Person]:
    """Return who is here, by name."""
    return [person for person in _all(session) if person.is_here]


def gone(session: ReadSession | WriteSession) -> list[Person]:
    """Return who has left, by name; what they said stays."""
    return [person for person in _all(session) if not person.is_here]


def known(session: ReadSession | WriteSession, member_id: int) -> Person:
    """Return a member, also one who left.

    Raises
    ------
    NotFound
        Where there is nobody of that id.
    """
    return _person(_member(session, member_id))


def called(session: ReadSession | WriteSession, name: str) -> Person:
    """Return who is here under a name, in whatever case.

    Raises
    ------
    InvalidInput
        Where nobody here has that name.
    """
    for person in everybody(session):
        if comparable(person.name) == comparable(name):
            return person
    raise InvalidInput(
        f"Nobody here is called {shown(name)}; add them first, under Settings or with: encore "
        "members add"
    )


def named(session: ReadSession | WriteSession, member_id: int | None) -> str | None:
    """Return the name of a member, also of one who left; of nobody, none.

    Raises
    ------
    NotFound
        Where there is nobody of that id.
    """
    return None if member_id is None else _member(session, member_id).name


def add(session: WriteSession, name: str, age_limit: int | None, clock: Clock) -> Person:
    """Add somebody; who had left under that name comes back.

    Raises
    ------
    InvalidInput
        Where the name is none, or the age limit cannot be.
    Conflict
        Where somebody here has that name, or there are as many as a household can hold.
    """
    people.hold(session)
    name = _checked_name(name)
    namesake = _namesake(session, name)
    if namesake is not None and namesake.left_at is None:
        raise _taken(namesake.name)
    if len(everybody(session)) >= MOST_PEOPLE:
        raise Conflict(f"A household has at most {MOST_PEOPLE} people; let somebody leave first.")
    limit = _checked_limit(age_limit)
    if namesake is None:
        return _person(people.add_member(session, name, limit, clock()))
    namesake.name, namesake.age_limit, namesake.left_at = name, limit, None
    people.changed(session)
    return _person(namesake)


def change(session: WriteSession, member_id: int, name: str, age_limit: int | None) -> Person:
    """Give somebody another name, or another age limit.

    Raises
    ------
    NotFound
        Where there is nobody of that id.
    InvalidInput, Conflict
        As for `add`.
    """
    people.hold(session)
    member, name = _member(session, member_id), _checked_name(name)
    namesake = _namesake(session, name)
    if namesake is not None and namesake.id != member_id:
        raise _taken(namesake.name)
    member.name, member.age_limit = name, _checked_limit(age_limit)
    people.changed(session)
    return _person(member)


def leave(session: WriteSession, member_id: int, clock: Clock) -> Person:
    """Let somebody go: they are not asked for any more, and what they said stays.

    Raises
    ------
    NotFound
        Where there is nobody of that id.
    """
    member = _member(session, member_id)
    member.left_at = member.left_at or clock()
    people.changed(session)
    return _person(member)


def come_back(session: WriteSession, member_id: int) -> Person:
    """Let somebody who left be asked for again.

    Raises
    ------
    NotFound
        Where there is nobody of that id.
    Conflict
        Where there are as many as a household can hold.
    """
    people.hold(session)
    member = _member(session, member_id)
    if member.left_at is not None and len(everybody(session)) >= MOST_PEOPLE:
        raise Conflict(f"A household has at most {MOST_PEOPLE} people; let somebody leave first.")
    member.left_at = None
    people.changed(session)
    return _person(member)


def _all(session: ReadSession | WriteSession) -> list[Person]:
    found = [_person(member) for member in people.read_everybody(session)]
    return sorted(found, key=lambda person: (comparable(person.name), person.id))


def _person(member: Member) -> Person:
    return Person(member.id, member.name, member.age_limit, member.left_at is None)


def _member(session: ReadSession | WriteSession, member_id: int) -> Member:
    found = people.read_member(session, member_id)
    if found is None:
        raise NotFound(f"There is nobody of the id {member_id} in this household.")
    return found


def _namesake(session: WriteSession, name: str) -> Member | None:
    """Return who has that name, in whatever case: two of them nobody could tell apart."""
    wanted = comparable(name)
    found = [one for one in people.read_everybody(session) if comparable(one.name) == wanted]
    return min(found, key=lambda one: one.left_at is not None, default=None)


def _checked_name(name: str) -> str:
    plain = " ".join(name.split())
    if not is_name(plain):
        raise InvalidInput("A name has 1 to 100 printable characters; choose another.")
    return plain


def _checked_limit(age_limit: int | None) -> int | None:
    if age_limit is not None and not 0 <= age_limit <= HIGHEST_AGE_LIMIT:
        raise InvalidInput(f"An age limit is from 0 to {HIGHEST_AGE_LIMIT} years, or none.")
    return age_limit


def _taken(name: str) -> Conflict:
    return Conflict(f"Somebody is called {name} already; choose a name that differs.")
