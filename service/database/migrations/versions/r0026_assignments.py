"""Make the table of who is to read a film."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "assignments",
        sa.Column("film_id", sa.String(26), primary_key=True),
        sa.Column("reader", sa.String(64)),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_assignments_at", "assignments", ["at"])
    op.create_index("ix_assignments_reader", "assignments", ["reader", "film_id"])


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("assignments")
