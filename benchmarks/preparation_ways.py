"""The ways to prepare training data that are compared, each in a process of its own.

python -m benchmarks.preparation_ways WAY URL [--warm-up URL] [--repeats N]

Opening a way imports what it needs; only running it is measured. The database is SQLite.
"""

import argparse
import hashlib
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from importlib import import_module, metadata
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ForeignKey, NullPool, create_engine, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from benchmarks.process_memory import forget_peak, memory_mb

Prepared: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]
Work: TypeAlias = Callable[[], Any]

PROMISED_COLUMNS: Final = 17
BATCH_ROWS: Final = 65_536
GENRES: Final = ("Comedy", "Action", "Drama", "Thriller", "Sci-Fi")

JOINED: Final = """
SELECT rating, would_watch_again, mood, group_size, session_length, genres, duration, year
FROM feedback AS f JOIN recommendations AS r ON r.id = f.recommendation_id
JOIN media AS m ON m.id = r.media_id ORDER BY f.id
"""
# What the reader of Encore reads: its own feedback says by codes and a day what it is about.
OWN_SCAN: Final = (
    """SELECT id, slate_id, media_id, member_id, context_code, rating, would_watch_again, day
       FROM feedback ORDER BY id""",
    """SELECT id, title, genres, duration, year, kind, community_rating, age_rating, source,
              is_hidden, removed_at FROM media ORDER BY id""",
)
BARE_SCAN: Final = (
    """SELECT f.id, r.id, media_id, mood, group_size, session_length, rating, would_watch_again
       FROM feedback AS f LEFT JOIN recommendations AS r ON r.id = f.recommendation_id
       ORDER BY f.id""",
    "SELECT id, title, genres, duration, year FROM media ORDER BY id",
)


class Promised(DeclarativeBase):
    """The tables of the row-by-row loop, with the promised columns only."""


class Media(Promised):
    """A title."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    genres: Mapped[str]
    duration: Mapped[int | None]
    year: Mapped[int | None]


class Recommendation(Promised):
    """An impression."""

    __tablename__ = "recommendations"

    id: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"))
    mood: Mapped[str]
    group_size: Mapped[str]
    session_length: Mapped[str]


class Feedback(Promised):
    """A verdict."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(ForeignKey("recommendations.id"))
    rating: Mapped[int]
    would_watch_again: Mapped[int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one way and print what it took."""
    parser = argparse.ArgumentParser(prog="preparation_ways", description=__doc__)
    parser.add_argument("way", choices=WAYS, help="what to run")
    parser.add_argument("url", help="the database, as a URL")
    parser.add_argument("--warm-up", help="the URL of an empty one, to run on first")
    parser.add_argument("--repeats", type=int, default=1, help="how often to run it")
    options = parser.parse_args(arguments)
    print(json.dumps(measure(options.way, options.url, options.warm_up, options.repeats)))
    return 0


def measure(way: str, url: str, warm_up: str | None, repeats: int) -> dict[str, Any]:
    """Run a way some times; return CPU time, memory, and a digest of X and y if it makes them."""
    try:
        work = WAYS[way](url)
    except ModuleNotFoundError as error:
        return {"skipped": f"{error.name} is not installed; pip install pandas polars"}
    if warm_up:
        WAYS[way](warm_up)()
    forget_peak()
    before, _ = memory_mb()
    spent = []
    result = None
    for _ in range(repeats):
        del result
        began = time.process_time()
        result = work()
        spent.append(time.process_time() - began)
    _, peak = memory_mb()
    return {
        "cpu_seconds": min(spent),
        "cpu_seconds_median": statistics.median(spent),
        "cpu_seconds_first": spent[0],
        "repeats": repeats,
        "peak_mb": round(peak, 1),
        "growth_mb": round(peak - before, 1),
        **({"sha256": digest(result)} if isinstance(result, tuple) else {}),
        **({"version": metadata.version(way)} if way in PEERS else {}),
    }


def digest(prepared: Prepared) -> str:
    """Return the SHA-256 of the promised columns of X, and of y."""
    X, y = prepared
    found = hashlib.sha256(np.ascontiguousarray(X[:, :PROMISED_COLUMNS]).data)
    found.update(np.ascontiguousarray(y).data)
    return found.hexdigest()


def _loop(url: str) -> Work:
    """Open the row-by-row loop over objects."""
    opened = _sessions(url)

    def prepare() -> Prepared:
        X: list[list[float]] = []
        y: list[int] = []
        with opened() as session:
            rows = (
                session.query(Feedback, Recommendation, Media)
                .join(Recommendation, Feedback.recommendation_id == Recommendation.id)
                .join(Media, Recommendation.media_id == Media.id)
                .order_by(Feedback.id)
                .all()
            )
            for feedback, recommendation, media in rows:
                X.append(_columns_of(recommendation, media))
                y.append(int(feedback.rating >= 4 and bool(feedback.would_watch_again)))
        return np.array(X, np.float64).reshape(-1, PROMISED_COLUMNS), np.array(y, np.int64)

    return prepare


def _columns_of(recommendation: Recommendation, media: Media) -> list[float]:
    mood = json.loads(recommendation.mood)["mood"]
    genres = media.genres.split(",")
    return [
        *(float(mood == one) for one in MOODS),
        *(float(recommendation.group_size == one) for one in GROUP_SIZES),
        *(float(recommendation.session_length == one) for one in SESSION_LENGTHS),
        *(float(one in genres) for one in GENRES),
        float(media.duration or 0),
        float(media.year or 0),
    ]


def _pandas(url: str) -> Work:
    """Open the way of a data frame: texts that repeat are understood once."""
    pandas = import_module("pandas")

    def prepare() -> Prepared:
        with _connected(url) as connection:
            frame = pandas.read_sql(JOINED, connection)
        said, texts = pandas.factorize(frame["mood"])
        moods = np.array([json.loads(text)["mood"] for text in texts], dtype=object)
        genre_of, texts = pandas.factorize(frame["genres"])
        names = [text.split(",") for text in texts]
        X = np.zeros((len(frame), PROMISED_COLUMNS))
        columns: list[Any] = [(moods == one)[said] for one in MOODS]
        columns += [frame["group_size"] == one for one in GROUP_SIZES]
        columns += [frame["session_length"] == one for one in SESSION_LENGTHS]
        for one in GENRES:
            columns.append(np.array([one in genres for genres in names], dtype=bool)[genre_of])
        columns += [frame["duration"].fillna(0), frame["year"].fillna(0)]
        for at, column in enumerate(columns):
            X[:, at] = column
        y = (frame["rating"] >= 4) & (frame["would_watch_again"] == 1)
        return X, y.to_numpy().astype(np.int64)

    return prepare


def _polars(url: str) -> Work:
    """Open the way of a data frame with expressions."""
    polars = import_module("polars")
    col, text, whole = polars.col, polars.String, polars.Int64
    kinds = {"rating": whole, "would_watch_again": whole, "duration": whole, "year": whole}
    kinds |= {"mood": text, "group_size": text, "session_length": text, "genres": text}
    mood = col("mood").str.json_path_match("$.mood")
    genres = col("genres").str.split(",")
    columns = [mood == one for one in MOODS]
    columns += [col("group_size") == one for one in GROUP_SIZES]
    columns += [col("session_length") == one for one in SESSION_LENGTHS]
    columns += [genres.list.contains(one) for one in GENRES]
    columns += [col("duration").fill_null(0), col("year").fill_null(0)]
    named = [one.cast(polars.Float64).alias(str(at)) for at, one in enumerate(columns)]
    is_positive = (col("rating") >= 4) & (col("would_watch_again") == 1)

    def prepare() -> Prepared:
        with _connected(url) as connection:
            frame = polars.read_database(JOINED, connection, schema_overrides=kinds)
        X = frame.lazy().select(named).collect().to_numpy()
        y = frame.select(is_positive.cast(whole)).to_series().to_numpy()
        return np.ascontiguousarray(X), y

    return prepare


def _scan_columns(url: str) -> Work:
    """Open the bare scan: every value becomes a Python object, and nothing is done with it."""

    def scan() -> None:
        with _connected(url) as connection:
            tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'slates'")
            for query in OWN_SCAN if tables.fetchone() else BARE_SCAN:
                for _ in connection.execute(query):
                    pass

    return scan


def _of_encore(module: str, function: str, url: str) -> Work:
    """Open a function of Encore that reads from a session."""
    read: Callable[[Session], Any] = getattr(import_module(module), function)
    opened = _sessions(url)

    def prepare() -> Any:  # noqa: ANN401  # each function has its own result
        with opened() as session:
            return read(session)

    return prepare


def _batches(url: str) -> Work:
    """Open what learning from more than fits would read: X and y in parts, each let go of."""
    prepare = _of_encore("app.backend.ml_model", "prepare", url)

    def read() -> int:
        return sum(len(y) for _, y in prepare().training.batches(BATCH_ROWS))

    return read


def _sessions(url: str) -> sessionmaker[Session]:
    """Return a maker of sessions, each with a connection of its own, as a fresh process has."""
    return sessionmaker(create_engine(url, poolclass=NullPool))


def _connected(url: str) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(str(make_url(url).database)))


WAYS: Final[Mapping[str, Callable[[str], Work]]] = {
    "loop": _loop,
    "pandas": _pandas,
    "polars": _polars,
    "scan_columns": _scan_columns,
    "codes": partial(_of_encore, "app.backend.store.training_rows", "read_feedback"),
    "checked": partial(_of_encore, "app.backend.ml_model", "prepare"),
    "dense": partial(_of_encore, "app.backend.ml_model", "prepare_training_data"),
    "batches": _batches,
}
PEERS: Final = ("pandas", "polars")


if __name__ == "__main__":
    sys.exit(main())
