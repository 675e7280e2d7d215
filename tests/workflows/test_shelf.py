"""What a household says of its shelf is what training and picks see, and imports leave alone."""

import pytest

from app.backend.domain.errors import InvalidInput
from app.backend.domain.progress import silent
from app.backend.features.genres import in_house, name_key
from app.backend.features.titles import Titles, understand
from app.backend.store.library_rows import read_titles
from app.backend.workflows import shelf
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.quality import quality_report
from app.backend.workflows.shelf import Alias, Wanted
from tests.workflows.evenings import ListSource, Ticking, live, record, varied_titles

SHELF = [
    record("North Face", genres=("Bergfilm", "Drama")),
    record("The Hut", genres=("BERG-FILM",)),
    record("Parade", genres=("Comedy", "Box Set")),
]


def bring(household: Household, source: ListSource) -> Imported:
    """Import a list."""
    with household.database.writing() as session:
        return import_library(session, source, household.clock, silent)


def assign(household: Household, **assigned: list[str]) -> int:
    """Say what names stand for; an underscore in a name is a space."""
    with household.database.writing() as session:
        told = {name.replace("_", " "): genres for name, genres in assigned.items()}
        return shelf.assign_genres(session, told, household.clock)


def genres_of(household: Household) -> dict[str, tuple[str, ...]]:
    """Return each title's genres, as lists have them."""
    with household.database.reading() as session:
        return {one.title: one.genres for one in shelf.titles(session, Wanted())}


def unknown_of(household: Household) -> dict[str, int]:
    """Return the names that nobody knows."""
    with household.database.reading() as session:
        return dict(shelf.overview(session).unknown_genres)


def understood(household: Household) -> Titles:
    """Return the titles as training and serving understand them."""
    with household.database.reading() as session:
        return understand(read_titles(session), 2028)


def test_the_overview_counts_genres_known_and_unknown(household: Household) -> None:
    """Spellings of one unknown name are one; hidden titles count for no genre."""
    bring(household, ListSource(SHELF))
    with household.database.reading() as session:
        found = shelf.overview(session)
    assert dict(found.genres) == {"Drama": 1, "Comedy": 1}
    assert found.unknown_genres == (("BERG-FILM", 2), ("Box Set", 1))
    assert (found.counts.titles, found.sources[0].titles) == (3, 3)


def test_assigned_genres_are_seen_by_training_and_serving(household: Household) -> None:
    """The features of a title change, and the checks no longer find an unknown name."""
    bring(household, ListSource(SHELF))
    before = understood(household)
    assert before.odd["genres_unknown"].tolist() == [True, True, True]
    assert assign(household, Bergfilm=["adventure", "drama"], Box_Set=[]) == 3
    after = understood(household)
    assert after.odd["genres_unknown"].tolist() == [False, False, False]
    assert (before.encoded() != after.encoded()).any(axis=1).tolist() == [True, True, False]
    assert [title.genres for title in after.on_the_shelf()] == [
        ("drama", "adventure"),
        ("drama", "adventure"),
        ("comedy",),
    ]
    assert unknown_of(household) == {}
    assert genres_of(household)["The Hut"] == ("Drama", "Adventure")


def test_the_quality_report_no_longer_counts_what_was_assigned(
    household: Household, clock: Ticking
) -> None:
    """The check of unknown genres counts the verdicts on such titles, until they are assigned."""

    def counted() -> int:
        with household.database.reading() as session:
            found = quality_report(session, clock).checks
        return next(check.count for check in found if check.id == "genres_unknown")

    bring(household, ListSource(SHELF))
    live(household, clock, 6, lambda _pick, _mood: True)
    assert counted() > 0
    assign(household, Bergfilm=["adventure"], Box_Set=[])
    assert counted() == 0


def test_a_second_import_changes_nothing(household: Household) -> None:
    """What the household calls a genre is no change of the source's, and stays."""
    bring(household, ListSource(SHELF))
    assign(household, Bergfilm=["adventure"])
    told = bring(household, ListSource(SHELF))
    assert (told.counts.unchanged, told.counts.updated) == (3, 0)
    assert told.unknown_genres == {"Box Set": 1}
    assert genres_of(household)["North Face"] == ("Drama", "Adventure")


def test_an_import_knows_what_the_household_calls_genres(household: Household) -> None:
    """New titles come with known genres, and the source's words are kept for the way back."""
    bring(household, ListSource(SHELF[:1]))
    assign(household, Bergfilm=["adventure"])
    told = bring(household, ListSource([*SHELF[:1], SHELF[1]]))
    assert (told.counts.added, told.unknown_genres) == (1, {})
    assert genres_of(household)["The Hut"] == ("Adventure",)
    with household.database.writing() as session:
        assert shelf.forget_genre(session, "bergfilm", household.clock) == 2
    assert genres_of(household) == {"North Face": ("Drama", "Bergfilm"), "The Hut": ("BERG-FILM",)}
    assert bring(household, ListSource(SHELF[:2])).counts.unchanged == 2


def test_a_source_that_renames_its_genre_is_an_update(household: Household) -> None:
    """What the source says is compared with what it said, not with what the household calls it."""
    bring(household, ListSource(SHELF[:1]))
    assign(household, Bergfilm=["adventure"])
    renamed = record("North Face", genres=("Adventure", "Drama"))
    assert bring(household, ListSource([renamed])).counts.updated == 1
    assert bring(household, ListSource([renamed])).counts.unchanged == 1
    with household.database.writing() as session:
        assert shelf.forget_genre(session, "bergfilm", household.clock) == 0
    assert genres_of(household)["North Face"] == ("Drama", "Adventure")


def test_what_was_said_can_be_changed_and_is_listed(household: Household) -> None:
    """An alias is told by the source's own spelling, and saying it anew changes the titles."""
    bring(household, ListSource(SHELF))
    assign(household, Box_Set=["family"])
    assign(household, Box_Set=["music"], Lost=["drama"])
    with household.database.reading() as session:
        found = shelf.aliases(session)
    assert found == [Alias("boxset", "Box Set", ("music",)), Alias("lost", "lost", ("drama",))]
    assert genres_of(household)["Parade"] == ("Comedy", "Music")


@pytest.mark.parametrize(
    ("name", "genres"),
    [("Comedy", ["drama"]), ("", ["drama"]), ("A,B", ["drama"]), ("Bergfilm", ["Bergfilm"])],
)
def test_only_names_that_nobody_knows_stand_for_known_genres(
    household: Household, name: str, genres: list[str]
) -> None:
    """A known genre cannot be made another one, and a name stands for Encore's own alone."""
    bring(household, ListSource(SHELF))
    with household.database.writing() as session, pytest.raises(InvalidInput):
        shelf.assign_genres(session, {name: genres}, household.clock)


def test_forgetting_what_was_never_said_changes_nothing(household: Household) -> None:
    """No title is touched."""
    bring(household, ListSource(SHELF))
    with household.database.writing() as session:
        assert shelf.forget_genre(session, "nothing", household.clock) == 0


@pytest.mark.parametrize("minutes", [0, -5, 1_441])
def test_a_length_must_be_possible(household: Household, minutes: int) -> None:
    """From a minute to a day."""
    bring(household, ListSource(SHELF))
    with household.database.writing() as session, pytest.raises(InvalidInput):
        shelf.set_minutes(session, {1: minutes}, household.clock)


def test_lengths_are_set_and_left_to_the_source(household: Household) -> None:
    """Training sees them; imports leave them alone."""
    bring(household, ListSource([record("North Face", minutes=None)]))
    with household.database.writing() as session:
        shelf.set_minutes(session, {1: 95}, household.clock)
    assert understood(household).minutes.tolist() == [95.0]
    told = bring(household, ListSource([record("North Face", minutes=None)]))
    assert told.counts.unchanged == 1
    assert understood(household).minutes.tolist() == [95.0]
    with household.database.writing() as session:
        shelf.set_minutes(session, {1: None}, household.clock)
    with household.database.reading() as session:
        assert shelf.overview(session).counts.without_minutes == 1


def test_hidden_titles_are_listed_until_they_are_shown_again(household: Household) -> None:
    """A hidden title is on no other list."""
    bring(household, ListSource(varied_titles(3)))
    with household.database.writing() as session:
        shelf.hide(session, 2, household.clock)
    with household.database.reading() as session:
        assert [one.media_id for one in shelf.titles(session, Wanted("hidden"))] == [2]
        assert [one.media_id for one in shelf.titles(session, Wanted())] == [1, 3]
    with household.database.writing() as session:
        shelf.show_again(session, 2, household.clock)
    with household.database.reading() as session:
        assert shelf.titles(session, Wanted("hidden")) == []


def test_all_spellings_of_a_name_have_one_key() -> None:
    """Case, accents and signs between words do not matter; a key is never long."""
    assert name_key(" Box-Set ") == name_key("BOX SET") == "boxset"
    assert len(name_key("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 64)) <= 200


def test_saying_genres_in_house_is_done_once() -> None:
    """What is said in house says the same again, however many genres there are."""
    aliases = {"bergfilm": ("adventure", "drama"), "boxset": ()}
    told = in_house("Comedy,Bergfilm,Box Set,Krimskrams", aliases)
    assert told == "Comedy,Drama,Adventure,Krimskrams"
    assert in_house(told, aliases) == told
