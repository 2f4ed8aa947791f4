"""Make the table of traces: how each result came about.

Processes of an older version need not know it; a trace goes with its result.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; results of before have no trace."""
    op.create_table(
        "traces",
        sa.Column(
            "id", sa.String(26), sa.ForeignKey("results.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("document", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("traces")
