"""Runs are jobs with a lease, a fence and events; promotions say who decided; versions may go."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT: Final = sa.DateTime(timezone=True)
JSON: Final = sa.JSON(none_as_null=True)
EPOCH: Final = "1970-01-01 00:00:00+00:00"


def upgrade() -> None:
    op.execute(
        "UPDATE training_runs SET state = 'failed', reason = 'The program stopped while training; "
        "nothing was changed. Train again.' WHERE state = 'running'"
    )
    _runs()
    _events()
    op.add_column("model_versions", sa.Column("files", JSON, nullable=True))
    op.add_column("model_versions", sa.Column("set_aside_at", MOMENT, nullable=True))
    op.add_column("model_versions", sa.Column("set_aside_because", sa.Text(), nullable=True))
    op.add_column("model_versions", sa.Column("pruned_at", MOMENT, nullable=True))
    for name, length, default in (("kind", 20, "gate"), ("actor", 100, "training")):
        said = sa.Column(name, sa.String(length), nullable=False, server_default=default)
        op.add_column("promotions", said)
    op.add_column("promotions", sa.Column("run_id", ID, nullable=True))
    op.create_index("ix_promotions_run_id", "promotions", ["run_id"], unique=True)


def downgrade() -> None:
    # In place: a batch would make the tables anew, and rows of others point at them.
    op.drop_index("ix_promotions_run_id", "promotions")
    for name in ("run_id", "actor", "kind"):
        op.drop_column("promotions", name)
    for name in ("pruned_at", "set_aside_because", "set_aside_at", "files"):
        op.drop_column("model_versions", name)
    op.drop_table("training_events")
    op.execute("UPDATE training_runs SET state = 'failed' WHERE turn IS NOT NULL")
    op.drop_index("ix_training_runs_turn", "training_runs")
    for column in reversed(_added()):
        op.drop_column("training_runs", column.name)
    op.add_column(
        "training_runs", sa.Column("heartbeat_at", MOMENT, nullable=False, server_default=EPOCH)
    )
    op.create_index(
        "ix_training_runs_one_running",
        "training_runs",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )


def _added() -> list[sa.Column[object]]:
    return [
        sa.Column("turn", sa.SmallInteger(), nullable=True),
        sa.Column("trigger", sa.String(20), nullable=False, server_default="request"),
        sa.Column("is_forced", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("worker", sa.String(100), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("requested_at", MOMENT, nullable=True),
        sa.Column("failures", JSON, nullable=True),
        sa.Column("steps", JSON, nullable=True),
        sa.Column("recipe_fingerprint", sa.String(64), nullable=True),
        sa.Column("last_feedback_id", sa.BigInteger(), nullable=True),
    ]


def _runs() -> None:
    op.drop_index("ix_training_runs_one_running", "training_runs")
    op.drop_column("training_runs", "heartbeat_at")
    for column in _added():
        op.add_column("training_runs", column)
    op.execute("UPDATE training_runs SET requested_at = started_at, attempt = 1")
    op.create_index("ix_training_runs_turn", "training_runs", ["turn"], unique=True)


def _events() -> None:
    op.create_table(
        "training_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["training_runs.id"], name=op.f("fk_training_events_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_events")),
    )
    op.create_index("ix_training_events_run_id_id", "training_events", ["run_id", "id"])
