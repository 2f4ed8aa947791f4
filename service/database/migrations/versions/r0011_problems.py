"""Make the register of problems. Processes of an older version need not know it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; an entry outlives its result, and refers to no other table."""
    op.create_table(
        "problems",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("result_id", sa.String(26), nullable=False),
        sa.Column("reporter", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("due", sa.String(10)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_problems_result_id", "problems", ["result_id"])


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("problems")
