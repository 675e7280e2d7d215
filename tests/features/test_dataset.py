"""Rows of feedback are used, or left out for exactly one reason; X is a gather from codes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.evidence import NO_MOMENT, FeedbackRows
from app.backend.features.dataset import TrainingSet, build, prepare
from app.backend.features.encode import for_context
from app.backend.features.questions import LEFT_OUT, REPEATED, SUPERSEDED
from app.backend.features.schema import FEATURE_COUNT
from tests.features.evidence import FUNNY, LATEST_YEAR, TENSE, Row, feedback, library

REASONS = [question.id for question in (*LEFT_OUT, SUPERSEDED, REPEATED)]


def built(*rows: Row) -> TrainingSet:
    """Build a training set of rows about a library without dirt."""
    return build(feedback(rows), LATEST_YEAR)


def counts(training: TrainingSet) -> dict[str, int]:
    """Return how many rows were left out for which reason, without the reasons that hit none."""
    return {
        check.id: check.count
        for check in training.checks
        if check.action == "left out" and check.count
    }


def test_a_row_without_dirt_is_its_context_and_its_title() -> None:
    """X holds what the title is in that context, and y the verdict."""
    training = built(Row(title=1, context=1), Row(title=0, rating=4, again=0))
    np.testing.assert_array_equal(
        training.X,
        np.vstack(
            [
                for_context(TENSE.code, training.encoded_titles)[1],
                for_context(FUNNY.code, training.encoded_titles)[0],
            ]
        ),
    )
    assert training.y.tolist() == [1, 0]
    assert counts(training) == {}


@pytest.mark.parametrize(
    ("rating", "again", "label"),
    [(5, 1, 1), (4, 1, 1), (4.5, 1, 1), (3.9, 1, 0), (1, 1, 0), (5, 0, 0), (3, -1, 0)],
)
def test_a_verdict_is_positive_from_4_on_and_if_watched_again(
    rating: float, again: int, label: int
) -> None:
    """Both parts of the answer are needed; below 4 the second does not matter."""
    assert built(Row(rating=rating, again=again)).y.tolist() == [label]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Row(context=-1, title=-1), "orphan_recommendation"),
        (Row(title=-1), "orphan_title"),
        (Row(rating=float("nan")), "rating_out_of_range"),
        (Row(rating=0.5), "rating_out_of_range"),
        (Row(rating=5.5, again=-1), "rating_out_of_range"),
        (Row(rating=4, again=-1), "would_watch_again_missing"),
    ],
)
def test_a_row_is_left_out_for_its_first_reason(row: Row, reason: str) -> None:
    """And for no other; the rows around it stay."""
    training = built(Row(), row, Row(title=2))
    assert counts(training) == {reason: 1}
    assert training.feedback_id.tolist() == [1, 3]
    found = next(check for check in training.checks if check.id == reason)
    assert found.examples == (2,)


def test_the_last_verdict_of_a_day_counts() -> None:
    """Of one member on one title in one context, whatever the slate."""
    training = built(Row(rating=5), Row(rating=2), Row(rating=5, day=1))
    assert counts(training) == {"repeated": 1}
    assert (training.feedback_id.tolist(), training.y.tolist()) == ([2, 3], [0, 1])


@pytest.mark.parametrize(
    "other", [Row(title=1), Row(context=1), Row(member=7), Row(day=1)], ids=str
)
def test_another_title_context_member_or_day_is_no_repeat(other: Row) -> None:
    """Each of them makes a verdict of its own."""
    assert counts(built(Row(), other)) == {}


def test_without_a_moment_nothing_repeats() -> None:
    """On which day it was cannot be told, so both verdicts count."""
    rows = feedback([Row(), Row()])
    training = build(replace(rows, moment=np.full(2, NO_MOMENT)), LATEST_YEAR)
    assert counts(training) == {}


def test_the_last_verdict_on_a_recommendation_counts_on_any_day() -> None:
    """Also where it came long after the first; another member's stands beside it."""
    training = built(Row(slate=9), Row(slate=9, member=2), Row(slate=9, day=40, rating=1))
    assert counts(training) == {"superseded": 1}
    assert training.feedback_id.tolist() == [2, 3]


def test_a_verdict_that_cannot_be_used_supersedes_nothing() -> None:
    """The last one that can be learnt from counts."""
    training = built(Row(slate=9), Row(slate=9, rating=77))
    assert counts(training) == {"rating_out_of_range": 1}
    assert training.feedback_id.tolist() == [1]


def test_a_demo_that_has_ended_is_not_learnt_from() -> None:
    """While its titles are on the shelf it is, and afterwards only what the household said."""
    rows = [Row(is_demo=True), Row(), Row(title=1, is_demo=True)]
    ended = build(feedback(rows, library(set_aside=[0])), LATEST_YEAR)
    assert counts(ended) == {"simulated": 1}
    assert ended.feedback_id.tolist() == [2, 3]


def test_titles_in_an_unclear_unit_are_left_out_and_not_made_up() -> None:
    """Where the library's durations are in two units, the part that disagrees is set aside."""
    durations = [95] * 20 + [5_700] * 10
    titles = library(["Comedy"] * 30, duration=durations)
    training = build(feedback([Row(title=n) for n in range(30)], titles), LATEST_YEAR)
    assert counts(training) == {"duration_unit_unclear": 10}
    assert training.title.tolist() == list(range(20))


DIRTY = st.lists(
    st.builds(
        Row,
        title=st.integers(-1, 2),
        rating=st.sampled_from([1.0, 3.0, 4.0, 5.0, 0.0, 6.0, float("nan")]),
        again=st.sampled_from([-1, 0, 1]),
        context=st.integers(-1, 1),
        slate=st.integers(1, 4),
        member=st.integers(0, 2),
        day=st.just(3),
        is_demo=st.booleans(),
    ),
    max_size=30,
)


def reason_of(rows: FeedbackRows, at: int) -> str | None:
    """Say straight from the questions why a row cannot be learnt from, repeats not considered."""
    if rows.context[at] < 0:
        return "orphan_recommendation"
    if rows.title[at] < 0:
        return "orphan_title"
    if not 1 <= rows.rating[at] <= 5:
        return "rating_out_of_range"
    if rows.again[at] < 0 and rows.rating[at] >= 4:
        return "would_watch_again_missing"
    return "simulated" if rows.is_demo[at] and rows.titles.is_set_aside[rows.title[at]] else None


@settings(deadline=None)
@given(DIRTY)
def test_every_row_has_one_place(said: list[Row]) -> None:
    """It is used or has exactly the one reason that a reading row by row gives it."""
    rows = feedback(said, library(set_aside=[2]))
    expected: dict[str, list[int]] = {reason: [] for reason in REASONS}
    slates: dict[tuple[int, ...], int] = {}
    for at, row in enumerate(said):
        reason = reason_of(rows, at)
        if reason is not None:
            expected[reason].append(at + 1)
            continue
        key = (row.slate or 0, row.title, row.member)
        if key in slates:
            expected["superseded"].append(slates[key])
        slates[key] = at + 1
    evenings: dict[tuple[int, ...], int] = {}
    for number in sorted(slates.values()):
        row = said[number - 1]
        key = (row.member, row.title, row.context)
        if key in evenings:
            expected["repeated"].append(evenings[key])
        evenings[key] = number
    training = build(rows, LATEST_YEAR)
    told = {check.id: check for check in training.checks if check.action == "left out"}
    assert {name: told[name].count for name in REASONS} == {
        name: len(found) for name, found in expected.items()
    }
    for name, found in expected.items():
        assert list(told[name].examples) == sorted(found)[:5]
    assert training.feedback_id.tolist() == sorted(evenings.values())


@pytest.mark.parametrize("rows", [1, 2, 5, 7, 100])
def test_batches_are_the_whole_in_parts(rows: int) -> None:
    """Put together they are X and y, and none is larger than asked for."""
    training = built(*(Row(title=n % 3, context=n % 2, rating=1 + n % 5, day=n) for n in range(7)))
    parts = list(training.batches(rows))
    assert max(len(y) for _, y in parts) == min(rows, 7)
    np.testing.assert_array_equal(np.vstack([X for X, _ in parts]), training.X)
    np.testing.assert_array_equal(np.concatenate([y for _, y in parts]), training.y)


def test_no_rows_are_a_training_set_too() -> None:
    """With all columns, no batches, and a fingerprint."""
    training = built()
    assert training.X.shape == (0, FEATURE_COUNT)
    assert list(training.batches(10)) == []
    assert training.fingerprint() == built().fingerprint()


def test_what_can_be_learnt_changes_the_fingerprint() -> None:
    """A verdict, a context, a member, a slate or a title that was rated; in their order."""
    rows = [Row(), Row(title=1, context=1, day=1)]
    first = built(*rows).fingerprint()
    changed = (
        replace(rows[1], rating=1),
        replace(rows[1], context=0),
        replace(rows[1], member=3),
        replace(rows[1], slate=77),
        replace(rows[1], title=2),
    )
    others = [built(rows[0], other).fingerprint() for other in changed]
    longer = library(duration=[95, 96, 95])
    others.append(build(feedback(rows, longer), LATEST_YEAR).fingerprint())
    assert len({first, *others}) == 7


def test_what_cannot_be_learnt_leaves_the_fingerprint() -> None:
    """A title that nobody rated, a row that is left out, and how a value was written."""
    rows = [Row(), Row(title=1, day=1)]
    first = built(*rows).fingerprint()
    assert built(*rows, Row(rating=9)).fingerprint() == first
    unseen = library(["Comedy", "Action", "Horror", "War"], duration=["95", 95.0, 130, None])
    assert build(feedback(rows, unseen), LATEST_YEAR).fingerprint() == first


def test_preparing_keeps_what_it_was_made_of() -> None:
    """Whoever reports finds the rows, which of them are used, and the training set itself."""
    rows = feedback([Row(), Row(rating=9)])
    prepared = prepare(rows, LATEST_YEAR)
    assert prepared.rows is rows
    assert prepared.is_used.tolist() == [True, False]
    assert prepared.training.feedback_id.tolist() == [1]
