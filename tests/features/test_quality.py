"""What the used rows cover, what is missing, and where verdicts contradict each other."""

import numpy as np

from app.backend.domain.evidence import RawTitles
from app.backend.features.checks import Check
from app.backend.features.dataset import Prepared, prepare
from app.backend.features.quality import (
    Balance,
    Coverage,
    LabelNoise,
    TitleCoverage,
    balance,
    coverage,
    further_checks,
    repeats_of,
)
from app.backend.learning.splits import split_by_time
from tests.features.evidence import LATEST_YEAR, Row, feedback, library

NO_COPIES = np.zeros(0, dtype=np.int64)


def prepared(rows: list[Row], titles: RawTitles | None = None) -> Prepared:
    """Prepare rows about a library."""
    return prepare(feedback(rows, titles), LATEST_YEAR)


def covered(rows: list[Row], titles: RawTitles | None = None) -> Coverage:
    """Return what rows cover."""
    return coverage_of(prepared(rows, titles))


def coverage_of(made: Prepared) -> Coverage:
    """Return what prepared rows cover."""
    return coverage(made, repeats_of(made.training))


def further(of: Prepared, copies: tuple[int, ...] = ()) -> dict[str, Check]:
    """Answer the questions about the whole, each by its id."""
    train = split_by_time(of.training.slate).train
    checks = further_checks(of, repeats_of(of.training), train, np.array(copies, dtype=np.int64))
    return {check.id: check for check in checks}


def test_a_share_of_nothing_is_none() -> None:
    """Not 0, which would be an answer."""
    assert balance(0, 0) == Balance(0, 0, None)
    assert balance(4, 1) == Balance(4, 1, 0.25)


def test_every_context_has_its_cell() -> None:
    """All 36 are there; those with rows say how many and how many are positive."""
    found = covered([Row(), Row(title=1, rating=2), Row(context=1)])
    assert len(found.contexts) == 36
    rows = {
        (cell.mood, cell.group_size, cell.session_length): cell.balance
        for cell in found.contexts
        if cell.balance.rows
    }
    assert rows == {
        ("funny", "couple", "short"): Balance(2, 1, 0.5),
        ("action", "solo", "medium"): Balance(1, 1, 1.0),
    }


def test_titles_are_counted_on_the_shelf_and_off_it() -> None:
    """A title that has left the shelf is rated all the same."""
    titles = library(["Comedy"] * 5, set_aside=[4])
    found = covered([Row(), Row(day=1), Row(title=1), Row(title=4)], titles)
    assert found.titles == TitleCoverage(
        on_the_shelf=4, rated_on_the_shelf=2, rated=3, most_rows_of_one=2
    )


def test_genres_are_counted_by_title_and_by_row() -> None:
    """A title of two genres counts for both."""
    titles = library(["Comedy,Drama", "Drama", "Horror"], set_aside=[1])
    found = covered([Row(), Row(title=1, rating=1), Row(title=1, day=1)], titles)
    told = {genre.genre: (genre.titles, genre.balance) for genre in found.genres}
    assert told["comedy"] == (1, Balance(1, 1, 1.0))
    assert told["drama"] == (1, Balance(3, 2, 2 / 3))
    assert told["horror"] == (1, Balance(0, 0, None))


def test_members_are_counted_by_their_ids() -> None:
    """Nobody named is 0."""
    found = covered([Row(member=7), Row(), Row(title=1), Row(title=2, member=7, rating=1)])
    assert {one.member_id: one.balance for one in found.members} == {
        0: Balance(2, 2, 1.0),
        7: Balance(2, 1, 0.5),
    }


def test_what_is_missing_is_counted_among_titles_and_rows() -> None:
    """Impossible values are missing, too."""
    titles = library(["", "Drama", "Drama"], duration=[None, -3, 95], year=[1999, 3000, None])
    found = covered([Row(), Row(title=1), Row(title=1, day=1, member=2)], titles)
    told = {missing.column: (missing.titles, missing.rows) for missing in found.missing}
    assert told == {
        "genres": (1, 1),
        "duration": (2, 3),
        "year": (2, 2),
        "community_rating": (3, 3),
        "mood": (None, 0),
        "group_size": (None, 0),
        "session_length": (None, 0),
        "member": (None, 2),
    }


def test_verdicts_that_contradict_each_other_are_label_noise() -> None:
    """Of one member, on one title, in one context; the fewer ones stand against the others."""
    rows = [
        *(Row(rating=rating, day=day) for day, rating in enumerate((5, 5, 1))),
        *(Row(title=1, day=day) for day in range(2)),
        Row(title=2),
        Row(title=2, rating=1, context=1),
        Row(title=2, rating=1, member=4),
    ]
    found = prepared(rows)
    assert coverage_of(found).noise == LabelNoise(
        repeated=2, contradictory=1, rows=5, rows_against=1
    )
    check = further(found)["contradictory"]
    assert (check.count, check.examples, check.action) == (3, (1, 2, 3), "kept")


def test_an_outlier_is_outside_what_the_training_part_shows() -> None:
    """The later parts have no say in the bounds by which they are judged."""
    durations = [90 + n % 20 for n in range(60)] + [600, 600]
    titles = library(["Comedy"] * 62, duration=durations)
    late = prepared([Row(title=n, day=n) for n in range(62)], titles)
    check = further(late)["outlier"]
    assert (check.count, check.examples, check.action) == (2, (61, 62), "clipped")
    plain = prepared([Row(title=n, day=n) for n in range(60)], titles)
    assert further(plain)["outlier"].count == 0


def test_a_copy_that_differs_is_named() -> None:
    """By the id of its feedback; nothing is left out for it."""
    check = further(prepared([Row()]), copies=(1,))["copy_differs"]
    assert (check.count, check.examples, check.severity) == (1, (1,), "error")


def test_nothing_can_be_reported_on_too() -> None:
    """Without rows, and without titles."""
    for titles in (library(), library([])):
        nothing = prepared([], titles)
        found = coverage_of(nothing)
        assert found.members == ()
        assert found.noise == LabelNoise(0, 0, 0, 0)
        assert sum(cell.balance.rows for cell in found.contexts) == 0
        assert [check.count for check in further(nothing).values()] == [0, 0, 0]
