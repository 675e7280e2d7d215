"""Tables of what a household says of its shelf beside verdicts, and of how its shelf was filled."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.backend.store.tables import Id, Table


class TitleSignal(Table):
    """What was said of a pick instead of watching it: not tonight, never, already seen."""

    __tablename__ = "title_signals"
    __table_args__ = (Index("ix_title_signals_said_at", "said_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(Id, ForeignKey("recommendations.id"), index=True)
    media_id: Mapped[int] = mapped_column(Id, ForeignKey("media.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    said_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]


class RetractedFeedback(Table):
    """A verdict that was taken back: its row as it was. Training never reads it."""

    __tablename__ = "retracted_feedback"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(Id, ForeignKey("recommendations.id"), index=True)
    event_id: Mapped[str | None] = mapped_column(String(100), index=True)
    feedback: Mapped[dict[str, Any]]
    retracted_at: Mapped[datetime]


class GenreAlias(Table):
    """What a household calls a genre: `name` is folded for comparison, `genres` is `'A,B'`."""

    __tablename__ = "genre_aliases"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    genres: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class LibraryImport(Table):
    """One time that a source was read into the library: how far it is, what came of it."""

    __tablename__ = "library_imports"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    read: Mapped[int]
    total: Mapped[int | None]
    counts: Mapped[dict[str, Any] | None]
    problem: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Preference(Table):
    """A choice of the household that is kept in the database, by its name."""

    __tablename__ = "preferences"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
