"""The four named functions, on a database that has only what integrators were promised."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.errors import (
    ArtefactUntrusted,
    DatabaseUnreachable,
    InvalidInput,
    ModelError,
)
from app.backend.ml_model import (
    FEATURE_NAMES,
    load_model,
    prepare_training_data,
    save_model,
    train_model,
)
from tests.bare_database import Bare, clean_rows, mood

PROMISED = [
    "mood_funny", "mood_action", "mood_dramatic", "mood_relaxing",
    "group_solo", "group_couple", "group_group",
    "session_short", "session_medium", "session_binge",
    "genre_comedy", "genre_action", "genre_drama", "genre_thriller", "genre_scifi",
    "duration", "year",
]  # fmt: skip
GENRES = ("Comedy", "Action", "Drama", "Thriller", "Sci-Fi", "Horror", "Family")


@pytest.fixture(autouse=True)
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the ledger of saved pickles inside the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def prepared(bare: Bare, path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Write rows and read them the promised way."""
    engine = bare.write(path)
    with Session(engine) as session:
        read = prepare_training_data(session)
    engine.dispose()
    return read


def row_by_row(bare: Bare) -> tuple[list[list[float]], list[int]]:
    """Prepare rows the slow way, straight from the words of the promise."""
    media = {row[0]: row for row in bare.media}
    shown = {row[0]: row for row in bare.recommendations}
    X, y = [], []
    for _, recommendation_id, rating, again in sorted(bare.feedback, key=lambda row: int(row[0])):
        _, media_id, said, group, session = shown[recommendation_id]
        _, _, genres, duration, year = media[media_id]
        word = json.loads(said)["mood"]
        names = genres.split(",")
        X.append(
            [float(word == one) for one in MOODS]
            + [float(group == one) for one in GROUP_SIZES]
            + [float(session == one) for one in SESSION_LENGTHS]
            + [float(name in names) for name in GENRES[:5]]
            + [float(duration or 0), float(year or 0)]
        )
        y.append(int(rating >= 4 and bool(again)))
    return X, y


def many_rows(count: int = 80) -> Bare:
    """Return enough clean rows to train on."""
    bare = Bare()
    for n in range(1, count + 1):
        genre = GENRES[n % len(GENRES)]
        bare.media.append((n, f"Title {n}", genre, 80 + n, 1950 + n % 70))
        word = MOODS[n % 4]
        bare.recommendations.append((n, n, mood(word), GROUP_SIZES[n % 3], SESSION_LENGTHS[n % 3]))
        good = (genre == "Comedy") == (word == "funny")
        bare.feedback.append((n, n, 5 if good else 2, 1))
    return bare


def test_the_first_columns_are_the_promised_ones() -> None:
    """Seventeen names stand first, in the promised order, and all names differ."""
    assert list(FEATURE_NAMES[:17]) == PROMISED
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES)


def test_bare_columns_are_enough(tmp_path: Path) -> None:
    """On a database made by hand, X and y are what the promise says."""
    bare = clean_rows()
    X, y = prepared(bare, tmp_path / "bare.db")
    expected_X, expected_y = row_by_row(bare)
    assert X.dtype == np.float64
    assert X.shape == (4, len(FEATURE_NAMES))
    assert X[:, :17].tolist() == expected_X
    assert y.tolist() == expected_y == [1, 0, 1, 0]
    assert X[2, [15, 16]].tolist() == [0.0, 0.0]


@pytest.mark.postgres
def test_bare_columns_are_enough_on_postgresql(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The same rows in PostgreSQL give the same X and y."""
    server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            write_to_postgresql(connection, clean_rows())
        with Session(engine) as session:
            X, y = prepare_training_data(session)
        engine.dispose()
    expected_X, expected_y = prepared(clean_rows(), tmp_path / "bare.db")
    assert np.array_equal(X, expected_X)
    assert np.array_equal(y, expected_y)


def write_to_postgresql(connection: Connection, bare: Bare) -> None:
    """Make the promised tables in PostgreSQL, with its own types."""
    for statement in (
        "CREATE TABLE media (id int, title text, genres text, duration int, year int)",
        """CREATE TABLE recommendations
           (id int, media_id int, mood json, group_size text, session_length text)""",
        """CREATE TABLE feedback
           (id int, recommendation_id int, rating int, would_watch_again boolean)""",
    ):
        connection.execute(text(statement))
    for row in bare.media:
        values = dict(zip("abcde", row, strict=True))
        connection.execute(text("INSERT INTO media VALUES (:a, :b, :c, :d, :e)"), values)
    for row in bare.recommendations:
        values = dict(zip("abcde", row, strict=True))
        connection.execute(text("INSERT INTO recommendations VALUES (:a, :b, :c, :d, :e)"), values)
    for row in bare.feedback:
        values = dict(zip("abcd", (*row[:3], bool(row[3])), strict=True))
        connection.execute(text("INSERT INTO feedback VALUES (:a, :b, :c, :d)"), values)


def test_no_feedback_is_an_empty_matrix(tmp_path: Path) -> None:
    """Without feedback X has no row and all columns, and no model comes of it."""
    X, y = prepared(Bare(media=clean_rows().media), tmp_path / "bare.db")
    assert X.shape == (0, len(FEATURE_NAMES))
    assert y.shape == (0,)
    assert train_model(X, y) is None


def test_a_database_without_the_tables_is_a_named_error() -> None:
    """A missing table is named, with what to do."""
    engine = create_engine("sqlite://")
    with Session(engine) as session, pytest.raises(DatabaseUnreachable, match="media"):
        prepare_training_data(session)
    engine.dispose()


def test_one_class_gives_no_model(tmp_path: Path) -> None:
    """Where all rows are alike there is nothing to train."""
    X, y = prepared(clean_rows(), tmp_path / "bare.db")
    assert train_model(X, np.ones_like(y)) is None
    assert train_model(X, np.zeros_like(y)) is None


def test_a_model_is_a_scikit_learn_classifier(tmp_path: Path) -> None:
    """It can be cloned and asked for its parameters, and its probabilities sum to one."""
    X, y = prepared(many_rows(), tmp_path / "bare.db")
    model = train_model(X, y)
    assert model is not None
    assert is_classifier(model)
    assert clone(model).get_params()["config"] == model.config
    proba = model.predict_proba(X)
    assert proba.shape == (80, 2)
    assert np.allclose(proba.sum(axis=1), 1)
    assert set(model.predict(X)) == {0, 1}
    assert np.mean(model.predict(X) == y) > 0.75


def test_a_model_answers_the_mood(tmp_path: Path) -> None:
    """Where a genre is liked on one mood and disliked on the others, so the model says."""
    X, y = prepared(many_rows(400), tmp_path / "bare.db")
    model = train_model(X, y)
    assert model is not None
    comedy = X[X[:, 10] == 1][:1].repeat(4, axis=0)
    comedy[:, :4] = np.eye(4)
    chances = model.predict_proba(comedy)[:, 1]
    assert chances[0] > chances[1:].max() + 0.2


@pytest.mark.parametrize("suffix", [".safetensors", ".pkl", ".joblib", ".skops", ".onnx"])
def test_what_is_saved_loads_and_predicts_the_same(tmp_path: Path, suffix: str) -> None:
    """Each format comes back with the same probabilities, and a manifest lies beside it."""
    X, y = prepared(many_rows(), tmp_path / "bare.db")
    model = train_model(X, y)
    assert model is not None
    path = tmp_path / f"model{suffix}"
    digest = save_model(model, path)
    again = load_model(path)
    assert again is not None
    assert np.abs(again.predict_proba(X) - model.predict_proba(X)).max() < 1e-9
    assert len(digest) == 64
    assert sorted(one.name for one in tmp_path.glob("*manifest.json"))


def test_without_a_path_the_promised_one_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved and loaded without a path, the model lies under app/models, as a pickle."""
    X, y = prepared(many_rows(), tmp_path / "bare.db")
    model = train_model(X, y)
    assert model is not None
    monkeypatch.chdir(tmp_path)
    assert load_model() is None
    save_model(model)
    assert (tmp_path / "app" / "models" / "recommendation_model.pkl").is_file()
    again = load_model()
    assert again is not None
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of-someone-else"))
    with pytest.raises(ArtefactUntrusted):
        load_model()


def test_no_file_is_none_and_a_foreign_file_is_an_error(tmp_path: Path) -> None:
    """Only where there is no file is the answer None."""
    assert load_model(tmp_path / "missing.pkl") is None
    for name in ("a.pkl", "b.skops", "c.onnx", "d.safetensors", "e.txt"):
        (tmp_path / name).write_bytes(b"not a model")
        with pytest.raises(ModelError):
            load_model(tmp_path / name)


def test_nothing_but_a_model_is_saved(tmp_path: Path) -> None:
    """What train_model did not make is refused."""
    with pytest.raises(InvalidInput):
        save_model(None, tmp_path / "model.safetensors")  # type: ignore[arg-type]  # on purpose
    assert list(tmp_path.glob("model*")) == []


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """The same rows and seed give the same file, in another process with another hash seed."""
    engine = many_rows().write(tmp_path / "bare.db")
    engine.dispose()
    program = (
        "import sys; from sqlalchemy import create_engine; from sqlalchemy.orm import Session\n"
        "from app.backend.ml_model import *\n"
        "engine = create_engine('sqlite:///' + sys.argv[1])\n"
        "model = train_model(*prepare_training_data(Session(engine)), seed=4)\n"
        "print(save_model(model, sys.argv[2]))\n"
    )
    digests = []
    for hash_seed in ("1", "2"):
        path = tmp_path / hash_seed / "model.safetensors"
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "bare.db"), str(path)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.append(done.stdout)
    assert digests[0] == digests[1]
    first, second = (tmp_path / seed / "model.safetensors" for seed in ("1", "2"))
    assert first.read_bytes() == second.read_bytes()


clean_media = st.tuples(
    st.lists(st.sampled_from(GENRES), min_size=1, max_size=4, unique=True),
    st.none() | st.integers(1, 600),
    st.none() | st.integers(1900, 2026),
)
clean_feedback = st.tuples(
    st.integers(0, 4),
    st.sampled_from(MOODS),
    st.sampled_from(GROUP_SIZES),
    st.sampled_from(SESSION_LENGTHS),
    st.integers(1, 5),
    st.booleans(),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(clean_media, min_size=5, max_size=5), st.lists(clean_feedback, max_size=30))
def test_on_clean_rows_it_equals_the_row_by_row_loop(
    tmp_path: Path,
    media: list[tuple[list[str], int | None, int | None]],
    evenings: list[tuple[int, str, str, str, int, bool]],
) -> None:
    """Whatever is in a database without dirt, the promised columns and y are the loop's."""
    bare = Bare()
    for n, (genres, duration, year) in enumerate(media):
        bare.media.append((n, f"Title {n}", ",".join(genres), duration, year))
    for n, (title, word, group, session, rating, again) in enumerate(evenings, start=1):
        bare.recommendations.append((n, title, mood(word), group, session))
        bare.feedback.append((n, n, rating, again))
    path = tmp_path / "generated.db"
    path.unlink(missing_ok=True)
    X, y = prepared(bare, path)
    expected_X, expected_y = row_by_row(bare)
    assert X[:, :17].tolist() == expected_X
    assert y.tolist() == expected_y
