"""Which title an entry from elsewhere means: by ids, else by name, kind and year."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.title import TitleRecord
from app.backend.store.history_rows import KnownTitle
from app.backend.workflows.matching import Match, Matcher, plain_name


def known(
    number: int, title: str, year: int | None = 1999, kind: str = "movie", *, gone: bool = False
) -> KnownTitle:
    """Return a title of the library."""
    identity = TitleRecord(title, kind, year, None, (), "").identity
    return KnownTitle(number, title, kind, year, identity, gone)


def told(
    title: str, year: int | None = 1999, kind: str = "", ids: tuple[str, ...] = ()
) -> HistoryEntry:
    """Return an entry of a history."""
    return HistoryEntry(title, kind, year, ids, "line 2", "key")


def found(entry: HistoryEntry, *titles: KnownTitle, ids: tuple[tuple[str, int], ...] = ()) -> Match:
    """Look an entry up in a library."""
    return Matcher.of(titles, ids).find(entry)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("The Matrix", "MATRIX"),
        ("Amélie", "AMÉLIE"),
        ("Das Boot", "Boot"),
        ("Ocean\u2019s Eleven", "Ocean's Eleven"),
        ("Fast & Furious", "Fast and Furious"),
        ("WALL\u00b7E", "Wall E"),
        ("Spider-Man", "Spider Man"),
        ("8\u00bd", "8\u00bd"),
        ("M", "M"),
        ("Die \u00c4rzte", "Die A\u0308rzte"),
        ("\u30b7\u30f3\u30fb\u30b4\u30b8\u30e9", "\u30b7\u30f3 \u30b4\u30b8\u30e9"),
    ],
)
def test_spellings_of_one_name_are_one(here: str, there: str) -> None:
    """Articles at the beginning, case, punctuation and signs for "and" do not matter."""
    assert found(told(there), known(7, here)).media_id == 7


@pytest.mark.parametrize(
    ("here", "there"),
    [("Alien", "Aliens"), ("It", "It Follows"), ("$", "S"), ("Up", "The"), ("Amelie", "Amélie")],
)
def test_other_names_are_others(here: str, there: str) -> None:
    """One letter more is another film."""
    assert found(told(there), known(7, here)) == Match(None, 0)


def test_the_year_may_be_one_beside() -> None:
    """The same year before the one beside it; two years apart, or unknown, is another."""
    first, second = known(1, "Crash", 1996), known(2, "Crash", 2004)
    assert found(told("Crash", 2004), first, second).media_id == 2
    assert found(told("Crash", 2005), first, second).media_id == 2
    assert found(told("Crash", 1995), first, second).media_id == 1
    assert found(told("Crash", 2000), first, second) == Match(None, 0)
    assert found(told("Crash", None), first, second) == Match(None, 0)
    assert found(told("Crash", None), known(3, "Crash", None)).media_id == 3


def test_what_fits_twice_is_nobodys() -> None:
    """It is left to people, and said how many fit; what is on the shelf goes before what left."""
    twins = known(1, "Twins"), known(2, "twins")
    assert found(told("Twins"), *twins) == Match(None, 2)
    assert found(told("Twins"), twins[0], known(2, "Twins", gone=True)) == Match(1, 1)
    assert found(told("Twins"), known(2, "Twins", gone=True)) == Match(2, 1)
    beside = known(1, "Twins", 1998), known(2, "Twins", 2000)
    assert found(told("Twins", 1999), *beside) == Match(None, 2)


def test_a_film_is_no_series() -> None:
    """Where the file tells what it is; Letterboxd does not."""
    both = known(1, "Fargo", 1996), known(2, "Fargo", 1996, "series")
    assert found(told("Fargo", 1996, "series"), *both).media_id == 2
    assert found(told("Fargo", 1996, "movie"), *both).media_id == 1
    assert found(told("Fargo", 1996), *both) == Match(None, 2)


def test_an_id_decides() -> None:
    """Whatever name and year are; an id that says otherwise keeps a name from being enough."""
    titles = known(1, "Solaris", 1972), known(2, "Solaris", 2002)
    ids = (("imdb:tt0069293", 1), ("imdb:tt0307479", 2))
    entry = told("Solyaris", 1971, ids=("imdb:tt0069293",))
    assert found(entry, *titles, ids=ids).media_id == 1
    other = told("Solaris", 1972, ids=("imdb:tt9999999",))
    assert found(other, *titles, ids=ids) == Match(None, 0)
    of_another = told("Solaris", 1972, ids=("tmdb:movie:593",))
    assert found(of_another, *titles, ids=ids).media_id == 1


def test_ids_of_two_titles_decide_nothing() -> None:
    """Two copies of a film that stand apart in the library, or two ids that contradict."""
    titles, ids = (known(1, "Heat"), known(2, "Heat II")), (("imdb:tt1", 1), ("tmdb:movie:2", 2))
    assert found(told("Heat", ids=("imdb:tt1", "tmdb:movie:2")), *titles, ids=ids) == Match(None, 2)


def test_what_a_title_was_called_is_remembered() -> None:
    """The name under which it came, where the source calls it otherwise by now."""
    renamed = KnownTitle(5, "Leon", "movie", 1994, "movie|léon: the professional|1994", False)
    assert found(told("Léon: The Professional", 1994), renamed).media_id == 5
    assert found(told("Leon", 1994), renamed).media_id == 5


@given(st.text(min_size=1, max_size=40))
def test_space_around_and_within_a_name_does_not_matter(text: str) -> None:
    """Whatever the name is made of, and whatever is left of it."""
    plain = plain_name(text)
    assert plain == " ".join(plain.split())
    assert plain_name(f"  {text.replace(' ', '   ')}\t") == plain
