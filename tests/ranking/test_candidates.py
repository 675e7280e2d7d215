"""What fits is kept, what does not is counted once, for the first reason that holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.evidence import Viewing
from app.backend.domain.signals import EVENING
from app.backend.domain.title import Title
from app.backend.features.ages import least_ages
from app.backend.ranking.candidates import (
    AGE_UNKNOWN,
    LENGTH_UNKNOWN,
    NOT_AGAIN,
    NOT_TONIGHT,
    RESTING_DAYS,
    SHOWN_TONIGHT,
    TOO_LONG,
    TOO_OLD_FOR,
    VETO,
    WATCHED_LATELY,
    Candidates,
    Limits,
    Measures,
    fitting,
    resting,
)

NOW = datetime(2026, 3, 14, 20, 15, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1_000)


def title(number: int, minutes: float | None = 90.0) -> Title:
    """Return a title of some length."""
    return Title(number, f"Title {number}", minutes=minutes)


def found_fitting(
    titles: Sequence[Title],
    limit: int | None,
    viewings: Sequence[Viewing],
    age: int | None = None,
) -> Candidates:
    """Return which of some titles fit now, after some viewings."""
    ids = np.array([one.id for one in titles], dtype=np.int64)
    minutes = np.array([np.nan if one.minutes is None else one.minutes for one in titles])
    measures = Measures(minutes, least_ages([one.age_rating for one in titles]))
    return fitting(measures, Limits(limit, age), resting(ids, viewings, NOW))


def test_what_fits_keeps_its_order() -> None:
    """Titles that were never watched and are short enough all stay, in the library's order."""
    titles = [title(1), title(2, 100.0)]
    found = found_fitting(titles, 100, [])
    assert found.rows.tolist() == [0, 1]
    assert found.left_out == {}


@pytest.mark.parametrize(
    ("minutes", "reason"), [(100.0, None), (100.5, TOO_LONG), (None, LENGTH_UNKNOWN)]
)
def test_a_limit_leaves_out_what_is_longer_or_unknown(
    minutes: float | None, reason: str | None
) -> None:
    """Exactly the limit fits; where there is no limit, any length does."""
    limited = found_fitting([title(1, minutes)], 100, [])
    assert dict(limited.left_out) == ({} if reason is None else {reason: 1})
    assert len(found_fitting([title(1, minutes)], None, []).rows) == 1


@pytest.mark.parametrize(
    ("age", "again", "reason"),
    [
        (timedelta(hours=1), None, WATCHED_LATELY),
        (timedelta(days=RESTING_DAYS, seconds=-1), True, WATCHED_LATELY),
        (timedelta(days=RESTING_DAYS), True, None),
        (timedelta(days=1_000), None, None),
        (timedelta(days=1_000), False, NOT_AGAIN),
        (timedelta(hours=1), False, NOT_AGAIN),
    ],
)
def test_what_was_watched_rests(age: timedelta, again: bool | None, reason: str | None) -> None:
    """A title comes back after its rest, unless nobody wants to see it again."""
    found = found_fitting([title(1)], 100, [Viewing(1, NOW - age, again)])
    assert dict(found.left_out) == ({} if reason is None else {reason: 1})


def test_a_viewing_concerns_its_own_title() -> None:
    """Other titles, and titles that are gone, do not matter."""
    viewings = [Viewing(2, NOW, False), Viewing(99, NOW, False)]
    found = found_fitting([title(1), title(2)], None, viewings)
    assert found.rows.tolist() == [0]


TITLES = st.lists(st.none() | st.integers(1, 200), max_size=12)
VIEWINGS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 200), st.sampled_from([None, True, False])),
    max_size=8,
)


@settings(deadline=None)
@given(TITLES, VIEWINGS, st.none() | st.integers(1, 200))
def test_every_title_is_kept_or_counted_once(
    lengths: list[int | None],
    watched: list[tuple[int, int, bool | None]],
    limit: int | None,
) -> None:
    """Titles that stay and titles that are counted add up to the library."""
    titles = [title(number, length) for number, length in enumerate(lengths)]
    viewings = [Viewing(one, NOW - timedelta(days=days), again) for one, days, again in watched]
    found = found_fitting(titles, limit, viewings)
    assert len(found.rows) + sum(found.left_out.values()) == len(titles)
    assert all(count > 0 for count in found.left_out.values())
    assert list(found.left_out) == sorted(found.left_out)
    assert set(found.rows.tolist()) <= set(range(len(titles)))


def test_a_title_too_long_and_unwanted_is_counted_once() -> None:
    """The time comes first."""
    found = found_fitting([title(1, 180.0)], 100, [Viewing(1, LONG_AGO, False)])
    assert found.left_out == {TOO_LONG: 1}


def test_what_is_left_out_later_is_counted_too() -> None:
    """Some of the candidates are kept, the others are added to what was left out."""
    found = found_fitting([title(1), title(2, None), title(3), title(4)], 100, [])
    kept = found.only(np.array([0, 2]), VETO)
    assert kept.rows.tolist() == [0, 3]
    assert kept.left_out == {LENGTH_UNKNOWN: 1, VETO: 1}
    assert found.only(np.arange(3), VETO) is found


def test_rest_ends_when_the_first_title_has_rested() -> None:
    """Until then nothing changes; titles not to be watched again never come back."""
    viewings = [
        Viewing(1, NOW - timedelta(days=3), None),
        Viewing(2, NOW - timedelta(days=50), None),
        Viewing(3, NOW - timedelta(days=59), False),
    ]
    done = resting(np.array([1, 2, 3]), viewings, NOW)
    assert done.until == NOW + timedelta(days=10)
    assert (done.lately.tolist(), done.not_again.tolist()) == ([0, 1], [2])
    assert resting(np.array([1, 2, 3]), viewings, done.until).lately.tolist() == [0]
    assert resting(np.array([7]), viewings, NOW).until is None


@pytest.mark.parametrize(
    ("rating", "reason"),
    [
        ("FSK 12", None),
        ("TV-Y7", None),
        ("PG-13", TOO_OLD_FOR),
        (None, AGE_UNKNOWN),
        ("NR", AGE_UNKNOWN),
    ],
)
def test_an_age_limit_leaves_out_what_is_for_older_ones_or_unknown(
    rating: str | None, reason: str | None
) -> None:
    """Up to the limit fits, what nobody rated does not, and without a limit everything does."""
    rated = [replace(title(1), age_rating=rating)]
    found = found_fitting(rated, None, [], age=12)
    assert dict(found.left_out) == ({} if reason is None else {reason: 1})
    assert found_fitting(rated, None, []).left_out == {}


def test_what_nobody_wanted_tonight_rests_until_the_evening_is_over() -> None:
    """Twelve hours later it may be shown again; titles that are gone do not matter."""
    ids = np.array([1, 2, 3])
    said = {2: NOW - timedelta(hours=3), 3: NOW - EVENING, 99: NOW - timedelta(hours=11)}
    done = resting(ids, [], NOW, said)
    assert done.not_tonight.tolist() == [1]
    assert done.until == NOW + timedelta(hours=9)
    measures = Measures(np.full(3, 90.0), np.full(3, np.nan))
    found = fitting(measures, Limits(), done)
    assert (found.rows.tolist(), found.left_out) == ([0, 2], {NOT_TONIGHT: 1})
    assert resting(ids, [], done.until, said).until is None


def test_what_was_shown_is_counted_where_nothing_else_kept_it_out() -> None:
    """A title that rests anyway is counted once, as resting."""
    done = resting(np.array([1, 2, 3]), [Viewing(1, NOW, None)], NOW)
    measures = Measures(np.full(3, 90.0), np.full(3, np.nan))
    found = fitting(measures, Limits(), replace(done, shown=np.array([0, 2])))
    assert found.rows.tolist() == [1]
    assert found.left_out == {SHOWN_TONIGHT: 1, WATCHED_LATELY: 1}
