"""A database that somebody else made: the promised columns, by plain SQL, and no more."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

TABLES = """
CREATE TABLE media (id INTEGER PRIMARY KEY, title TEXT, genres TEXT, duration, year);
CREATE TABLE recommendations (
    id INTEGER PRIMARY KEY, media_id INTEGER, mood TEXT, group_size TEXT, session_length TEXT
);
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY, recommendation_id INTEGER, rating, would_watch_again
);
"""
FURTHER = """
ALTER TABLE recommendations ADD COLUMN slate_id;
ALTER TABLE feedback ADD COLUMN member_id;
ALTER TABLE feedback ADD COLUMN source;
ALTER TABLE feedback ADD COLUMN created_at;
"""


@dataclass(slots=True)
class Bare:
    """Rows of the three tables, as they are to be written."""

    media: list[Sequence[Any]] = field(default_factory=list)
    recommendations: list[Sequence[Any]] = field(default_factory=list)
    feedback: list[Sequence[Any]] = field(default_factory=list)

    def write(self, path: Path) -> Engine:
        """Write the rows with the standard library alone, and open the file."""
        connection = sqlite3.connect(path)
        connection.executescript(TABLES)
        connection.executemany("INSERT INTO media VALUES (?,?,?,?,?)", self.media)
        connection.executemany(
            "INSERT INTO recommendations VALUES (?,?,?,?,?)", self.recommendations
        )
        connection.executemany("INSERT INTO feedback VALUES (?,?,?,?)", self.feedback)
        connection.commit()
        connection.close()
        return create_engine(f"sqlite:///{path}")


@contextmanager
def stored(bare: Bare, tables: str = TABLES) -> Iterator[Session]:
    """Write rows into memory with the standard library alone, and open a session on them."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(tables)
    for name in ("media", "recommendations", "feedback"):
        rows = getattr(bare, name)
        if rows:
            marks = ",".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608
    connection.commit()
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


def mood(word: str) -> str:
    """Write a mood as the promised column has it."""
    return json.dumps({"mood": word})


def clean_rows() -> Bare:
    """Return three titles, four impressions and their verdicts, without dirt."""
    return Bare(
        media=[
            (1, "Alpha", "Comedy,Drama", 95, 1999),
            (2, "Beta", "Action,Sci-Fi,Thriller", 130, 2015),
            (3, "Gamma", "Documentary", None, None),
        ],
        recommendations=[
            (10, 1, mood("funny"), "couple", "short"),
            (11, 2, mood("action"), "group", "medium"),
            (12, 3, mood("relaxing"), "solo", "binge"),
            (13, 1, mood("dramatic"), "solo", "short"),
        ],
        feedback=[(1, 10, 5, 1), (2, 11, 4, 0), (3, 12, 4, 1), (4, 13, 2, 1)],
    )
