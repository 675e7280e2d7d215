"""Age ratings of many countries say from which age on a title may be seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.features.ages import LONGEST, least_age, least_ages

AMERICAN = {
    "G": 0, "PG": 8, "PG-13": 13, "pg13": 13, "R": 17, "NC-17": 18, "X": 18, "US:PG-13": 13,
    "USA:R": 17, "Rated R for strong violence, and language": 17, "Rated PG": 8,
}  # fmt: skip
TELEVISION = {
    "TV-Y": 0, "TV-Y7": 7, "TV-Y7-FV": 7, "TV-G": 0, "TV-PG": 8, "TV-14": 14, "TV-MA": 17,
    "TV-14-DLSV": 14, "us/TV-MA": 17,
}  # fmt: skip
GERMAN = {
    "0": 0, "6": 6, "12": 12, "16": 16, "18": 18, "FSK 12": 12, "FSK-16": 16, "fsk0": 0,
    "de/12": 12, "de/FSK 16": 16, "DE:FSK 18": 18, "DE-16": 16, "Germany:12": 12,
    "ab 12 Jahren": 12, "FSK o. A.": 0,
}  # fmt: skip
BRITISH = {
    "U": 0, "12A": 12, "15": 15, "R18": 18, "gb/15": 15, "UK:PG": 8, "IE-15A": 15,
}  # fmt: skip
OTHERS = {
    "PEGI 7": 7, "12+": 12, "AU-M": 15, "MA15+": 15, "VM14": 14, "K-12": 12, "BR-L": 0,
    "MX:B15": 15, "IN:U/A 13+": 13, "IN:A": 18, "CA:14A": 14, "fr/TP": 0, "R21": 21,
}  # fmt: skip
UNKNOWN = (
    "", " ", "Approved", "Passed", "NR", "Not Rated", "Unrated", "N/A", "99", "-1", "8.5", "A",
    "/", "US:", "S01E12", "be careful: 12", "²", "٢", "x" * 10_000,
)  # fmt: skip


@pytest.mark.parametrize("system", [AMERICAN, TELEVISION, GERMAN, BRITISH, OTHERS])
def test_each_system_says_an_age(system: dict[str, int]) -> None:
    """In any case and spacing, with the country before it or without."""
    assert {text: least_age(text) for text in system} == system
    assert {text: least_age(f"  {text.lower()} ") for text in system} == system


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_says_no_age_is_unknown(text: str) -> None:
    """What nobody rated, or in words that nobody knows, has no age."""
    assert least_age(text) is None


def test_a_word_may_mean_something_else_in_a_country() -> None:
    """The same letter is for everybody here, and for adults there."""
    assert [least_age(text) for text in ("ES:A", "IN:A", "CA:R", "US:R")] == [0, 18, 18, 17]


def test_of_several_ratings_the_strictest_counts() -> None:
    """Those that cannot be read take nothing away."""
    assert least_age("US:PG-13 / DE:FSK 16 / GB:15") == 16
    assert least_age("NR / PG") == 8
    assert least_age("Unrated | Passed") is None


@given(st.none() | st.text(max_size=2 * LONGEST) | st.from_regex(r"[A-Z]{0,4}[-:/ ]?[0-9]{0,3}\+?"))
def test_no_rating_is_too_odd(text: str | None) -> None:
    """Whatever the text, the age is one that a person can have, or unknown."""
    age = least_age(text)
    assert age is None or 0 <= age <= 21


def test_many_ratings_are_an_array() -> None:
    """What is unknown is NaN."""
    ages = least_ages(["12", None, "TV-MA", "Unrated"])
    np.testing.assert_array_equal(ages, [12.0, np.nan, 17.0, np.nan])
    assert least_ages([]).shape == (0,)
