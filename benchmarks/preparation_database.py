"""Writes the databases on which data preparation is measured: Encore's own tables, and bare ones.

Both kinds hold the same evenings, drawn from one seed, without dirt; nothing is measured here.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np

from app.backend.domain.context import every_context, mood_as_json
from app.backend.store.schema import upgrade
from app.backend.store.session import open_database

Kind: TypeAlias = Literal["own", "bare"]

KINDS: Final[tuple[Kind, ...]] = ("own", "bare")
SEED: Final = 11
MOST_TITLES: Final = 20_000
LEAST_TITLES: Final = 500
GENRE_TEXTS: Final = 1_500
MOST_GENRES: Final = 4
GENRES: Final = (
    "Comedy", "Action", "Drama", "Thriller", "Sci-Fi", "Adventure", "Animation", "Crime",
    "Documentary", "Family", "Fantasy", "History", "Horror", "Mystery", "Romance", "War", "Western",
)  # fmt: skip
CHUNK_ROWS: Final = 100_000
FIRST_MOMENT: Final = np.datetime64("2026-01-01T00:00:00", "us")
DAY_SECONDS: Final = 86_400

CONTEXTS: Final = every_context()
CODES: Final = [context.code for context in CONTEXTS]
MOODS: Final = [str(context.mood) for context in CONTEXTS]
MOODS_AS_JSON: Final = [mood_as_json(mood) for mood in MOODS]
GROUPS: Final = [str(context.group_size) for context in CONTEXTS]
SESSIONS: Final = [str(context.session_length) for context in CONTEXTS]
REASONS: Final = [
    json.dumps([f"Your household likes it when the mood is {context.mood}.", "It fits the time."])
    for context in CONTEXTS
]

BARE_TABLES: Final = """
CREATE TABLE media (
    id INTEGER PRIMARY KEY, title TEXT, genres TEXT, duration INTEGER, year INTEGER
);
CREATE TABLE recommendations (
    id INTEGER PRIMARY KEY, media_id INTEGER, mood TEXT, group_size TEXT, session_length TEXT
);
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY, recommendation_id INTEGER, rating INTEGER, would_watch_again INTEGER
);
"""
BARE_MEDIA: Final = "INSERT INTO media (id, title, genres, duration, year) VALUES (?, ?, ?, ?, ?)"
BARE_SHOWN: Final = """
INSERT INTO recommendations (id, media_id, mood, group_size, session_length) VALUES (?, ?, ?, ?, ?)
"""
BARE_FEEDBACK: Final = """
INSERT INTO feedback (id, recommendation_id, rating, would_watch_again) VALUES (?, ?, ?, ?)
"""
OWN_MEDIA: Final = """
INSERT INTO media (
    id, title, genres, duration, year, kind, community_rating, source, source_key, identity,
    is_hidden, added_at, updated_at
) VALUES (
    ?, ?, ?, ?, ?, 'movie', ?, 'csv', ?, ?,
    0, '2025-12-31 12:00:00.000000', '2025-12-31 12:00:00.000000'
)
"""
OWN_SLATES: Final = """
INSERT INTO slates (
    id, requested_at, mood, group_size, session_length, context_code, members, policy, seed,
    candidates, left_out
) VALUES (?, ?, ?, ?, ?, ?, '[]', 'explore', ?, 412, '{"too_long": 31}')
"""
OWN_SHOWN: Final = """
INSERT INTO recommendations (
    id, slate_id, media_id, mood, group_size, session_length, context_code, position, propensity,
    policy, probability, features, reasons, shown_at
) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0.9, 'explore', 0.61, ?, ?, ?)
"""
OWN_FEEDBACK: Final = """
INSERT INTO feedback (
    id, recommendation_id, rating, would_watch_again, slate_id, media_id, context_code, day,
    source, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'household', ?)
"""


@dataclass(frozen=True, slots=True)
class Library:
    """The titles, column by column; the first one has the id 1."""

    genres: list[str]
    duration: list[int]
    year: list[int]
    community_rating: list[float]

    def promised(self) -> Iterator[tuple[int, str, str, int, int]]:
        """Yield the promised columns of each title."""
        for at, columns in enumerate(zip(self.genres, self.duration, self.year, strict=True)):
            yield at + 1, f"Title {at + 1}", *columns

    def features(self) -> list[str]:
        """Return what an impression of each title keeps of it."""
        return [
            json.dumps(
                {
                    "kind": "movie",
                    "year": self.year[at],
                    "minutes": float(self.duration[at]),
                    "genres": genres.lower().split(","),
                    "community_rating": self.community_rating[at],
                }
            )
            for at, genres in enumerate(self.genres)
        ]


@dataclass(frozen=True, slots=True)
class Evenings:
    """Consecutive verdicts, each with an impression and a slate of the same id."""

    ids: range
    media_id: list[int]
    context: list[int]
    rating: list[int]
    again: list[int]

    def said(self, values: Sequence[str]) -> list[str]:
        """Return what belongs to the context of each evening."""
        return [values[context] for context in self.context]


def make_database(folder: Path, kind: Kind, rows: int) -> str:
    """Write a database, unless the folder has it, and return its URL."""
    path = folder.resolve() / f"{kind}_{rows}.db"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        _write(unfinished, kind, rows)
        unfinished.rename(path)
    if kind == "own":
        _migrate(path)
    return f"sqlite:///{path}"


def title_count(rows: int) -> int:
    """Return how many titles a database of so many verdicts has."""
    return min(MOST_TITLES, max(LEAST_TITLES, rows)) if rows else 0


def _write(path: Path, kind: Kind, rows: int) -> None:
    if kind == "own":
        _migrate(path)
    library = _library(title_count(rows))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = OFF").close()
        connection.execute("PRAGMA synchronous = OFF").close()
        connection.execute("PRAGMA cache_size = -200000").close()
        if kind == "own":
            _fill_own(connection, library, rows)
        else:
            _fill_bare(connection, library, rows)


def _migrate(path: Path) -> None:
    with closing(open_database(f"sqlite:///{path}")) as database:
        upgrade(database)


def _fill_own(connection: sqlite3.Connection, library: Library, rows: int) -> None:
    keys = [f"title {at + 1}" for at in range(len(library.genres))]
    media = zip(library.promised(), library.community_rating, keys, strict=True)
    connection.executemany(OWN_MEDIA, ((*row, stars, key, key) for row, stars, key in media))
    features = library.features()
    for part in _evenings(rows, len(library.genres)):
        ids, media_id = part.ids, part.media_id
        codes = [CODES[context] for context in part.context]
        moments, days = _moments(ids)
        groups, sessions = part.said(GROUPS), part.said(SESSIONS)
        seeds = (7_919 * number for number in ids)
        slates = zip(ids, moments, part.said(MOODS), groups, sessions, codes, seeds, strict=True)
        connection.executemany(OWN_SLATES, slates)
        known = (features[number - 1] for number in media_id)
        said = (part.said(MOODS_AS_JSON), groups, sessions, codes)
        shown = zip(ids, ids, media_id, *said, known, part.said(REASONS), moments, strict=True)
        connection.executemany(OWN_SHOWN, shown)
        verdicts = (part.rating, part.again, ids, media_id, codes, days, moments)
        connection.executemany(OWN_FEEDBACK, zip(ids, ids, *verdicts, strict=True))
        connection.commit()
    connection.commit()


def _fill_bare(connection: sqlite3.Connection, library: Library, rows: int) -> None:
    connection.executescript(BARE_TABLES)
    connection.executemany(BARE_MEDIA, library.promised())
    for part in _evenings(rows, len(library.genres)):
        said = (part.said(values) for values in (MOODS_AS_JSON, GROUPS, SESSIONS))
        connection.executemany(BARE_SHOWN, zip(part.ids, part.media_id, *said, strict=True))
        verdicts = zip(part.ids, part.ids, part.rating, part.again, strict=True)
        connection.executemany(BARE_FEEDBACK, verdicts)
        connection.commit()
    connection.commit()


def _library(count: int) -> Library:
    rng = np.random.default_rng([SEED, 1])
    texts: dict[str, None] = {}
    while len(texts) < GENRE_TEXTS:
        names = rng.choice(GENRES, size=int(rng.integers(1, MOST_GENRES + 1)), replace=False)
        texts[",".join(names.tolist())] = None
    spelt = list(texts)
    return Library(
        genres=[spelt[at] for at in rng.integers(0, len(spelt), count).tolist()],
        duration=rng.integers(20, 201, count).tolist(),
        year=rng.integers(1950, 2026, count).tolist(),
        community_rating=rng.uniform(3, 9, count).round(1).tolist(),
    )


def _evenings(rows: int, titles: int) -> Iterator[Evenings]:
    """Draw evenings; no title comes twice in one context on one day, as that would be dirt."""
    rng = np.random.default_rng([SEED, 2])
    pairs = titles * len(CONTEXTS)
    whole_days = pairs // DAY_SECONDS * DAY_SECONDS or max(pairs, 1)
    for start in range(0, rows, whole_days):
        drawn = rng.permutation(pairs)[: min(whole_days, rows - start)]
        for low in range(0, len(drawn), CHUNK_ROWS):
            pair = drawn[low : low + CHUNK_ROWS]
            first = start + low + 1
            yield Evenings(
                ids=range(first, first + len(pair)),
                media_id=(pair // len(CONTEXTS) + 1).tolist(),
                context=(pair % len(CONTEXTS)).tolist(),
                rating=rng.integers(1, 6, len(pair)).tolist(),
                again=rng.integers(0, 2, len(pair)).tolist(),
            )


def _moments(ids: range) -> tuple[list[str], list[int]]:
    """Return when each verdict was given, as SQLAlchemy writes it, and the day it was."""
    moments = FIRST_MOMENT + np.arange(ids.start - 1, ids.stop - 1).astype("timedelta64[s]")
    texts = np.datetime_as_string(moments, unit="us").tolist()
    days = moments.astype("datetime64[D]").astype(np.int64).tolist()
    return [text.replace("T", " ") for text in texts], days
