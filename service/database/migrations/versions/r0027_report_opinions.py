"""Make the tables of what signed reports say, beside what the model said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "report_opinions",
        sa.Column("study_instance_uid", sa.String(64), primary_key=True),
        sa.Column("says", sa.String(16), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("model", sa.String(64)),
        sa.Column("agrees", sa.Boolean),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "agreement_watches",
        sa.Column("model", sa.String(64), primary_key=True),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("agreed", sa.Integer, nullable=False),
        sa.Column("usual", sa.Float),
        sa.Column("sum", sa.Float, nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("agreement_watches")
    op.drop_table("report_opinions")
