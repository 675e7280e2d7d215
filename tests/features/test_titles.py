"""A library as it was found becomes titles: what makes no sense is missing, and said to be odd."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.evidence import RawTitles
from app.backend.domain.title import FIRST_YEAR, Title
from app.backend.features.encode import encode_titles
from app.backend.features.genres import CANON
from app.backend.features.questions import LEFT_OUT, OF_TITLES
from app.backend.features.schema import TITLE_COLUMNS
from app.backend.features.titles import Titles, missing, numbers, understand

LATEST: Final = 2028
NAN: Final = float("nan")
FILM: Final[Mapping[str, object]] = {
    "title": "Alpha",
    "genres": "Comedy,Drama",
    "duration": 95,
    "year": 1999,
    "kind": "movie",
    "community_rating": 7.5,
    "age_rating": "FSK 12",
    "source": None,
}
Columns = Mapping[str, object]


def raw_titles(*titles: Columns, set_aside: Sequence[bool] = ()) -> RawTitles:
    """Return raw titles that are `FILM` but for the columns given, with ids from 1."""
    rows = [{**FILM, **one} for one in titles]
    return RawTitles(
        id=np.arange(1, len(rows) + 1, dtype=np.int64),
        **{name: [row[name] for row in rows] for name in FILM},
        is_set_aside=np.array(set_aside or [False] * len(rows), dtype=bool),
    )


def understood(*titles: Columns) -> Titles:
    """Understand titles that are `FILM` but for the columns given."""
    return understand(raw_titles(*titles), LATEST)


def oddities(titles: Titles, at: int = 0) -> set[str]:
    """Return the questions that one title is hit by."""
    return {name for name, hit in titles.odd.items() if hit[at]}


def test_a_title_without_dirt_is_what_it_says() -> None:
    """Every column is understood, and no question hits."""
    titles = understood({}, {"kind": "series", "duration": 45.5, "year": "2015"})
    assert titles.on_the_shelf() == [
        Title(1, "Alpha", "movie", 1999, 95.0, ("comedy", "drama"), 7.5, "FSK 12"),
        Title(2, "Alpha", "series", 2015, 45.5, ("comedy", "drama"), 7.5, "FSK 12"),
    ]
    assert oddities(titles) == oddities(titles, 1) == set()


@pytest.mark.parametrize(
    ("odd", "questions"),
    [
        ({"genres": None}, {"genres_missing"}),
        ({"genres": ""}, {"genres_missing"}),
        ({"genres": " ,;| / "}, {"genres_missing"}),
        ({"genres": 7}, {"genres_missing"}),
        ({"genres": b"Comedy"}, {"genres_missing"}),
        ({"genres": "Bergfilm"}, {"genres_unknown"}),
        ({"genres": "Comedy,Bergfilm"}, {"genres_unknown"}),
        ({"genres": "TV Movie"}, set()),
        ({"duration": None}, {"duration_missing"}),
        ({"duration": 0}, {"duration_impossible"}),
        ({"duration": -5}, {"duration_impossible"}),
        ({"duration": "ninety"}, {"duration_impossible"}),
        ({"duration": NAN}, {"duration_impossible"}),
        ({"duration": float("inf")}, {"duration_impossible"}),
        ({"duration": b"95"}, {"duration_impossible"}),
        ({"duration": 57_000_000_000}, {"duration_unit"}),
        ({"duration": "5700000"}, {"duration_unit"}),
        ({"duration": "95"}, set()),
        ({"duration": Decimal("95.5")}, set()),
        ({"year": None}, {"year_missing"}),
        ({"year": 0}, {"year_impossible"}),
        ({"year": 3000}, {"year_impossible"}),
        ({"year": "soon"}, {"year_impossible"}),
        ({"year": "1999-05-01"}, {"year_impossible"}),
        ({"year": NAN}, {"year_impossible"}),
        ({"year": "1999"}, set()),
        ({"community_rating": None}, set()),
        ({"kind": None}, set()),
        ({"title": None}, set()),
    ],
)
def test_what_is_odd_is_named(odd: Columns, questions: set[str]) -> None:
    """Each oddity has its one question; the title beside it is not hit."""
    titles = understood(odd, {})
    assert oddities(titles) == questions
    assert oddities(titles, 1) == set()


def test_durations_in_two_units_are_unclear_and_not_impossible() -> None:
    """What could be in either unit has a question of its own."""
    titles = understood(*[{}] * 12, *[{"duration": 5_700}] * 5)
    assert [oddities(titles, at) for at in (0, 12, 16)] == [
        set(),
        {"duration_unit_unclear"},
        {"duration_unit_unclear"},
    ]


def test_every_question_about_titles_is_answered() -> None:
    """There is a flag for each question of the list, and for the unit that leaves rows out."""
    wanted = {question.id for question in OF_TITLES} | {"duration_unit_unclear"}
    assert set(understood({}).odd) == wanted
    assert "duration_unit_unclear" in {question.id for question in LEFT_OUT}


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (FIRST_YEAR - 1, None),
        (FIRST_YEAR, FIRST_YEAR),
        (1999.9, 1999),
        (LATEST, LATEST),
        (LATEST + 0.5, LATEST),
        (LATEST + 1, None),
        (-1999, None),
        (1e300, None),
    ],
)
def test_a_year_is_believed_from_the_first_film_to_the_latest(
    year: float, expected: int | None
) -> None:
    """The latest year is handed over; a fraction is cut off."""
    assert understood({"year": year}).on_the_shelf()[0].year == expected


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        (0, None),
        (-0.1, None),
        (0.1, 0.1),
        (10, 10.0),
        (10.01, None),
        (100, None),
        ("7.5", 7.5),
        ("n/a", None),
        (NAN, None),
        (float("inf"), None),
        (None, None),
    ],
)
def test_a_community_rating_is_above_0_and_at_most_10(
    rating: object, expected: float | None
) -> None:
    """Anything else, 0 included, is no rating."""
    assert understood({"community_rating": rating}).on_the_shelf()[0].community_rating == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [("FSK 12", "FSK 12"), (12, "12"), (0, None), ("", None), (None, None), (Decimal(16), "16")],
)
def test_an_age_rating_is_a_text_or_nothing(age: object, expected: str | None) -> None:
    """A number becomes its text."""
    assert understood({"age_rating": age}).on_the_shelf()[0].age_rating == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("series", "series"), ("movie", "movie"), ("Series", "movie"), (None, "movie"), (7, "movie")],
)
def test_what_is_not_called_a_series_is_a_movie(kind: object, expected: str) -> None:
    """Databases made elsewhere may know no kinds."""
    assert understood({"kind": kind}).on_the_shelf()[0].kind == expected


def test_what_is_set_aside_is_learnt_from_but_not_shown() -> None:
    """Hidden and removed titles are encoded like the others, and are not on the shelf."""
    names = ("a", "b", "c")
    raw = raw_titles(*({"title": name} for name in names), set_aside=[False, True, False])
    titles = understand(raw, LATEST)
    assert [(one.id, one.title) for one in titles.on_the_shelf()] == [(1, "a"), (3, "c")]
    assert titles.encoded().shape == (3, len(TITLE_COLUMNS))
    assert titles.encoded()[:, -1].tolist() == [1, 2, 3]


def test_titles_of_one_genre_text_have_the_same_genres() -> None:
    """A text is understood once; each title that has it gets its answer, in its own place."""
    texts = ["Drama", "Bergfilm", "Drama", None, "Comedy|Krimi", "Drama", "Bergfilm", 7, ""]
    titles = understood(*({"genres": text} for text in texts))
    for at, text in enumerate(texts):
        alone = understood({"genres": text})
        assert titles.genres[at].tolist() == alone.genres[0].tolist()
        assert oddities(titles, at) == oddities(alone)
    assert titles.genres[0].nonzero()[0].tolist() == [CANON.index("drama")]


def test_no_titles_are_a_library_too() -> None:
    """Without a title every column is there, and empty."""
    titles = understood()
    assert titles.on_the_shelf() == []
    assert titles.encoded().shape == (0, len(TITLE_COLUMNS))
    assert titles.genres.shape == (0, len(CANON))
    assert all(hit.shape == (0,) for hit in titles.odd.values())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10**400, NAN),
        (-(10**400), NAN),
        ("9" * 400, NAN),
        (Decimal("1e999"), NAN),
        (Decimal("sNaN"), NAN),
        (1e308, 1e308),
        (True, 1.0),
        (" 95 ", 95.0),
        ("", NAN),
        (b"95", NAN),
        ([95], NAN),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_what_is_no_finite_number_is_none(value: object, expected: float) -> None:
    """Numbers, and texts of them, that a float holds; the numbers beside them are unharmed."""
    np.testing.assert_array_equal(numbers([1, value, None, 2.5]), [1.0, expected, NAN, 2.5])
    assert missing([1, value, None]).tolist() == [False, False, True]


ANY_VALUE: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3000),
    st.integers(-(10**400), 10**400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.text(max_size=12),
    st.binary(max_size=12),
    st.sampled_from(["95", "1e999", "Comedy, Drama", "series", "movie", "FSK 12", Decimal("sNaN")]),
)
ANY_TITLE: Final = st.fixed_dictionaries(dict.fromkeys(FILM, ANY_VALUE))


@given(st.lists(ANY_TITLE, max_size=8))
def test_no_value_is_too_odd(found: list[dict[str, Any]]) -> None:
    """Whatever the columns hold: finite columns of 0 and more, and titles whose parts can be."""
    titles = understood(*found)
    encoded = titles.encoded()
    assert encoded.shape == (len(found), len(TITLE_COLUMNS))
    assert np.isfinite(encoded).all()
    assert (encoded >= 0).all()
    for title in titles.on_the_shelf():
        assert isinstance(title.title, str)
        assert title.minutes is None or 0 < title.minutes <= 1440
        assert title.year is None or FIRST_YEAR <= title.year <= LATEST
        assert title.community_rating is None or 0 < title.community_rating <= 10


@given(st.lists(ANY_TITLE | st.fixed_dictionaries({"year": st.integers(1878, 2028)}), max_size=8))
def test_both_ways_to_encode_a_library_agree(found: list[dict[str, Any]]) -> None:
    """Training encodes columns, serving encodes the titles on the shelf: the numbers are equal."""
    titles = understood(*found)
    np.testing.assert_array_equal(titles.encoded(), encode_titles(titles.on_the_shelf()))


@given(st.lists(ANY_TITLE, max_size=8))
def test_a_title_is_understood_as_it_is_alone(found: list[dict[str, Any]]) -> None:
    """But for the unit of durations, which the library tells, no title changes another."""
    titles = understood(*found)
    for at, one in enumerate(found):
        alone = understood(one)
        for name in ("genres", "year", "community_rating", "is_series"):
            np.testing.assert_array_equal(getattr(titles, name)[at], getattr(alone, name)[0])
        by_unit = {"duration_impossible", "duration_unit", "duration_unit_unclear"}
        assert oddities(titles, at) - by_unit == oddities(alone) - by_unit
