"""Make the table of nightly reconciliations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "reconciliations",
        sa.Column("pacs", sa.String(40), primary_key=True),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("summary", sa.JSON),
    )


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("reconciliations")
