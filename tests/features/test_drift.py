"""Profiles count what rows look like; the population stability index says how far they moved."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.features.dataset import build
from app.backend.features.drift import MOVED, SHIFTED, UNKNOWN, profile, shifts
from tests.features.evidence import FUNNY, LATEST_YEAR, TENSE, Row, feedback, library

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 500), max_size=6)


def test_a_profile_counts_every_row_in_each_feature() -> None:
    """Contexts and titles by their bins; what is not known has a bin of its own."""
    titles = library(["Comedy,Drama", ""], duration=[95, None], year=[1999, 2020])
    rows = [Row(), Row(day=1, rating=2), Row(title=1, context=1, day=2), Row(context=2, day=3)]
    contexts = (FUNNY, TENSE, FUNNY.__class__(None, "solo", None))
    found = profile(build(feedback(rows, titles, contexts), LATEST_YEAR))
    nonzero = {
        feature: {name: count for name, count in bins.items() if count}
        for feature, bins in found.items()
    }
    assert nonzero == {
        "mood": {"funny": 2, "action": 1, UNKNOWN: 1},
        "company": {"couple": 2, "solo": 2},
        "session": {"short": 2, "medium": 1, UNKNOWN: 1},
        "duration": {"below 120 minutes": 3, UNKNOWN: 1},
        "year": {"below 2000": 3, "from 2020": 1},
        "genre": {"comedy": 3, "drama": 3},
        "verdict": {"positive": 3, "negative": 1},
    }


@pytest.mark.parametrize(
    ("minutes", "name"),
    [(29.9, "below 30"), (30, "below 60"), (149.9, "below 150"), (150, "from 150")],
)
def test_a_bin_begins_with_its_edge(minutes: float, name: str) -> None:
    """What is exactly on an edge belongs to the bin above it."""
    titles = library(["Comedy"], duration=[minutes])
    found = profile(build(feedback([Row()], titles), LATEST_YEAR))
    assert found["duration"][f"{name} minutes"] == 1


def test_the_index_is_the_one_of_the_formula() -> None:
    """The sum over bins of the difference of shares times the logarithm of their ratio."""
    (shift,) = shifts({"mood": {"a": 700, "b": 300}}, {"mood": {"a": 400, "b": 600}})
    p, q = (700.5 / 1001, 300.5 / 1001), (400.5 / 1001, 600.5 / 1001)
    expected = sum((now - then) * log(now / then) for then, now in zip(p, q, strict=True))
    assert shift.index == pytest.approx(expected)
    assert shift.by_chance == pytest.approx(1 / 1000 + 1 / 1000)
    assert shift.verdict == "moved"


@given(COUNTS, COUNTS)
def test_an_index_is_finite_and_none_is_negative(then: dict[str, int], now: dict[str, int]) -> None:
    """Whatever was counted, also where a bin or a whole profile is empty."""
    (shift,) = shifts({"x": then}, {"x": now})
    assert np.isfinite(shift.index)
    assert shift.index >= 0
    (back,) = shifts({"x": now}, {"x": then})
    assert back.index == pytest.approx(shift.index)


@given(COUNTS)
def test_the_same_counts_have_not_moved(counts: dict[str, int]) -> None:
    """Their index is 0."""
    (shift,) = shifts({"x": counts}, {"x": counts})
    assert (shift.index, shift.verdict) == (0, "steady")


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        ((500, 500), "steady"),
        ((650, 350), "steady"),
        ((680, 320), "shifted"),
        ((800, 200), "moved"),
    ],
)
def test_a_verdict_goes_by_the_two_limits(now: tuple[int, int], verdict: str) -> None:
    """Below 0.1 is steady, from 0.25 on has moved."""
    then = {"a": 500, "b": 500}
    (shift,) = shifts({"x": then}, {"x": dict(zip("ab", now, strict=True))})
    assert shift.verdict == verdict
    assert (SHIFTED <= shift.index < MOVED) == (verdict == "shifted")


def test_what_could_be_chance_is_no_shift() -> None:
    """Nine verdicts look different from a thousand by chance alone."""
    then = {"a": 500, "b": 300, "c": 200}
    (few,) = shifts({"x": then}, {"x": {"a": 2, "b": 4, "c": 3}})
    (many,) = shifts({"x": then}, {"x": {"a": 222, "b": 444, "c": 333}})
    assert few.index > SHIFTED
    assert (few.verdict, many.verdict) == ("steady", "moved")


def test_a_feature_that_only_one_profile_has_is_passed_over() -> None:
    """An older model knows nothing of a newer feature."""
    counts = {"a": 1}
    assert [
        s.feature for s in shifts({"x": counts, "old": counts}, {"x": counts, "new": counts})
    ] == ["x"]
