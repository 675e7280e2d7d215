"""Feedback says what it is about, slate, title and context of its impression, and on which day."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COPIED: Final = ("slate_id", "media_id", "context_code")


def upgrade() -> None:
    _add_columns()
    _copy_from_impressions()
    _require_columns()


def downgrade() -> None:
    with op.batch_alter_table("feedback") as feedback:
        for name in ("context_code", "day", "would_watch_again"):
            feedback.drop_constraint(op.f(f"ck_feedback_{name}"), type_="check")
        for name in ("slate_id", "media_id"):
            feedback.drop_constraint(op.f(f"fk_feedback_{name}"), type_="foreignkey")
        for name in (*COPIED, "day"):
            feedback.drop_column(name)


def _add_columns() -> None:
    with op.batch_alter_table("feedback") as feedback:
        feedback.add_column(sa.Column("slate_id", ID, nullable=True))
        feedback.add_column(sa.Column("media_id", ID, nullable=True))
        feedback.add_column(sa.Column("context_code", sa.SmallInteger(), nullable=True))
        feedback.add_column(sa.Column("day", sa.Integer(), nullable=True))


def _copy_from_impressions() -> None:
    feedback = sa.table(
        "feedback", *(sa.column(name) for name in ("recommendation_id", "day", *COPIED))
    )
    shown = sa.table("recommendations", *(sa.column(name) for name in ("id", *COPIED)))
    of_it = shown.c.id == feedback.c.recommendation_id
    copied = {name: sa.select(shown.c[name]).where(of_it).scalar_subquery() for name in COPIED}
    op.execute(sa.update(feedback).values(copied | {"day": sa.text(_day())}))


def _day() -> str:
    if op.get_bind().dialect.name == "postgresql":
        return "floor(extract(epoch FROM created_at) / 86400)"
    return "cast(julianday(substr(created_at, 1, 10)) - 2440587.5 AS INTEGER)"


def _require_columns() -> None:
    with op.batch_alter_table("feedback") as feedback:
        for name in (*COPIED, "day"):
            feedback.alter_column(name, nullable=False)
        feedback.create_foreign_key(op.f("fk_feedback_slate_id"), "slates", ["slate_id"], ["id"])
        feedback.create_foreign_key(op.f("fk_feedback_media_id"), "media", ["media_id"], ["id"])
        feedback.create_check_constraint(
            op.f("ck_feedback_context_code"), "context_code BETWEEN 0 AND 79"
        )
        feedback.create_check_constraint(op.f("ck_feedback_day"), "day BETWEEN 0 AND 99998")
        feedback.create_check_constraint(
            op.f("ck_feedback_would_watch_again"), "would_watch_again IN (true, false)"
        )
