"""Whatever a database holds: training goes on, and every row is accounted for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.backend.features.checks import Check
from app.backend.features.dataset import TrainingSet
from app.backend.features.schema import FEATURE_COUNT
from app.backend.ml_model import prepare, train_model
from tests.bare_database import Bare, clean_rows, mood

MALFORMED_MOODS = [
    None, "", "happy", "{", "[]", "null", "3", "NaN", "1e999", '{"mood": 3}', '{"mood": null}',
    '{"mood": ["funny"]}', '{"mood": true}', '{"mood": NaN}', '{"feeling": "funny"}', "[" * 2_000,
    '{"mood": ' * 500, b"\xff\xfe", 7, 7.5, '{"mood": ""}', '{"mood": "  "}',
]  # fmt: skip
DURATIONS = [None, 0, -5, 95, 1e9, 57_000_000_000, "95", "ninety", float("inf"), b"x"]
YEARS = [None, 0, 1999, 3000, -1, "1999", "soon", 1e300, b"x"]
GENRES = [
    None,
    "",
    "Comedy",
    " Comédie ; Action/Drama | Sci-Fi & Fantasy ",
    "Blorp",
    ",,,",
    7,
    b"x",
]
RATINGS = [None, 0, 1, 3, 4, 5, 6, -1, 4.5, "5", "five", float("inf"), 2**62, b"x"]
AGAIN = [None, 0, 1, 2, "true", "no", True, b"x"]


def read(bare: Bare, path: Path) -> TrainingSet:
    """Write rows and prepare them, with the report."""
    path.unlink(missing_ok=True)
    engine = bare.write(path)
    with Session(engine) as session:
        training = prepare(session).training
    engine.dispose()
    return training


def answer(training: TrainingSet, identifier: str) -> Check:
    """Return the answer to one question."""
    return next(check for check in training.checks if check.id == identifier)


def assert_accounted(training: TrainingSet) -> None:
    """What came in is what is used plus what was left out."""
    left_out = sum(check.count for check in training.checks if check.action == "left out")
    assert training.rows_read == len(training.y) + left_out
    assert training.X.shape == (len(training.y), FEATURE_COUNT)
    assert np.isfinite(training.X).all()
    assert set(np.unique(training.y)) <= {0, 1}


@pytest.mark.parametrize("text", MALFORMED_MOODS, ids=range(len(MALFORMED_MOODS)))
def test_a_malformed_mood_is_unknown_and_counted(tmp_path: Path, text: object) -> None:
    """The row stays, its mood columns are 0, and the check names it."""
    bare = clean_rows()
    bare.recommendations[0] = (10, 1, text, "couple", "short")
    training = read(bare, tmp_path / "dirty.db")
    found = answer(training, "mood_malformed")
    assert (found.count, found.examples, found.action) == (1, (1,), "kept")
    assert training.X[0, :4].tolist() == [0, 0, 0, 0]
    assert len(training.y) == 4
    assert_accounted(training)


def test_an_unknown_mood_is_counted_apart(tmp_path: Path) -> None:
    """A well-formed mood that nobody knows is not malformed."""
    bare = clean_rows()
    bare.recommendations[1] = (11, 2, mood("melancholic"), "crowd", "epic")
    training = read(bare, tmp_path / "dirty.db")
    for identifier in ("mood_unknown", "company_unknown", "session_unknown"):
        assert answer(training, identifier).examples == (2,)
    assert answer(training, "mood_malformed").count == 0
    assert training.X[1, :10].tolist() == [0] * 10


@pytest.mark.parametrize(
    ("column", "value", "identifier"),
    [
        (2, None, "genres_missing"),
        (2, "", "genres_missing"),
        (2, "Blorp", "genres_unknown"),
        (3, None, "duration_missing"),
        (3, 0, "duration_impossible"),
        (3, -5, "duration_impossible"),
        (3, 2_000, "duration_impossible"),
        (3, 100_000_000, "duration_impossible"),
        (4, None, "year_missing"),
        (4, 0, "year_impossible"),
        (4, 3000, "year_impossible"),
    ],
)
def test_an_odd_title_is_used_and_counted(
    tmp_path: Path, column: int, value: object, identifier: str
) -> None:
    """Missing or impossible values of a title become 0; each row that meets them is counted."""
    bare = clean_rows()
    title: list[Any] = list(bare.media[0])
    title[column] = value
    bare.media[0] = title
    training = read(bare, tmp_path / "dirty.db")
    before = read(clean_rows(), tmp_path / "clean.db")
    assert answer(training, identifier).count == answer(before, identifier).count + 2
    assert set(answer(training, identifier).examples) >= {1, 4}
    assert len(training.y) == 4
    if column in (3, 4):
        assert training.X[0, 12 + column] == 0
    assert_accounted(training)


@pytest.mark.parametrize("rating", [None, 0, 6, -1, "five", float("inf"), 5.5])
def test_a_rating_out_of_range_is_left_out(tmp_path: Path, rating: object) -> None:
    """The row does not train, and the check names it."""
    bare = clean_rows()
    bare.feedback[0] = (1, 10, rating, 1)
    training = read(bare, tmp_path / "dirty.db")
    assert answer(training, "rating_out_of_range").examples == (1,)
    assert training.feedback_id.tolist() == [2, 3, 4]
    assert_accounted(training)


def test_orphans_are_left_out(tmp_path: Path) -> None:
    """Feedback without a recommendation, and a recommendation without a title, are counted."""
    bare = clean_rows()
    bare.recommendations.append((14, 99, mood("funny"), "solo", "short"))
    bare.feedback += [(5, 77, 5, 1), (6, 14, 5, 1)]
    training = read(bare, tmp_path / "dirty.db")
    assert answer(training, "orphan_recommendation").examples == (5,)
    assert answer(training, "orphan_title").examples == (6,)
    assert len(training.y) == 4
    assert_accounted(training)


def test_the_last_verdict_counts(tmp_path: Path) -> None:
    """Of several verdicts on one recommendation the last usable one trains."""
    bare = clean_rows()
    bare.feedback += [(5, 10, 1, 0), (6, 10, 9, 1)]
    training = read(bare, tmp_path / "dirty.db")
    assert answer(training, "superseded").examples == (1,)
    assert training.feedback_id.tolist() == [2, 3, 4, 5]
    assert training.y.tolist() == [0, 1, 0, 0]
    assert_accounted(training)


def test_a_missing_answer_is_left_out_only_where_it_matters(tmp_path: Path) -> None:
    """Without would-watch-again a low rating is negative all the same, a high one is unclear."""
    bare = clean_rows()
    bare.feedback[0], bare.feedback[3] = (1, 10, 5, None), (4, 13, 2, None)
    training = read(bare, tmp_path / "dirty.db")
    assert answer(training, "would_watch_again_missing").examples == (1,)
    assert training.feedback_id.tolist() == [2, 3, 4]
    assert training.y.tolist() == [0, 1, 0]


def test_training_goes_on_with_all_of_it_at_once(tmp_path: Path) -> None:
    """A database in which every second row is dirty still gives a model of the rest."""
    bare = clean_rows()
    number = 100
    for values in (DURATIONS, YEARS, GENRES, RATINGS, AGAIN, MALFORMED_MOODS):
        for value in values:
            number += 1
            add(bare, number, values, value)
    training = read(bare, tmp_path / "dirty.db")
    assert_accounted(training)
    model = train_model(training.X, training.y)
    assert model is not None
    assert np.isfinite(model.predict_proba(training.X)).all()


def add(bare: Bare, number: int, kind: Sequence[Any], value: object) -> None:
    """Add one evening that is odd in one respect."""
    odd = {id(DURATIONS): 0, id(YEARS): 1, id(GENRES): 2, id(RATINGS): 3, id(AGAIN): 4}
    row: list[Any] = [95, 1999, "Comedy", 2, 1, mood("funny")]
    row[odd.get(id(kind), 5)] = value
    duration, year, genres, rating, again, said = row
    bare.media.append((number, "Odd", genres, duration, year))
    bare.recommendations.append((number, number, said, "solo", "short"))
    bare.feedback.append((number, number, rating, again))


dirty_media = st.tuples(st.sampled_from(GENRES), st.sampled_from(DURATIONS), st.sampled_from(YEARS))
dirty_feedback = st.tuples(
    st.integers(0, 6),
    st.sampled_from([*MALFORMED_MOODS, mood("funny"), mood("action"), mood("odd")]) | st.text(),
    st.sampled_from(["solo", "couple", "group", "", None, "GROUP ", 3]),
    st.sampled_from(["short", "medium", "binge", None, "epic"]),
    st.sampled_from(RATINGS),
    st.sampled_from(AGAIN),
    st.integers(1, 12),
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(dirty_media, min_size=5, max_size=5),
    st.lists(dirty_feedback, max_size=25),
    st.randoms(use_true_random=False),
)
def test_no_database_is_too_dirty(
    tmp_path: Path,
    media: list[tuple[Any, ...]],
    evenings: list[tuple[Any, ...]],
    random: Any,  # noqa: ANN401  # hypothesis' own
) -> None:
    """Never an exception, always finite columns, every row accounted for, in any order of rows."""
    bare = Bare()
    for n, (genres, duration, year) in enumerate(media):
        bare.media.append((n, f"Title {n}", genres, duration, year))
    for n, (title, said, group, session, rating, again, wanted) in enumerate(evenings, start=1):
        readable = said if not isinstance(said, str) or said.isprintable() else "x"
        bare.recommendations.append((n, title, readable, group, session))
        bare.feedback.append((n, wanted, rating, again))
    training = read(bare, tmp_path / "dirty.db")
    assert_accounted(training)
    train_model(training.X, training.y)
    random.shuffle(bare.media)
    random.shuffle(bare.recommendations)
    random.shuffle(bare.feedback)
    again_read = read(bare, tmp_path / "shuffled.db")
    assert np.array_equal(training.X, again_read.X)
    assert training.fingerprint() == again_read.fingerprint()
