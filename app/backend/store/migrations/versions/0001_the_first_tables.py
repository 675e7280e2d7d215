"""The first tables."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_media()
    _create_members()
    _create_slates()
    _create_training_runs()
    _create_model_versions()
    _create_recommendations()
    _create_feedback()
    _create_promotions()


def downgrade() -> None:
    op.drop_table("promotions")
    op.drop_table("feedback")
    op.drop_table("recommendations")
    op.drop_table("model_versions")
    op.drop_table("training_runs")
    op.drop_table("slates")
    op.drop_table("members")
    op.drop_table("media")


def _create_media() -> None:
    op.create_table(
        "media",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("genres", sa.Text(), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("community_rating", sa.Double(), nullable=True),
        sa.Column("age_rating", sa.String(length=50), nullable=True),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_key", sa.String(length=400), nullable=False),
        sa.Column("identity", sa.String(length=400), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("source", "source_key", name=op.f("uq_media_source_source_key")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index("ix_media_identity", ["identity"], unique=False)


def _create_members() -> None:
    op.create_table(
        "members",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("name", name=op.f("uq_members_name")),
    )


def _create_slates() -> None:
    op.create_table(
        "slates",
        sa.Column("id", ID, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mood", sa.String(length=20), nullable=False),
        sa.Column("group_size", sa.String(length=20), nullable=False),
        sa.Column("session_length", sa.String(length=20), nullable=False),
        sa.Column("context_code", sa.SmallInteger(), nullable=False),
        sa.Column("members", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("policy", sa.String(length=100), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slates")),
    )


def _create_training_runs() -> None:
    op.create_table(
        "training_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("rows_read", sa.Integer(), nullable=True),
        sa.Column("rows_used", sa.Integer(), nullable=True),
        sa.Column("quality", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("comparison", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("model_version", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_runs")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("training_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_training_runs_one_running",
            ["state"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )


def _create_model_versions() -> None:
    op.create_table(
        "model_versions",
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("metrics", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["training_runs.id"], name=op.f("fk_model_versions_run_id")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_model_versions")),
    )


def _create_recommendations() -> None:
    op.create_table(
        "recommendations",
        sa.Column("id", ID, nullable=False),
        sa.Column("slate_id", ID, nullable=False),
        sa.Column("media_id", ID, nullable=False),
        sa.Column("mood", sa.String(length=100), nullable=False),
        sa.Column("group_size", sa.String(length=20), nullable=False),
        sa.Column("session_length", sa.String(length=20), nullable=False),
        sa.Column("context_code", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("policy", sa.String(length=100), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=True),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("features", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reasons", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "propensity > 0 AND propensity <= 1", name=op.f("ck_recommendations_propensity")
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_recommendations_media_id")
        ),
        sa.ForeignKeyConstraint(
            ["slate_id"], ["slates.id"], name=op.f("fk_recommendations_slate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint(
            "slate_id", "position", name=op.f("uq_recommendations_slate_id_position")
        ),
    )
    with op.batch_alter_table("recommendations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recommendations_media_id"), ["media_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recommendations_slate_id"), ["slate_id"], unique=False)


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", ID, nullable=False),
        sa.Column("recommendation_id", ID, nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("would_watch_again", sa.Boolean(), nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_feedback_rating")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_feedback_member_id")),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.id"],
            name=op.f("fk_feedback_recommendation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("event_id", name=op.f("uq_feedback_event_id")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_feedback_recommendation_id"), ["recommendation_id"], unique=False
        )


def _create_promotions() -> None:
    op.create_table(
        "promotions",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.String(length=40), nullable=True),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"], ["model_versions.version"], name=op.f("fk_promotions_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
    )
