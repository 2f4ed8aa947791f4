"""Make the table of workitems: what was claimed from a worklist (UPS-RS)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "workitems",
        sa.Column("worklist", sa.String(40), primary_key=True),
        sa.Column("uid", sa.String(64), primary_key=True),
        sa.Column("transaction_uid", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("films", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("message", sa.Text),
    )
    op.create_index("ix_workitems_state", "workitems", ["state", "due"])


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("workitems")
