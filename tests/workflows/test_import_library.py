"""A source becomes the library."""

from app.backend.domain.evidence import DEMO
from app.backend.domain.progress import silent
from app.backend.domain.title import Refusal
from app.backend.ml_model import prepare
from app.backend.sources.library_source import Entry
from app.backend.store import versions
from app.backend.workflows import browse, shelf
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from tests.workflows.evenings import ListSource, Noted, ask, record, varied_titles


def bring(household: Household, source: ListSource, name: str | None = None) -> Imported:
    """Import a list."""
    with household.database.writing() as session:
        return import_library(session, source, household.clock, silent, name)


def test_the_counts_add_up(household: Household) -> None:
    """Added, updated, unchanged and refused are all that was read, time after time."""
    titles: list[Entry] = [*varied_titles(), Refusal("line 9", "has no title")]
    first = bring(household, ListSource(titles)).counts
    assert (first.added, first.updated, first.unchanged, len(first.refused)) == (40, 0, 0, 1)
    again = bring(household, ListSource(titles)).counts
    assert (again.added, again.updated, again.unchanged, len(again.refused)) == (0, 0, 40, 1)
    titles[0] = record("Title 1", kind="movie", minutes=89, external_id="imdb:tt0000001")
    changed = bring(household, ListSource(titles)).counts
    assert (changed.added, changed.updated, changed.unchanged) == (0, 1, 39)
    assert first.read == again.read == changed.read == 41


def test_genres_of_other_languages_are_known_and_the_rest_reported(household: Household) -> None:
    """Names are normalised; those that no table knows are kept and counted."""
    told = bring(household, ListSource(varied_titles()))
    assert told.unknown_genres == {"Bergfilm": 4}
    with household.database.reading() as session:
        overview = shelf.overview(session)
    assert dict(overview.unknown_genres) == {"Bergfilm": 4}
    assert dict(overview.genres)["Comedy"] == 8
    assert dict(overview.genres)["Crime"] == 4


def test_two_ways_to_one_shelf_make_one_title(household: Household) -> None:
    """The same kind, name and year from another source is the same title."""
    bring(household, ListSource([record("The  Matrix", year=1999)], name="csv"))
    same = record("the matrix", year=1999, external_id="imdb:tt0133093", minutes=136)
    other = record("The Matrix", year=2021, external_id="imdb:tt9999999")
    counts = bring(household, ListSource([same, other], name="nfo")).counts
    assert (counts.added, counts.updated) == (1, 1)
    again = bring(household, ListSource([same, other], name="nfo")).counts
    assert (again.unchanged, again.added, again.updated) == (2, 0, 0)


def test_progress_is_told(household: Household) -> None:
    """Whoever watches is told how far the reading is."""
    noted = Noted()
    with household.database.writing() as session:
        import_library(session, ListSource(varied_titles(1_200)), household.clock, noted)
    assert noted.names == ["Reading titles"] * 3


def test_a_real_library_ends_the_demo(trained_demo: Household) -> None:
    """The demo's titles leave, its feedback is set aside and counted, the rules serve."""
    with trained_demo.database.reading() as session:
        assert browse.is_demo(session)
        assert versions.champion(session) is not None
        before = prepare(session, clock=trained_demo.clock).training
    told = bring(trained_demo, ListSource(varied_titles()))
    assert told.demo_titles_retired >= 300
    with trained_demo.database.reading() as session:
        assert not browse.is_demo(session)
        assert versions.champion(session) is None
        after = prepare(session, clock=trained_demo.clock).training
        assert browse.models(session).feedback_count == 0
    assert (before.rows_read, len(before.y)) == (60, 60)
    assert (after.rows_read, len(after.y)) == (60, 0)
    assert {c.id: c.count for c in after.checks if c.count} == {"simulated": 60}
    assert all(pick.title.startswith("Title") for pick in ask(trained_demo).picks)


def test_an_import_without_a_single_title_leaves_the_demo_alone(trained_demo: Household) -> None:
    """Where everything was refused, nothing takes the demo's place."""
    told = bring(trained_demo, ListSource([Refusal("line 2", "has no title")]))
    assert told.demo_titles_retired == 0
    with trained_demo.database.reading() as session:
        assert browse.is_demo(session)


def test_the_demo_can_be_kept_under_its_own_name(household: Household) -> None:
    """Titles are kept under the name that the caller gives."""
    bring(household, ListSource([record("Alpha")]), DEMO)
    with household.database.reading() as session:
        assert browse.is_demo(session)
