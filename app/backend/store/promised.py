"""The tables that integrators were promised, described by the columns they really have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, inspect, literal_column
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import TableClause
from sqlalchemy.types import TypeEngine

from app.backend.domain.errors import DatabaseUnreachable

PROMISED: Final[Mapping[str, tuple[str, ...]]] = {
    "media": ("id", "title", "genres", "duration", "year"),
    "recommendations": ("id", "media_id", "mood", "group_size", "session_length"),
    "feedback": ("id", "recommendation_id", "rating", "would_watch_again"),
}
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "media": (
        "kind",
        "community_rating",
        "age_rating",
        "source",
        "is_hidden",
        "removed_at",
        "overview",
        "keywords",
        "directors",
        "cast",
        "own_minutes",
    ),
    "recommendations": ("slate_id",),
    "feedback": ("member_id", "source", "created_at"),
}
# What Encore's own `feedback` has beside these, and by which it is recognised.
CODES: Final = ("slate_id", "media_id", "context_code", "day")
CODES_CHECK: Final = "ck_feedback_context_code"


@dataclass(frozen=True, slots=True)
class Found:
    """A promised table as it was found: untyped, so that any value can be read."""

    table: TableClause
    types: Mapping[str, TypeEngine[Any]]
    has_codes: bool = False

    def optional(self, name: str) -> ColumnElement[Any]:
        """Return a column, or nothing under its name where the table lacks it."""
        present = name in self.table.c
        return self.table.c[name] if present else literal_column("NULL").label(name)


def described(session: Session, name: str) -> Found:
    """Describe a promised table.

    Raises
    ------
    DatabaseUnreachable
        Where the table, or a promised column of it, is missing.
    """
    inspector = inspect(session.connection())
    if not inspector.has_table(name):
        raise DatabaseUnreachable(
            f"The database has no table {name!r}; point Encore at a database that has the tables "
            "media, recommendations and feedback, or let it make its own with: encore serve"
        )
    types = {found["name"]: found["type"] for found in inspector.get_columns(name)}
    missing = [wanted for wanted in PROMISED[name] if wanted not in types]
    if missing:
        raise DatabaseUnreachable(
            f"The table {name!r} lacks {', '.join(missing)}; Encore trains on the columns "
            f"{', '.join(PROMISED[name])}."
        )
    has_codes = name == "feedback" and set(CODES) <= types.keys()
    if has_codes:
        checks = inspector.get_check_constraints(name)
        has_codes = CODES_CHECK in {check["name"] for check in checks}
    wanted = (*PROMISED[name], *OPTIONAL[name], *(CODES if has_codes else ()))
    columns: list[Any] = [sql_column(column) for column in wanted if column in types]
    return Found(sql_table(name, *columns), types, has_codes)
