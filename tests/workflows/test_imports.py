"""Imports beside the requests: read first, written at once, and never half."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.backend.domain.errors import Conflict, ShuttingDown, SourceMalformed
from app.backend.domain.progress import silent
from app.backend.domain.title import Refusal
from app.backend.sources.library_source import Entry
from app.backend.sources.sent_table import SentTable
from app.backend.store import import_rows
from app.backend.store.import_rows import ImportFacts
from app.backend.store.schema import upgrade
from app.backend.store.session import open_database
from app.backend.workflows import imports, shelf
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import MOST_REFUSALS
from app.backend.workflows.imports import Importer
from app.backend.workflows.serving import Shelf
from app.backend.workflows.turns import Turn
from tests.workflows.evenings import ListSource, Noted, Ticking, record, varied_titles

# A process whose import does not end by itself.
IMPORTS = """
import sys
from pathlib import Path
from app.backend.workflows.turns import Turn

turn = Turn(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@dataclass(slots=True)
class Held:
    """A source that goes on only when it is let."""

    entries: list[Entry]
    name: str = "held"
    is_reading: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def total(self) -> int | None:
        """Return how many entries there are."""
        return len(self.entries)

    def read(self) -> Iterator[Entry]:
        """Yield the first half, and the other when it is let."""
        half = len(self.entries) // 2
        yield from self.entries[:half]
        self.is_reading.set()
        assert self.may_go_on.wait(30)
        yield from self.entries[half:]


class Broken(ListSource):
    """A source in which something breaks."""

    def read(self) -> Iterator[Entry]:
        """Break."""
        raise RuntimeError("no such thing")


def last(household: Household) -> ImportFacts:
    """Return the last import."""
    with household.database.reading() as session:
        return imports.last_imports(session)[0]


def titles(household: Household) -> int:
    """Count the titles that may be shown."""
    with household.database.reading() as session:
        return shelf.overview(session).counts.titles


@contextmanager
def started(household: Household) -> Iterator[Importer]:
    """Start what carries imports out, as a server does, and end it."""
    one = Importer(household)
    one.open()
    yield one
    one.finish()


@pytest.fixture
def importer(household: Household) -> Iterator[Importer]:
    """Return what carries imports out."""
    with started(household) as one:
        yield one


def test_an_import_brings_titles_and_says_what_became_of_all(
    household: Household, importer: Importer
) -> None:
    """The counts add up to what was read; refusals are named, the first of them."""
    refusals: list[Entry] = [Refusal(f"line {n}", "has no title") for n in range(25)]
    importer.begin(ListSource([*varied_titles(), *refusals]), "shelf.csv")
    importer.wait()
    found = last(household)
    assert (found.state, found.place, found.read, found.total) == ("done", "shelf.csv", 65, 65)
    assert (found.counts["added"], found.counts["refused"]) == (40, 25)
    assert len(found.counts["refusals"]) == MOST_REFUSALS
    assert found.counts["refusals"][0] == {"where": "line 0", "reason": "has no title"}
    assert titles(household) == 40


def test_what_is_read_is_seen_while_nothing_is_written(
    household: Household, importer: Importer
) -> None:
    """Meanwhile others write, and another import is refused with what to do."""
    source = Held(list(varied_titles(1_100)))
    importer.begin(source, "/media")
    assert source.is_reading.wait(30)
    with household.database.reading() as session:
        found = imports.running(session)
    assert found is not None
    assert (found.read, found.total, found.finished_at) == (500, 1_100, None)
    with household.database.writing() as session:
        shelf.assign_genres(session, {"Bergfilm": ["adventure"]}, household.clock)
    with pytest.raises(Conflict, match="under way already"):
        importer.begin(ListSource([]), "b.csv")
    assert titles(household) == 0
    source.may_go_on.set()
    importer.wait()
    assert (last(household).state, titles(household)) == ("done", 1_100)
    with household.database.reading() as session:
        assert imports.running(session) is None
        assert shelf.overview(session).unknown_genres == ()


def test_an_import_of_another_process_is_not_doubled(
    household: Household, importer: Importer
) -> None:
    """Nor is it taken for one that was killed, by who starts meanwhile; then it may be."""
    with household.database.writing() as session:
        import_rows.add_import(session, "nfo", "/media", household.clock())
    others = Turn(household.folder / "imports.lock")
    with pytest.raises(Conflict, match="under way already"):
        importer.begin(ListSource([]), "b.csv")
    importer.open()
    assert last(household).state == "running"
    others.end()
    importer.open()
    assert last(household).state == "interrupted"


def test_a_killed_process_lets_the_next_one_begin(household: Household, importer: Importer) -> None:
    """Although it could not note its end, and nothing else was started anew."""
    with household.database.writing() as session:
        import_rows.add_import(session, "nfo", "/media", household.clock())
    command = [sys.executable, "-c", IMPORTS, str(household.folder / "imports.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(Conflict):
            importer.begin(ListSource([record("A")]), "a.csv")
        child.kill()
    importer.begin(ListSource([record("A")]), "a.csv")
    importer.wait()
    with household.database.reading() as session:
        assert [one.state for one in imports.last_imports(session)] == ["done", "interrupted"]


def test_what_was_under_way_at_a_crash_is_interrupted_at_the_next_start(
    household: Household,
) -> None:
    """Nothing of it was kept, and the next import may begin."""
    with household.database.writing() as session:
        import_rows.add_import(session, "nfo", "/media", household.clock())
    with started(household) as importer:
        assert last(household).state == "interrupted"
        importer.begin(ListSource([record("A")]), "a.csv")
        importer.wait()
    assert (last(household).state, titles(household)) == ("done", 1)


def test_an_end_of_the_server_interrupts_the_reading(household: Household) -> None:
    """It does not wait for a source of any length; nothing of it is kept."""
    importer = Importer(household)
    source = Held(list(varied_titles(1_100)))
    importer.begin(source, "/media")
    assert source.is_reading.wait(30)
    ending = threading.Thread(target=importer.finish)
    ending.start()
    source.may_go_on.set()
    ending.join(30)
    assert (last(household).state, titles(household)) == ("interrupted", 0)
    with pytest.raises(ShuttingDown):
        importer.begin(source, "/media")


def test_a_table_that_is_none_fails_with_its_reason(
    household: Household, importer: Importer
) -> None:
    """The reason names the file as it was sent, not where it lay."""
    importer.begin(SentTable(b"year,minutes\n1999,90\n", "My shelf.csv", latest_year=2028), "x")
    importer.wait()
    found = last(household)
    assert found.state == "failed"
    assert found.problem is not None
    assert found.problem.startswith("My shelf.csv has no column 'title'")
    assert "tmp" not in found.problem


def test_a_fault_is_told_as_one_and_the_next_import_may_begin(
    household: Household, importer: Importer
) -> None:
    """Whatever breaks while reading ends that import alone."""
    importer.begin(Broken([]), "a.csv")
    importer.wait()
    found = last(household)
    assert (found.state, found.finished_at is not None) == ("failed", True)
    assert found.problem is not None
    assert "log says what" in found.problem
    importer.begin(ListSource([record("A")]), "a.csv")
    importer.wait()
    assert last(household).state == "done"


def test_what_could_not_be_ended_is_ended_by_the_next_import(
    household: Household, importer: Importer
) -> None:
    """Where the database was away when an import failed, the process knows that it is over."""
    importer.begin(ListSource([record("A")]), "a.csv")
    importer.wait()
    with household.database.writing() as session:
        import_rows.add_import(session, "nfo", "/media", household.clock())
    importer.begin(ListSource([record("B")]), "b.csv")
    importer.wait()
    with household.database.reading() as session:
        assert [one.state for one in imports.last_imports(session)] == [
            "done",
            "interrupted",
            "done",
        ]


def test_a_database_in_memory_is_imported_into_at_once(tmp_path: Path, clock: Ticking) -> None:
    """It has one connection, so nothing happens beside it."""
    with closing(open_database("sqlite://")) as database:
        upgrade(database)
        household = Household(database, Shelf(tmp_path / "models"), clock)
        Importer(household).begin(ListSource(varied_titles()), "a.csv")
        assert (last(household).state, titles(household)) == ("done", 40)


def test_a_source_is_read_before_anything_is_written() -> None:
    """What was gathered tells as much as the source, and how far the reading was."""
    noted = Noted()
    found = imports.gathered(ListSource(varied_titles(1_200)), noted)
    assert (found.total(), len(list(found.read())), found.name) == (1_200, 1_200, "list")
    assert noted.names == ["Reading titles"] * 4


def test_a_table_that_cannot_be_read_is_refused_before_anything_is_written() -> None:
    """The whole of it, with a reason."""
    with pytest.raises(SourceMalformed, match="The body is empty"):
        imports.gathered(SentTable(b"", "The body", latest_year=2028), silent)
