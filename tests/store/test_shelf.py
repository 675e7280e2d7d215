"""The shelf is counted and listed in the database, and what a household says of it is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.backend.domain.errors import NotFound
from app.backend.store import genre_aliases, import_rows, rank_events, shelf, signals
from app.backend.store.generations import read_now
from app.backend.store.library_rows import read_titles
from app.backend.store.rank_events import ActionRow
from app.backend.store.session import Database
from app.backend.store.shelf import ShelfCounts, Wanted
from app.backend.store.tables import Media
from tests.store.evening import library_of, media
from tests.workflows.evenings import FRIDAY_EVENING, record

LATER = FRIDAY_EVENING + timedelta(hours=3)
NAMES = ("amelie", "Brazil", "Zulu", "Äon", "brazil 2", "100% Wolf", "Up")


def named(database: Database, wanted: Wanted, limit: int = 50) -> list[str]:
    """Return the names of a page of a list."""
    with database.reading() as session:
        return [one.title for one in shelf.read_titles(session, wanted, limit)]


def number_of(database: Database, title: str) -> int:
    """Return the number of a title."""
    with database.reading() as session:
        return session.scalars(select(Media.id).where(Media.title == title)).one()


def generation(database: Database) -> tuple[int | None, int | None]:
    """Return how often the library changed."""
    with database.reading() as session:
        return read_now(session.connection()).library


def add_action(database: Database) -> int:
    """Ask for something to be ranked, which is kept as a title that is hidden for good."""
    with database.writing() as session:
        row = ActionRow("An action", "Bergfilm", None, None, "movie", None)
        return rank_events.keep_action(session, "action", row, FRIDAY_EVENING)


def test_the_library_is_counted(database: Database) -> None:
    """Hidden titles and those without a length are counted; actions and what left are not."""
    library_of(
        database,
        record("A"),
        record("B", kind="series", minutes=None),
        record("C", minutes=None),
        record("D"),
        record("E"),
    )
    add_action(database)
    with database.writing() as session:
        signals.hide_title(session, number_of(database, "D"), LATER)
        shelf.write_own_minutes(session, number_of(database, "C"), 95, LATER)
        session.execute(update(Media).where(Media.title == "E").values(removed_at=LATER))
    with database.reading() as session:
        assert shelf.read_counts(session) == ShelfCounts(3, 2, 1, 1, 1, 1)


def test_an_empty_library_counts_nothing(database: Database) -> None:
    """Zeros, not nothing."""
    with database.reading() as session:
        assert shelf.read_counts(session) == ShelfCounts(0, 0, 0, 0, 0, 0)
        assert shelf.read_sources(session) == []


def test_sources_are_told_with_their_last_change(database: Database) -> None:
    """The source of most titles comes first; actions are nobody's source."""
    library_of(database, record("A"), record("B"), source="csv")
    library_of(database, record("C"), source="nfo", at=LATER)
    add_action(database)
    with database.reading() as session:
        found = shelf.read_sources(session)
    assert [(one.name, one.titles, one.changed_at) for one in found] == [
        ("csv", 2, FRIDAY_EVENING),
        ("nfo", 1, LATER),
    ]


def test_titles_come_a_page_at_a_time_by_name(database: Database) -> None:
    """Pages of two, each after the last title of the one before, hold every title once."""
    library_of(database, *(record(name) for name in NAMES), record("up", year=2009))
    every = named(database, Wanted())
    assert len(every) == 8
    read: list[str] = []
    after = None
    while True:
        with database.reading() as session:
            page = shelf.read_titles(session, Wanted(after=after), 2)
        if not page:
            break
        read += [one.title for one in page]
        after = page[-1].media_id
    assert read == every


def test_a_page_after_a_title_that_is_gone_is_the_first(database: Database) -> None:
    """Whoever comes with an old address sees the list, not nothing."""
    library_of(database, record("A"), record("B"))
    assert named(database, Wanted(after=999)) == ["A", "B"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("BRAZIL", ["Brazil", "brazil 2"]),
        ("äon", ["Äon"]),
        ("%", ["100% Wolf"]),
        ("_", []),
        ("movie", []),
        ("  ", sorted(NAMES, key=str.casefold)),
    ],
)
def test_titles_are_found_by_a_part_of_the_name(
    database: Database, said: str, found: list[str]
) -> None:
    """Case does not matter, also beyond ASCII, and no sign means more than itself."""
    library_of(database, *(record(name) for name in NAMES))
    assert sorted(named(database, Wanted(name=said)), key=str.casefold) == found


def test_titles_are_found_by_kind(database: Database) -> None:
    """Series are series, and every other title is a film."""
    library_of(database, record("A"), record("B", kind="series"))
    assert named(database, Wanted(kind="movie")) == ["A"]
    assert named(database, Wanted(kind="series")) == ["B"]


def test_a_length_of_the_household_goes_before_the_sources(database: Database) -> None:
    """Training and lists read it; an import changes only what the source says beside it."""
    library_of(database, record("A", minutes=None), record("B"))
    one, before = number_of(database, "A"), generation(database)
    with database.writing() as session:
        shelf.write_own_minutes(session, one, 95, LATER)
    assert generation(database) != before
    assert named(database, Wanted("own_minutes")) == ["A"]
    assert named(database, Wanted("without_minutes")) == []
    assert library_of(database, record("A", minutes=120), record("B"), at=LATER).updated == 1
    with database.reading() as session:
        assert list(read_titles(session).duration) == [95, 90]
        assert shelf.read_title(session, one).minutes == 95
    with database.writing() as session:
        shelf.write_own_minutes(session, one, None, LATER)
    with database.reading() as session:
        assert list(read_titles(session).duration) == [120, 90]


def test_saying_the_same_length_again_changes_nothing(database: Database) -> None:
    """What is kept in memory stays good."""
    library_of(database, record("A"))
    one = number_of(database, "A")
    with database.writing() as session:
        shelf.write_own_minutes(session, one, 95, LATER)
    before = generation(database)
    with database.writing() as session:
        shelf.write_own_minutes(session, one, 95, LATER + timedelta(hours=1))
    assert generation(database) == before
    assert media(database)[0].updated_at == LATER


def test_actions_are_no_titles_of_the_shelf(database: Database) -> None:
    """They are not listed, not found, and their genres are their caller's."""
    number = add_action(database)
    for which in ("shown", "without_minutes", "own_minutes", "hidden"):
        assert named(database, Wanted(which)) == []
    with database.writing() as session:
        with pytest.raises(NotFound):
            shelf.read_title(session, number)
        with pytest.raises(NotFound):
            shelf.write_own_minutes(session, number, 90, LATER)
        assert shelf.tell_genres_anew(session, lambda _: "Adventure", LATER) == 0


def test_genres_are_told_anew_and_the_sources_words_are_kept(database: Database) -> None:
    """Only titles whose genres change are touched, and telling them as they were restores all."""
    library_of(database, record("A", genres=("Bergfilm",)), record("B"))

    def called(text: str) -> str:
        return text.replace("Bergfilm", "Adventure")

    before = generation(database)
    with database.writing() as session:
        assert shelf.tell_genres_anew(session, called, LATER) == 1
        assert shelf.read_told_genres(session) == ["Bergfilm"]
        assert shelf.tell_genres_anew(session, called, LATER) == 0
    assert generation(database) != before
    one, other = media(database)
    assert (one.genres, one.source_genres, one.updated_at) == ("Adventure", "Bergfilm", LATER)
    assert (other.genres, other.source_genres, other.updated_at) == ("Comedy", None, FRIDAY_EVENING)
    with database.writing() as session:
        assert shelf.tell_genres_anew(session, str, LATER) == 1
    assert [(found.genres, found.source_genres) for found in media(database)] == [
        ("Bergfilm", None),
        ("Comedy", None),
    ]


def test_more_texts_than_fit_into_a_query_are_told_anew(database: Database) -> None:
    """A library of very many different genres is no other case."""
    titles = [record(f"T{n}", genres=(f"Genre {n}",)) for n in range(1_100)]
    library_of(database, *titles)
    with database.writing() as session:
        assert shelf.tell_genres_anew(session, lambda text: f"{text},Drama", LATER) == 1_100
    assert all(one.genres == f"{one.source_genres},Drama" for one in media(database))


def test_an_alias_is_kept_changed_and_removed(database: Database) -> None:
    """A name stands for one thing, the last that was said."""
    with database.writing() as session:
        genre_aliases.write_alias(session, "bergfilm", "Drama", FRIDAY_EVENING)
        genre_aliases.write_alias(session, "bergfilm", "Adventure,Drama", LATER)
        genre_aliases.write_alias(session, "boxset", "", LATER)
    with database.writing() as session:
        assert genre_aliases.read_aliases(session) == {"bergfilm": "Adventure,Drama", "boxset": ""}
        assert genre_aliases.remove_alias(session, "bergfilm")
        assert not genre_aliases.remove_alias(session, "bergfilm")
        assert genre_aliases.read_aliases(session) == {"boxset": ""}


def test_an_import_is_followed_from_its_beginning_to_its_end(database: Database) -> None:
    """It runs, tells how far it is, and ends with counts that add up to what was read."""
    with database.writing() as session:
        assert not import_rows.is_running(session)
        one = import_rows.add_import(session, "csv", "shelf.csv", FRIDAY_EVENING)
        import_rows.tell_progress(session, one, 500, 1_200)
    with database.reading() as session:
        (found,) = import_rows.read_imports(session, 5)
        assert (found.state, found.read, found.total, found.counts) == ("running", 500, 1_200, {})
    counts = {"added": 2, "updated": 1, "unchanged": 3, "refused": 4}
    with database.writing() as session:
        assert import_rows.is_running(session)
        import_rows.finish_import(session, one, counts, LATER)
    with database.reading() as session:
        (found,) = import_rows.read_imports(session, 5)
    assert (found.state, found.read, found.total, found.counts) == ("done", 10, 10, counts)
    assert found.finished_at == LATER


def test_what_was_under_way_can_be_interrupted_and_given_up(database: Database) -> None:
    """Only what runs is interrupted; what is over stays as it is."""
    with database.writing() as session:
        one = import_rows.add_import(session, "csv", "a.csv", FRIDAY_EVENING)
        import_rows.give_import_up(session, one, "failed", "It is empty.", LATER)
        import_rows.add_import(session, "nfo", "/media", FRIDAY_EVENING)
        assert import_rows.interrupt_imports(session, LATER) == 1
        assert import_rows.interrupt_imports(session, LATER) == 0
        found = import_rows.read_imports(session, 5)
    assert [(row.state, row.problem) for row in found] == [
        ("interrupted", None),
        ("failed", "It is empty."),
    ]


def test_old_imports_are_forgotten(database: Database) -> None:
    """A program that imports every hour does not fill the database with it."""
    with database.writing() as session:
        for _ in range(import_rows.MOST_KEPT + 3):
            last = import_rows.add_import(session, "api", "", FRIDAY_EVENING)
        found = import_rows.read_imports(session, 1_000)
    assert len(found) == import_rows.MOST_KEPT
    assert found[0].id == last


def test_a_renamed_title_is_found_by_both_names(database: Database) -> None:
    """It has one name on the shelf, and may be remembered by the other."""
    old = record("Shichinin no samurai", external_id="imdb:tt0047478")
    library_of(database, old)
    library_of(database, replace(old, title="Seven Samurai"), at=LATER)
    assert named(database, Wanted(name="shichinin")) == ["Seven Samurai"]
    assert named(database, Wanted(name="seven")) == ["Seven Samurai"]
