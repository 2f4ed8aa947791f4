"""Make the table of erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("work", sa.JSON),
        sa.Column("certificate", sa.JSON),
    )
    op.create_index("ix_erasures_state", "erasures", ["state", "id"])


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("erasures")
