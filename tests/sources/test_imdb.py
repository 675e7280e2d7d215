"""The ratings that IMDb exports become entries, in its old spelling and its new one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.errors import SourceMalformed
from app.backend.sources.imdb import ImdbRatings
from tests.contracts.history_source import (
    LATEST_YEAR,
    HistoryFileSuite,
    all_of,
    entries_of,
    refusals_of,
)

NEW = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),"
    "Year,Genres,Num Votes,Release Date,Directors\n"
)
OLD = (
    "Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,"
    "Num Votes,Release Date,Directors\n"
)
HEAT = (
    "tt0113277,9,2021-03-04,Heat,Heat,https://www.imdb.com/title/tt0113277/,Movie,8.3,170,1995,"
    '"Crime, Drama, Thriller",750000,1995-12-15,Michael Mann\n'
)
AMELIE = (
    "tt0211915,8,2020-01-31,Amélie,Le fabuleux destin d'Amélie Poulain,https://x,Movie,8.3,122,"
    "2001,Comedy,800000,2001-04-25,Jean-Pierre Jeunet\n"
)
CHERNOBYL = (
    "tt7366338,10,2019-07-01,Chernobyl,Chernobyl,https://x,TV Mini Series,9.3,330,2019,Drama,"
    "900000,2019-05-06,\n"
)


def imdb(content: str | bytes, called: str = "ratings.csv") -> ImdbRatings:
    """Return a file of ratings as a source."""
    raw = content.encode() if isinstance(content, str) else content
    return ImdbRatings(raw, called, latest_year=LATEST_YEAR)


def of_type(kind: str) -> str:
    """Return a rating of a title of some type."""
    return f"tt0000001,7,2021-01-01,X,X,u,{kind},1,1,2001,,1,2001-01-01,\n"


class TestImdbRatingsAreAHistorySource(HistoryFileSuite):
    """The export of IMDb holds what every history does."""

    def source(self, content: bytes) -> ImdbRatings:
        """Return the source that reads these bytes."""
        return imdb(content)

    def good(self) -> bytes:
        """Return three ratings."""
        return (NEW + HEAT + AMELIE + CHERNOBYL).encode()

    def damaged(self) -> bytes:
        """Return good ratings between some that are wrong in different ways."""
        return (
            NEW
            + HEAT
            + HEAT.replace("tt0113277", "nm0000199")
            + HEAT.replace(",9,", ",11,")
            + HEAT.replace("2021-03-04", "2021-13-04")
            + HEAT.replace(",1995,", ",19995,")
            + HEAT.replace(",Heat,Heat,", ",,,")
            + of_type("TV Episode")
            + '"tt1,\n'
            + "tt1,2\n"
            + AMELIE
        ).encode() + b"tt0000002,7,2021-01-01,\xff,X,u,Movie,1,1,2001,,1,2001-01-01,\n"

    def foreign(self) -> list[bytes]:
        """Return other tables, and what is no table."""
        return [
            b"title,year\nHeat,1995\n",
            b"Date,Name,Year,Letterboxd URI\n2021-01-01,Heat,1995,u\n",
            b"[]",
            b"PK\x03\x04",
            b"Const,Const,Your Rating\n",
            NEW.encode("utf-16"),
        ]


def test_everything_of_a_rating_is_read() -> None:
    """The whole documented form arrives."""
    (heat,) = entries_of(all_of(imdb(NEW + HEAT)))
    assert (heat.title, heat.kind, heat.year) == ("Heat", "movie", 1995)
    assert (heat.ids, heat.key) == (("imdb:tt0113277",), "tt0113277")
    assert (heat.rating, heat.at) == (9.0, datetime(2021, 3, 4, tzinfo=UTC))
    assert heat.is_watched
    assert heat.would_watch_again is None
    assert heat.where == "ratings.csv line 2"


def test_the_old_form_says_the_same() -> None:
    """Without the original title, and with the old spelling of types, the same entry arrives."""
    old = HEAT.replace("Heat,Heat", "Heat").replace("Movie", "movie")
    assert all_of(imdb(OLD + old)) == all_of(imdb(NEW + HEAT))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("movie", "movie"),
        ("TV Movie", "movie"),
        ("tvMovie", "movie"),
        ("Short", "movie"),
        ("Video", "movie"),
        ("TV Special", "movie"),
        ("tvSeries", "series"),
        ("TV Series", "series"),
        ("tvMiniSeries", "series"),
        ("TV Mini Series", "series"),
        ("", ""),
    ],
)
def test_types_are_films_or_series(kind: str, expected: str) -> None:
    """Both spellings of every type are known; a rating of a series is not all of its episodes."""
    (entry,) = entries_of(all_of(imdb(NEW + of_type(kind))))
    assert entry.kind == expected
    assert entry.is_watched == (expected != "series")


@pytest.mark.parametrize("kind", ["tvEpisode", "TV Episode", "Video Game", "videoGame", "Podcast"])
def test_what_no_shelf_holds_is_refused(kind: str) -> None:
    """Episodes and games are refused, and it is said why."""
    (refusal,) = refusals_of(all_of(imdb(NEW + of_type(kind))))
    assert "episode" in refusal.reason or "neither a film nor a series" in refusal.reason


def test_a_list_without_ratings_rates_nothing() -> None:
    """A line without a rating is refused: nobody knows whether it was watched."""
    (refusal,) = refusals_of(all_of(imdb(NEW + HEAT.replace(",9,", ",,"))))
    assert refusal.reason.startswith("has no rating")


def test_of_one_title_the_later_rating_counts() -> None:
    """Whichever stands first, the later in time is kept; without dates, the last line."""
    earlier = HEAT.replace("2021-03-04", "2020-03-04").replace(",9,", ",4,")
    for lines in (HEAT + earlier, earlier + HEAT):
        (entry,) = all_of(imdb(NEW + lines))
        assert entries_of([entry])[0].rating == 9.0
    undated = HEAT.replace("2021-03-04", "")
    (entry,) = entries_of(all_of(imdb(NEW + undated + undated.replace(",9,", ",3,"))))
    assert entry.rating == 3.0


def test_what_windows_and_spreadsheets_do_to_a_table_is_undone() -> None:
    """Other encodings, delimiters and line ends, a mark at the beginning: the same entries."""
    plain = all_of(imdb(NEW + HEAT + AMELIE))
    assert all_of(imdb((NEW + HEAT + AMELIE).encode("utf-8-sig"))) == plain
    assert all_of(imdb((NEW + HEAT + AMELIE).encode("cp1252"))) == plain
    assert all_of(imdb((NEW + HEAT + AMELIE).replace("\n", "\r\n"))) == plain
    tabs = (NEW + HEAT.replace('"', "").replace("Crime, Drama, ", "")).replace(",", "\t")
    assert all_of(imdb(tabs)) == plain[:1]


def test_an_open_quote_costs_its_own_line() -> None:
    """A slip does not swallow the lines below it, and a file of slips is none."""
    found = all_of(imdb(NEW + '"tt0113277,9\n' + HEAT))
    assert [entry.title for entry in entries_of(found)] == ["Heat"]
    assert len(refusals_of(found)) == 1
    with pytest.raises(SourceMalformed, match="quotes"):
        list(imdb(NEW + '"tt0113277,9\n' * 2_000).read())


def test_a_hostile_name_of_a_file_is_shown_harmlessly() -> None:
    """Whoever sends a file chooses its name."""
    name = "a\u202eb\x1b[31m\n" + "x" * 5_000
    with pytest.raises(SourceMalformed) as caught:
        list(imdb("nothing", name).read())
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 400
    (refusal,) = refusals_of(all_of(imdb(NEW + "tt1\n", name)))
    assert len(refusal.where) < 200


@given(st.lists(st.lists(st.text(max_size=12), min_size=14, max_size=14), max_size=4))
def test_any_cells_are_entries_or_refusals(rows: list[list[str]]) -> None:
    """Whatever stands in the cells, the file is read to its end."""
    quoted = ["\t".join(f'"{cell}"' for cell in row) for row in rows]
    all_of(imdb((NEW.replace(",", "\t") + "\n".join(quoted)).encode("utf-8", "replace")))
