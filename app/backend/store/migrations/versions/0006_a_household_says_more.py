"""What a household says beside verdicts: signals, age limits, own genres and lengths, choices."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT: Final = sa.DateTime(timezone=True)
JSON: Final = sa.JSON(none_as_null=True)
COLUMNS: Final = (
    ("members", "age_limit", sa.SmallInteger()),
    ("members", "left_at", MOMENT),
    ("media", "source_genres", sa.Text()),
    ("media", "own_minutes", sa.Integer()),
    ("slates", "instead_of", ID),
)
TABLES: Final = (
    "title_signals",
    "retracted_feedback",
    "genre_aliases",
    "library_imports",
    "preferences",
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    _signals()
    _retractions()
    _shelf()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)


def _signals() -> None:
    op.create_table(
        "title_signals",
        sa.Column("id", ID, nullable=False),
        sa.Column("recommendation_id", ID, nullable=False),
        sa.Column("media_id", ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("taken_back_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.id"],
            name=op.f("fk_title_signals_recommendation_id"),
        ),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_title_signals_media_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_title_signals")),
    )
    for column in ("recommendation_id", "media_id", "said_at"):
        op.create_index(f"ix_title_signals_{column}", "title_signals", [column])


def _retractions() -> None:
    op.create_table(
        "retracted_feedback",
        sa.Column("id", ID, nullable=False),
        sa.Column("recommendation_id", ID, nullable=False),
        sa.Column("event_id", sa.String(100), nullable=True),
        sa.Column("feedback", JSON, nullable=False),
        sa.Column("retracted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.id"],
            name=op.f("fk_retracted_feedback_recommendation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retracted_feedback")),
    )
    for column in ("recommendation_id", "event_id"):
        op.create_index(f"ix_retracted_feedback_{column}", "retracted_feedback", [column])


def _shelf() -> None:
    op.create_table(
        "genre_aliases",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("genres", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_genre_aliases")),
    )
    op.create_table(
        "library_imports",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("counts", JSON, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_imports")),
    )
    op.create_table(
        "preferences",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_preferences")),
    )
