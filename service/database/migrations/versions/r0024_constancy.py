"""Make the tables of drawn films that the installation sends itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "constancy_films",
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "constancy_runs",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("day", sa.String(10), nullable=False, unique=True),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
        sa.Column("baseline", sa.Boolean, nullable=False),
        sa.Column("findings", sa.JSON),
        sa.Column("measured", sa.JSON),
    )


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("constancy_runs")
    op.drop_table("constancy_films")
