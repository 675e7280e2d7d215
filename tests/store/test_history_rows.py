"""Entries of histories are kept once, and what is told again never takes away what was known."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.backend.domain.media_server import HistoryEntry
from app.backend.store import history_rows, imported_entries, rank_events
from app.backend.store.generations import read_now
from app.backend.store.history_rows import HistoryFiling, WrittenHistory
from app.backend.store.rank_events import ActionRow
from app.backend.store.session import Database
from app.backend.store.source_tables import HistoryEntryRow
from app.backend.store.tables import Media, Member
from tests.store.evening import library_of
from tests.workflows.evenings import FRIDAY_EVENING, record

EARLIER, LATER = (FRIDAY_EVENING + timedelta(days=days) for days in (-30, 30))
HEAT = HistoryEntry(
    "Heat", "movie", 1995, ("imdb:tt0113277",), "line 2", "heat", 4.5, True, at=FRIDAY_EVENING
)


@pytest.fixture(autouse=True)
def _home(database: Database) -> None:
    """Two films, and two people."""
    library_of(database, record("Heat", year=1995), record("Alien", year=1979))
    with database.writing() as session:
        for name in ("Anna", "Ben"):
            session.add(Member(name=name, created_at=FRIDAY_EVENING))


def write(
    database: Database,
    entry: HistoryEntry,
    *,
    media_id: int | None = 1,
    member_id: int | None = 1,
    source: str = "letterboxd",
    at: datetime = LATER,
) -> WrittenHistory:
    """Keep an entry, and say what became of it."""
    filing = HistoryFiling(source, 5.0, member_id, at)
    with database.writing() as session:
        return history_rows.write_entries(session, filing, [(entry, media_id)])


def row(database: Database) -> dict[str, Any]:
    """Return all that is kept of the one entry."""
    columns = [column for column in HistoryEntryRow.__table__.columns if column.name != "noted_at"]
    with database.reading() as session:
        return dict(session.execute(select(*columns)).mappings().one())


def generation(database: Database) -> object:
    """Return how often it changed what was watched."""
    with database.reading() as session:
        return read_now(session.connection()).viewings


def test_everything_that_is_told_is_kept(database: Database) -> None:
    """The rating as it was written, and out of five."""
    assert write(database, replace(HEAT, rating=3.5)).new == 1
    kept = row(database)
    assert (kept["raw_rating"], kept["scale"], kept["rating"]) == (3.5, 5.0, 4)
    assert (kept["title"], kept["kind"], kept["year"]) == ("Heat", "movie", 1995)
    assert (kept["ids"], kept["at"]) == (["imdb:tt0113277"], FRIDAY_EVENING)
    assert kept["would_watch_again"]
    assert kept["is_watched"]


@pytest.mark.parametrize(
    "told",
    [
        HEAT,
        replace(HEAT, kind="", year=None, ids=()),
        replace(HEAT, would_watch_again=None, is_watched=False),
        replace(HEAT, rating=None, at=None),
        replace(HEAT, rating=None, at=LATER),
        replace(HEAT, rating=1.0, at=EARLIER),
        replace(HEAT, rating=None, at=EARLIER),
    ],
)
def test_less_and_older_change_nothing(database: Database, told: HistoryEntry) -> None:
    """What is not told stays as it was; an older rating does not replace a newer one."""
    write(database, HEAT)
    before, count = row(database), generation(database)
    done = write(database, told)
    assert (done.new, done.changed, done.unchanged) == (0, 0, 1)
    assert row(database) == before
    assert generation(database) == count


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ({"rating": 2.0, "at": LATER}, {"raw_rating": 2.0, "rating": 2, "at": LATER}),
        ({"rating": 2.0, "at": None}, {"raw_rating": 2.0, "rating": 2}),
        ({"rating": 0.5, "at": EARLIER, "ids": ("tmdb:movie:949",)}, {"ids": ["tmdb:movie:949"]}),
        ({"would_watch_again": False}, {"would_watch_again": False}),
        ({"title": "Heat!", "year": 1996}, {"title": "Heat!", "year": 1996}),
    ],
)
def test_more_and_newer_change_what_they_tell(
    database: Database, told: dict[str, Any], changes: dict[str, Any]
) -> None:
    """And nothing else."""
    write(database, HEAT)
    before, count = row(database), generation(database)
    assert write(database, replace(HEAT, **told)).changed == 1
    assert row(database) == before | changes
    assert generation(database) != count


def test_a_viewing_moves_with_the_last_one(database: Database) -> None:
    """As long as nobody rated; a rating that comes then has its own moment."""
    seen = replace(HEAT, rating=None)
    write(database, seen)
    write(database, replace(seen, at=EARLIER))
    assert row(database)["at"] == FRIDAY_EVENING
    write(database, replace(seen, at=LATER))
    assert row(database)["at"] == LATER
    write(database, replace(HEAT, at=LATER))
    assert (row(database)["rating"], row(database)["at"]) == (5, LATER)


def test_a_key_is_one_members_at_one_source(database: Database) -> None:
    """The household has entries of its own."""
    for member_id in (1, 2, None):
        for source in ("letterboxd", "imdb"):
            assert write(database, HEAT, member_id=member_id, source=source).new == 1
            assert write(database, HEAT, member_id=member_id, source=source).unchanged == 1
    with database.reading() as session:
        assert len(imported_entries.read_history_facts(session)) == 6


def test_a_match_is_corrected_unless_a_person_said_it(database: Database) -> None:
    """What was only found may be found to be another; what is lost is not forgotten."""
    assert write(database, HEAT, media_id=None).unmatched == {"heat"}
    assert write(database, HEAT, media_id=2).changed == 1
    assert write(database, HEAT, media_id=1).changed == 1
    assert write(database, HEAT, media_id=None).unmatched == set()
    assert row(database)["media_id"] == 1
    with database.writing() as session:
        imported_entries.assign_entry(session, 1, 2)
    assert write(database, HEAT, media_id=1).unchanged == 1
    assert row(database)["media_id"] == 2
    with database.writing() as session:
        imported_entries.set_entry_aside(session, 1)
    done = write(database, HEAT, media_id=1)
    assert (done.unchanged, done.set_aside, row(database)["media_id"]) == (1, 1, None)


def test_nothing_found_changes_nothing(database: Database) -> None:
    """Whoever keeps pictures of evenings in memory need not read them anew."""
    write(database, HEAT, media_id=None)
    count = generation(database)
    with database.writing() as session:
        history_rows.write_matches(session, [])
    assert generation(database) == count
    with database.writing() as session:
        history_rows.write_matches(session, [(1, 1)])
    assert generation(database) != count
    assert row(database)["media_id"] == 1


def test_what_left_the_shelf_may_be_meant_and_what_programs_ranked_may_not(
    database: Database,
) -> None:
    """A title that is gone was watched all the same; an action is no title."""
    with database.writing() as session:
        session.execute(update(Media).where(Media.id == 2).values(removed_at=LATER))
        action = ActionRow("An action", "Bergfilm", None, None, "movie", None)
        rank_events.keep_action(session, "action", action, FRIDAY_EVENING)
    with database.reading() as session:
        known = history_rows.read_known_titles(session)
    assert [(one.title, one.is_removed) for one in known] == [("Heat", False), ("Alien", True)]
