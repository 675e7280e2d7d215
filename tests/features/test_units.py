"""Durations become minutes where their unit can be told, and are never guessed where it cannot."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.backend.domain.title import LONGEST_MINUTES
from app.backend.features.units import (
    FEW,
    LONGEST_TYPICAL_MINUTES,
    MILLISECONDS,
    SECONDS,
    TICKS,
    Minutes,
    to_minutes,
)

NAN: Final = float("nan")
FILMS: Final = [95.0, 121.0, 88.0, 142.0, 104.0, 97.0]
EPISODES: Final = [22.0, 25.0, 45.0, 42.0, 24.0, 50.0]
LIBRARY: Final = st.lists(st.integers(20, 240), min_size=FEW, max_size=60)
# Of every magnitude: the edges of each unit, and floats in between.
EDGES: Final = [
    sign * edge * near
    for edge in (1.0, 1440.0, 86_400.0, 86_400_000.0, 6e8, 8.64e11, 1e300, 5e-324)
    for near in (1.0, 1.0 - 1e-12, 1.0 + 1e-12)
    for sign in (1.0, -1.0)
]
ANYTHING: Final = st.lists(
    st.floats(allow_nan=True, allow_infinity=True)
    | st.floats(1.0, 1e12)
    | st.sampled_from([*EDGES, 0.0, NAN, float("inf"), float("-inf")]),
    max_size=40,
)


def told(durations: Sequence[float]) -> Minutes:
    """Return durations in minutes."""
    return to_minutes(np.array(durations, dtype=np.float64))


def marked(flags: NDArray[np.bool_]) -> list[int]:
    """Return the positions that are marked."""
    return np.flatnonzero(flags).tolist()


@pytest.mark.parametrize("library", [FILMS, EPISODES, [1.0], [0.5], [600.0] * 9])
def test_minutes_stay(library: list[float]) -> None:
    """A library in minutes comes back as it is; nothing is converted and nothing unclear."""
    found = told(library)
    assert found.minutes.tolist() == library
    assert marked(found.is_converted) == marked(found.is_unclear) == []


def test_a_long_sitting_among_films_stays() -> None:
    """Up to a day a number can be minutes, as long as the library's typical title is shorter."""
    found = told([*FILMS, 601.0, 900.0, 1440.0])
    assert found.minutes[-3:].tolist() == [601.0, 900.0, 1440.0]
    assert marked(found.is_converted) == []


@pytest.mark.parametrize("unit", [TICKS, MILLISECONDS])
@pytest.mark.parametrize("minutes", [2.0, 22.0, 95.0, 1440.0])
def test_ticks_and_milliseconds_are_told_singly(unit: float, minutes: float) -> None:
    """One such number within a library of minutes is converted, and the others stay."""
    found = told([*FILMS, minutes * unit])
    assert found.minutes.tolist() == [*FILMS, minutes]
    assert marked(found.is_converted) == [len(FILMS)]
    assert marked(found.is_unclear) == []


def test_many_foreign_numbers_that_can_be_nothing_else_are_converted() -> None:
    """Ticks and milliseconds do not become unclear by being many."""
    found = told([*FILMS, *(TICKS * one for one in FILMS), *(MILLISECONDS * one for one in FILMS)])
    assert found.minutes.tolist() == FILMS * 3
    assert marked(found.is_unclear) == []


@pytest.mark.parametrize("library", [FILMS, EPISODES, [*FILMS, *EPISODES], [1441 / 60]])
def test_a_library_in_seconds_is_converted_by_its_median(library: list[float]) -> None:
    """Films, short episodes, or both; one title is enough where its seconds exceed a day's minutes.

    An episode of 22 minutes has 1 320 seconds, which alone could be minutes.
    """
    found = told([one * SECONDS for one in library])
    np.testing.assert_allclose(found.minutes, library, rtol=1e-15)
    assert found.is_converted.all()
    assert marked(found.is_unclear) == []


def test_few_long_titles_are_no_library_in_seconds() -> None:
    """Below five titles what fits into a day is taken for minutes."""
    long = [1_320.0] * (FEW - 1)
    assert told(long).minutes.tolist() == long
    assert told([*long, 1_320.0]).minutes.tolist() == [22.0] * FEW


@pytest.mark.parametrize("possible", [72.0, 1_440.0])
def test_among_few_one_that_can_be_minutes_keeps_them_all(possible: float) -> None:
    """Below five titles they are seconds only if none of them fits into a day of minutes."""
    found = told([possible, 3_000.0, 3_000.0, 3_000.0])
    assert found.minutes[0] == possible
    assert np.isnan(found.minutes[1:]).all()
    assert told([3_000.0, 5_700.0]).minutes.tolist() == [50.0, 95.0]


def test_the_median_may_be_as_long_as_a_typical_title_can_be() -> None:
    """A median of ten hours is one of minutes, a longer one is one of seconds."""
    assert told([LONGEST_TYPICAL_MINUTES] * FEW).minutes.tolist() == [LONGEST_TYPICAL_MINUTES] * FEW
    just_above = LONGEST_TYPICAL_MINUTES + 6.0
    assert told([just_above] * FEW).minutes.tolist() == pytest.approx([10.1] * FEW)


@pytest.mark.parametrize(("usual", "foreign"), [(95.0, 5_700.0), (5_700.0, 95.0), (1_320.0, 22.0)])
def test_a_mixture_of_minutes_and_seconds_is_unclear(usual: float, foreign: float) -> None:
    """Where at least five, and more than a tenth, disagree, they have no minutes at all."""
    found = told([usual] * 44 + [foreign] * 5)
    assert marked(found.is_unclear) == list(range(44, 49))
    assert np.isnan(found.minutes[44:]).all()
    assert not np.isnan(found.minutes[:44]).any()
    assert not found.is_converted[44:].any()


@pytest.mark.parametrize(("usual", "foreign"), [(45, 5), (16, 4), (90, 10)])
def test_few_that_disagree_are_not_a_mixture(usual: int, foreign: int) -> None:
    """Up to four of them, or up to a tenth, are odd one by one: longer than a day is impossible."""
    found = told([95.0] * usual + [5_700.0] * foreign)
    assert marked(found.is_unclear) == []
    assert np.isnan(found.minutes[usual:]).all()
    assert found.minutes[:usual].tolist() == [95.0] * usual


def test_few_small_numbers_among_seconds_are_seconds() -> None:
    """In a library of seconds a clip of 95 seconds is what it says."""
    found = told([5_700.0] * 45 + [95.0] * 5)
    assert found.minutes[45:] == pytest.approx([95 / 60] * 5)
    assert found.is_converted.all()


def test_half_and_half_is_unclear_on_one_side_only() -> None:
    """The side that the median is on keeps its unit; the other has none."""
    found = told([95.0] * 10 + [5_700.0] * 9)
    assert marked(found.is_unclear) == list(range(10, 19))
    assert found.minutes[:10].tolist() == [95.0] * 10


@pytest.mark.parametrize(
    "impossible",
    [
        0.0,
        -0.0,
        -95.0,
        -TICKS,
        NAN,
        float("inf"),
        float("-inf"),
        LONGEST_MINUTES * SECONDS / 2,
        LONGEST_MINUTES * MILLISECONDS + 1,
        TICKS - 1,
        LONGEST_MINUTES * TICKS * 1.001,
        1e300,
    ],
)
def test_a_number_that_is_no_duration_has_no_minutes(impossible: float) -> None:
    """Nothing, less than nothing, no number, or a magnitude between two units."""
    found = told([*FILMS, impossible])
    assert np.isnan(found.minutes[-1])
    assert found.minutes[:-1].tolist() == FILMS
    assert marked(found.is_converted) == marked(found.is_unclear) == []


@given(LIBRARY, st.sampled_from([SECONDS, MILLISECONDS, TICKS]))
def test_a_library_in_any_unit_gives_the_same_minutes(library: list[int], unit: float) -> None:
    """Seconds, milliseconds and ticks come back as the minutes they were, all of them marked."""
    found = told([one * unit for one in library])
    np.testing.assert_allclose(found.minutes, library, rtol=1e-15)
    assert found.is_converted.all()
    assert not found.is_unclear.any()
    assert told(library).minutes.tolist() == library


@given(LIBRARY, st.data())
def test_missing_durations_have_no_vote(library: list[int], data: st.DataObject) -> None:
    """Titles without a duration change nothing for those that have one."""
    unit = data.draw(st.sampled_from([1.0, SECONDS, MILLISECONDS, TICKS]))
    missing = data.draw(st.lists(st.sampled_from([NAN, 0.0, -5.0]), max_size=200))
    found = told([*(one * unit for one in library), *missing])
    assert found.minutes[: len(library)] == pytest.approx(np.array(library, dtype=np.float64))
    assert np.isnan(found.minutes[len(library) :]).all()


@given(ANYTHING)
def test_no_number_is_too_odd(durations: list[float]) -> None:
    """Every answer is a duration that can be or none, and nothing is both converted and unclear."""
    found = told(durations)
    assert found.minutes.shape == (len(durations),)
    assert found.is_converted.shape == found.is_unclear.shape == found.minutes.shape
    assert found.minutes.dtype == np.float64
    assert found.is_converted.dtype == np.bool_
    has_none = np.isnan(found.minutes)
    assert ((found.minutes > 0) & (found.minutes <= LONGEST_MINUTES) | has_none).all()
    assert not (found.is_converted & has_none).any()
    assert not (found.is_unclear & ~has_none).any()


@given(ANYTHING, st.data())
def test_the_order_of_the_library_does_not_matter(
    durations: list[float], data: st.DataObject
) -> None:
    """Each duration has the same answer wherever it stands."""
    order = data.draw(st.permutations(range(len(durations))))
    found, shuffled = told(durations), told([durations[at] for at in order])
    np.testing.assert_array_equal(shuffled.minutes, found.minutes[order])
    np.testing.assert_array_equal(shuffled.is_converted, found.is_converted[order])
    np.testing.assert_array_equal(shuffled.is_unclear, found.is_unclear[order])


@given(ANYTHING)
def test_the_durations_given_stay_as_they_are(durations: list[float]) -> None:
    """The array that is asked about is read, not written."""
    given_array = np.array(durations, dtype=np.float64)
    before = given_array.copy()
    to_minutes(given_array)
    np.testing.assert_array_equal(given_array, before)
