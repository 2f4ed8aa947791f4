"""Add which documents a delivery is of, and how urgent it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; deliveries so far are of all that their destinations get."""
    op.add_column("deliveries", sa.Column("kinds", sa.JSON))
    op.add_column(
        "deliveries", sa.Column("priority", sa.Integer, nullable=False, server_default="5")
    )


def downgrade() -> None:
    """Drop them with what they hold."""
    for name in ("priority", "kinds"):
        op.drop_column("deliveries", name)
