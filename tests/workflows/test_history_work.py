"""A history is imported like anything else, and what people said of its entries can be listed."""

from collections.abc import Iterator

from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.progress import Step, silent
from app.backend.domain.title import Refusal
from app.backend.workflows import browse, histories, imports, people
from app.backend.workflows.history_work import HistoryWork
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from tests.workflows.evenings import ListSource, record


class Ratings:
    """A history of so many films, of which the shelf holds those up to the third."""

    name = "letterboxd"

    def __init__(self, count: int) -> None:
        self.count = count

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Yield them, and one entry that is none."""
        for number in range(1, self.count + 1):
            title = f"Film {number}"
            yield HistoryEntry(title, "movie", 2001, (), f"line {number}", title, rating=4.5)
        yield Refusal("line 9", "has no title; write one")


def bring(household: Household, count: int, member: str | None = "Anna") -> dict[str, object]:
    """Import a history; return its counts."""
    work = HistoryWork(Ratings(count), "ratings.csv", member)
    return dict(imports.import_here(household, work, silent))


def shelved(household: Household) -> None:
    """Let there be three films, and Anna."""
    with household.database.writing() as session:
        found = [record(f"Film {number}") for number in range(1, 4)]
        import_library(session, ListSource(found), household.clock, silent)
        people.add(session, "Anna", None, household.clock)


def test_a_history_is_noted_among_the_imports(household: Household) -> None:
    """With what became of each entry, and whose it is."""
    shelved(household)
    counts = bring(household, 5)
    told = {name: counts[name] for name in ("added", "matched", "unmatched", "refused", "member")}
    assert told == {"added": 5, "matched": 3, "unmatched": 2, "refused": 1, "member": "Anna"}
    again = bring(household, 5)
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 5)
    with household.database.reading() as session:
        last = imports.last_of_each(session)["letterboxd", "ratings.csv"]
        assert browse.has_seen_elsewhere(session)
    assert (last.read, last.counts["unchanged"]) == (6, 5)


def test_what_was_not_found_tells_nothing_of_what_was_seen(household: Household) -> None:
    """Only a title of the library can have been seen before."""
    bring(household, 5, None)
    with household.database.reading() as session:
        assert not browse.has_seen_elsewhere(session)


def test_progress_is_told_while_a_history_is_read(household: Household) -> None:
    """Every few hundred entries."""
    told: list[Step] = []
    HistoryWork(Ratings(1_100), "ratings.csv", None).gather(household, told.append)
    assert [step.done for step in told] == [500, 1_000]


def test_what_was_said_of_entries_is_listed_in_pages(household: Household) -> None:
    """With the title that each means, also one that left the shelf; or none."""
    shelved(household)
    bring(household, 6)
    with household.database.writing() as session:
        waiting = histories.unmatched(session)
        (likely, *_), *_ = histories.guesses(session, waiting)
        histories.assign(session, waiting[0].id, likely.media_id)
        histories.set_aside(session, waiting[1].id)
        assert histories.guesses(session, []) == []
    with household.database.reading() as session:
        first = histories.decisions(session, limit=1)
        rest = histories.decisions(session, after=first[0].entry.id)
    assert [(one.entry.title, one.title, one.year) for one in (*first, *rest)] == [
        ("Film 4", "Film 1", 2001),
        ("Film 5", None, None),
    ]
