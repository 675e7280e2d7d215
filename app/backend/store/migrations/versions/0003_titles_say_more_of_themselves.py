"""Titles say more of themselves: keywords, who directed, and who plays in them."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"

ADDED: Final = ("keywords", "directors", "cast")


def upgrade() -> None:
    for name in ADDED:
        op.add_column("media", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    # In place: a batch would make the table anew, and rows of others point at it.
    for name in reversed(ADDED):
        op.drop_column("media", name)
