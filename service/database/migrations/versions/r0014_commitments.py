"""Make the table of storage commitment that archives were asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "commitments",
        sa.Column("transaction_uid", sa.String(64), primary_key=True),
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), nullable=False),
        sa.Column("destination", sa.String(40), nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("objects", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String(16)),
    )
    op.create_index("ix_commitments_film", "commitments", ["film_id", "destination"])


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("commitments")
