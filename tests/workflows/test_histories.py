"""Histories: kept as one member's, matched, assigned by people, and looked for again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import update

from app.backend.domain.errors import InvalidInput, NotFound
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.progress import silent
from app.backend.domain.title import Refusal, TitleRecord
from app.backend.store.imported_entries import ImportedEntry
from app.backend.store.session import WriteSession
from app.backend.store.tables import Media
from app.backend.workflows import demo, histories, lists, people
from app.backend.workflows.histories import HistoryImported
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from tests.workflows.evenings import FRIDAY_EVENING, ListSource, record

HEAT = HistoryEntry("Heat", "movie", 1995, (), "line 2", "heat", 9.0, at=FRIDAY_EVENING)
ALIEN = HistoryEntry("Alien", "movie", 1979, (), "line 3", "alien", 7.0)
NOWHERE = HistoryEntry("Nowhere", "movie", 1970, (), "line 4", "nowhere", 8.0)


@dataclass(frozen=True, slots=True)
class Told:
    """A history from a list."""

    entries: Sequence[HistoryEntry | Refusal]
    name: str = "imdb"

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield it."""
        return iter(self.entries)


@pytest.fixture
def shelf(household: Household) -> Household:
    """Two films, and Anna."""
    bring(household, record("Heat", year=1995), record("Alien", year=1979))
    with household.database.writing() as session:
        people.add(session, "Anna", None, household.clock)
        people.add(session, "Ben", None, household.clock)
    return household


def bring(household: Household, *titles: TitleRecord) -> Imported:
    """Bring titles."""
    with household.database.writing() as session:
        return import_library(session, ListSource(list(titles)), household.clock, silent)


def tell(
    household: Household, *entries: HistoryEntry | Refusal, member: str | None = "Anna"
) -> HistoryImported:
    """Import a history."""
    with household.database.writing() as session:
        return histories.import_history(session, Told(entries), member, household.clock)


def kept(household: Household, number: int = 1) -> ImportedEntry:
    """Return an entry as it is kept."""
    with household.database.reading() as session:
        return histories.one_entry(session, number)


def test_everything_is_accounted_for(shelf: Household) -> None:
    """New, changed, unchanged and refused are what was read; matched and the rest likewise."""
    done = tell(shelf, HEAT, ALIEN, NOWHERE, Refusal("line 5", "is no film"))
    assert (done.read, done.new, done.refused) == (4, 3, 1)
    assert (done.matched, done.unmatched, done.ambiguous, done.set_aside) == (2, 1, 0, 0)
    again = tell(shelf, HEAT, replace(ALIEN, rating=8.0), NOWHERE)
    assert (again.new, again.changed, again.unchanged) == (0, 1, 2)
    assert kept(shelf, 1).rating == 5
    with shelf.database.reading() as session:
        (facts,) = histories.facts(session)
    assert (facts.member, facts.entries, facts.unmatched) == ("Anna", 3, 1)


def test_a_history_is_one_persons_alone(shelf: Household) -> None:
    """The same export of two people is kept twice, and a name that nobody has is refused."""
    tell(shelf, HEAT)
    tell(shelf, replace(HEAT, rating=2.0), member="ben")
    tell(shelf, HEAT, member=None)
    with shelf.database.reading() as session:
        facts = histories.facts(session)
    assert sorted(one.member or "" for one in facts) == ["", "Anna", "Ben"]
    assert [kept(shelf, number).rating for number in (1, 2, 3)] == [5, 1, 5]
    with pytest.raises(InvalidInput, match="Nobody here is called"):
        tell(shelf, HEAT, member="Zoe")


def test_a_newer_rating_replaces_and_an_older_does_not(shelf: Household) -> None:
    """Nor does an entry without a rating take one away, or a viewing undo itself."""
    tell(shelf, HEAT)
    older = replace(HEAT, rating=2.0, at=FRIDAY_EVENING.replace(year=2020))
    assert tell(shelf, older).unchanged == 1
    assert tell(shelf, replace(HEAT, rating=None, is_watched=False)).unchanged == 1
    newer = replace(HEAT, rating=4.0, at=FRIDAY_EVENING.replace(year=2027))
    assert tell(shelf, newer).changed == 1
    assert kept(shelf).rating == 2


def test_what_a_person_said_outlasts_every_import(shelf: Household) -> None:
    """An assigned title, and that an entry means none; taken back, it is looked for again."""
    tell(shelf, NOWHERE, ALIEN)
    with shelf.database.writing() as session:
        assert histories.assign(session, 1, 1).media_id == 1
        assert histories.set_aside(session, 2).is_set_aside
    again = tell(shelf, replace(NOWHERE, rating=3.0), ALIEN)
    assert (again.matched, again.set_aside) == (1, 1)
    assert (kept(shelf, 1).media_id, kept(shelf, 2).media_id) == (1, None)
    with shelf.database.reading() as session:
        assert {one.entry.id for one in histories.decisions(session)} == {1, 2}
    with shelf.database.writing() as session:
        histories.unassign(session, 1)
        histories.unassign(session, 2)
        assert histories.rematch(session) == 1
    assert (kept(shelf, 1).media_id, kept(shelf, 2).media_id) == (None, 2)


def test_an_entry_waits_for_its_title(shelf: Household) -> None:
    """Whenever titles come, those that were not found are looked for again."""
    tell(shelf, NOWHERE)
    assert bring(shelf, record("Somewhere", year=1971)).entries_found == 0
    assert bring(shelf, record("Nowhere", year=1970)).entries_found == 1
    assert kept(shelf).media_id == 4
    assert bring(shelf, record("Nowhere", year=1970)).entries_found == 0


def test_what_may_be_meant_is_offered(shelf: Household) -> None:
    """The titles that share words, the most alike first; nothing for what shares none."""
    bring(shelf, record("Alien Nation", year=1988), record("Alien Resurrection", year=1997))
    tell(shelf, replace(ALIEN, title="Alien 3", year=1992, key="a3"), NOWHERE)
    with shelf.database.reading() as session:
        waiting = histories.unmatched(session)
        offered = histories.candidates_for(session, waiting[0].id)
        assert histories.candidates_for(session, waiting[1].id) == []
    assert offered[0].title == "Alien"
    assert {one.title for one in offered} == {"Alien", "Alien Nation", "Alien Resurrection"}


def test_pages_of_what_waits_follow_each_other(shelf: Household) -> None:
    """Each entry is on one of them."""
    tell(shelf, *(replace(NOWHERE, key=f"n{number}") for number in range(5)))
    with shelf.database.reading() as session:
        first = histories.unmatched(session, 0, 3)
        rest = histories.unmatched(session, first[-1].id, 3)
    assert [one.id for one in (*first, *rest)] == [1, 2, 3, 4, 5]


def test_titles_of_the_demo_are_never_meant(household: Household) -> None:
    """Nobody watched one of them: they leave with the demo."""
    with household.database.writing() as session:
        demo.set_up_demo(session, household.clock, silent)
    with household.database.reading() as session:
        known = lists.titles(session, None, 1)[0]
    entry = HistoryEntry(known.title, known.kind, known.year, (), "line 2", "k")
    assert tell(household, entry, member=None).unmatched == 1
    with household.database.writing() as session, pytest.raises(NotFound, match="no title"):
        histories.assign(session, 1, known.media_id)


def test_what_left_the_shelf_was_watched_all_the_same(shelf: Household) -> None:
    """A title that is gone is found; one that is there goes before it."""
    bring(shelf, record("Gone", year=1990))
    with shelf.database.writing() as session:
        session.execute(
            update(Media).where(Media.title == "Gone").values(removed_at=FRIDAY_EVENING)
        )
    assert tell(shelf, replace(NOWHERE, title="Gone", year=1990)).matched == 1
    assert kept(shelf).media_id == 3


@pytest.mark.parametrize("deed", [histories.set_aside, histories.unassign, histories.one_entry])
def test_entries_that_are_none_are_named(
    shelf: Household, deed: Callable[[WriteSession, int], object]
) -> None:
    """So are titles that are none."""
    with shelf.database.writing() as session, pytest.raises(NotFound, match="entry 99"):
        deed(session, 99)
    tell(shelf, HEAT)
    with shelf.database.writing() as session, pytest.raises(NotFound, match="no title 99"):
        histories.assign(session, 1, 99)


def test_what_servers_tell_is_for_nobody_to_assign(shelf: Household) -> None:
    """It is of titles that they have; the next sync would say otherwise."""
    with shelf.database.writing() as session:
        told = Told([NOWHERE], "jellyfin")
        histories.import_history(session, told, "Anna", shelf.clock)
        assert not histories.unmatched(session)
        assert not histories.facts(session)
        with pytest.raises(NotFound, match="entry 1"):
            histories.assign(session, 1, 1)
