"""Make the table of results that stand beside a film's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "regradings",
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("model", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("deliver", sa.Boolean, nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(64)),
        sa.Column("graded", sa.DateTime(timezone=True)),
        sa.Column("document", sa.JSON),
    )
    op.create_index("ix_regradings_state", "regradings", ["state", "film_id"])


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("regradings")
