"""Make the table of what readers graded before they were shown a score."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "blind_readings",
        sa.Column("film_id", sa.String(26), primary_key=True),
        sa.Column("reader", sa.String(64), primary_key=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zones", sa.JSON),
        sa.Column("comment", sa.Text),
    )


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("blind_readings")
