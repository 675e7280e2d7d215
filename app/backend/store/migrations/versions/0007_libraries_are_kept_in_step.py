"""Media servers that are read again and again, and what people did with titles elsewhere."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ColumnElement, TextClause
from sqlalchemy.types import TypeEngine

revision: Final = "0007"
down_revision: Final = "0006"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT: Final = sa.DateTime(timezone=True)
JSON: Final = sa.JSON(none_as_null=True)
NO: Final = sa.false()

Default: TypeAlias = ColumnElement[Any] | TextClause | None

TABLES: Final = (
    "sources",
    "source_people",
    "source_items",
    "title_ids",
    "withheld_titles",
    "history_entries",
    "playbacks",
    "written_ratings",
)
# Until now a title's only such id was the key under which its source keeps it.
KNOWN_IDS: Final = (
    "INSERT INTO title_ids (key, media_id) SELECT source_key, id FROM media "
    "WHERE source_key LIKE 'imdb:%' OR source_key LIKE 'tmdb:%' OR source_key LIKE 'tvdb:%'"
)


def upgrade() -> None:
    _sources()
    _titles()
    _histories()
    _playbacks()
    _written_ratings()
    op.execute(KNOWN_IDS)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _column(
    name: str,
    kind: TypeEngine[Any],
    *,
    null: bool = False,
    default: Default = None,
) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, server_default=default)


def _table(
    name: str, columns: Sequence[sa.Column[Any]], key: Sequence[str], refers: Sequence[str] = ()
) -> None:
    """Make a table; `refers` names columns that are ids, of the table that they are named after."""
    plural = {"media": "media", "source": "sources", "member": "members"}
    keys = [
        sa.ForeignKeyConstraint(
            [column],
            [f"{plural.get(column.removesuffix('_id'), 'recommendations')}.id"],
            name=op.f(f"fk_{name}_{column}"),
        )
        for column in refers
    ]
    op.create_table(name, *columns, *keys, sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")))


def _sources() -> None:
    _table(
        "sources",
        [
            _column("id", ID),
            _column("name", sa.String(20)),
            _column("kind", sa.String(20)),
            _column("address", sa.Text()),
            _column("server_id", sa.String(100)),
            _column("server_name", sa.String(200)),
            _column("libraries", JSON, null=True),
            _column("link", sa.Text(), null=True),
            _column("every_hours", sa.Integer(), null=True),
            _column("writes_ratings", sa.Boolean(), default=NO),
            _column("read_until", MOMENT, null=True),
            _column("completed_at", MOMENT, null=True),
            _column("synced_at", MOMENT, null=True),
            _column("due_at", MOMENT, null=True),
            _column("asks", JSON, null=True),
            _column("created_at", MOMENT),
        ],
        ["id"],
    )
    op.create_index("uq_sources_name", "sources", ["name"], unique=True)
    _table(
        "source_people",
        [
            _column("source_id", ID),
            _column("user_id", sa.String(100)),
            _column("user_name", sa.String(200)),
            _column("member_id", ID),
            _column("read_until", MOMENT, null=True),
        ],
        ["source_id", "user_id"],
        ["source_id", "member_id"],
    )
    names = ["source_id", "member_id"]
    op.create_index("uq_source_people_source_id_member_id", "source_people", names, unique=True)


def _titles() -> None:
    _table(
        "source_items",
        [
            _column("source_id", ID),
            _column("item_id", sa.String(100)),
            _column("media_id", ID),
            _column("library", sa.String(100)),
            _column("poster", sa.String(300), null=True),
        ],
        ["source_id", "item_id"],
        ["source_id", "media_id"],
    )
    _table(
        "title_ids",
        [_column("key", sa.String(240)), _column("media_id", ID)],
        ["key", "media_id"],
        ["media_id"],
    )
    names = ["source_id", "member_id", "media_id"]
    _table("withheld_titles", [_column(name, ID) for name in names], names, names)
    for table in ("source_items", "title_ids"):
        op.create_index(f"ix_{table}_media_id", table, ["media_id"])


def _histories() -> None:
    _table(
        "history_entries",
        [
            _column("id", ID),
            _column("source", sa.String(20)),
            _column("member_id", ID, null=True),
            _column("key", sa.String(400)),
            _column("media_id", ID, null=True),
            _column("title", sa.String(300)),
            _column("kind", sa.String(10)),
            _column("year", sa.Integer(), null=True),
            _column("ids", JSON),
            _column("raw_rating", sa.Double(), null=True),
            _column("scale", sa.Double(), null=True),
            _column("rating", sa.Integer(), null=True),
            _column("would_watch_again", sa.Boolean(), null=True),
            _column("is_watched", sa.Boolean()),
            _column("at", MOMENT, null=True),
            _column("noted_at", MOMENT),
            _column("is_assigned", sa.Boolean(), default=NO),
            _column("is_set_aside", sa.Boolean(), default=NO),
        ],
        ["id"],
        ["member_id", "media_id"],
    )
    names = ["source", "member_id", "key"]
    op.create_index(
        "uq_history_entries_source_member_id_key", "history_entries", names, unique=True
    )
    for column in ("media_id", "noted_at"):
        op.create_index(f"ix_history_entries_{column}", "history_entries", [column])


def _playbacks() -> None:
    _table(
        "playbacks",
        [
            _column("id", ID),
            _column("source", sa.String(20)),
            _column("member_id", ID, null=True),
            _column("media_id", ID),
            _column("recommendation_id", ID),
            _column("rating", sa.Integer(), null=True),
            _column("times", sa.Integer(), default=sa.text("1")),
            _column("told_at", MOMENT),
        ],
        ["id"],
        ["member_id", "media_id", "recommendation_id"],
    )
    op.create_index("ix_playbacks_media_id_told_at", "playbacks", ["media_id", "told_at"])
    op.create_index("ix_playbacks_recommendation_id", "playbacks", ["recommendation_id"])


def _written_ratings() -> None:
    _table(
        "written_ratings",
        [
            _column("source_id", ID),
            _column("user_id", sa.String(100)),
            _column("item_id", sa.String(100)),
            _column("rating", sa.Double()),
            _column("written_at", MOMENT),
        ],
        ["source_id", "user_id", "item_id"],
        ["source_id"],
    )
