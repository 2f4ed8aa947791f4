"""Make the tables of a site's models and of who did what with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the settings go on naming the model until one is promoted."""
    op.create_table(
        "models",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("version", sa.String(60), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
    )
    op.create_table(
        "model_events",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("evidence", sa.String(64)),
    )
    op.create_index("ix_model_events_model", "model_events", ["model", "id"])


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("model_events")
    op.drop_table("models")
