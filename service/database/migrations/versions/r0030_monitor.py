"""Make the tables of what is watched, and the share of films that a model in shadow grades."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_NUMBERS = (
    "age",
    "brixia",
    "geographic_extent",
    "opacity",
    "spread",
    "frontal",
    "dark",
    "middle",
    "bright",
    "grain",
    "shown",
)


def upgrade() -> None:
    """Add tables and column."""
    op.create_table(
        "film_statistics",
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("graded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("view", sa.String(16)),
        sa.Column("machine", sa.String(100)),
        *(sa.Column(name, sa.Float) for name in _NUMBERS),
    )
    op.create_index("ix_film_statistics_graded", "film_statistics", ["graded", "film_id"])
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("key", sa.String(160), nullable=False, unique=True),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("feature", sa.String(32), nullable=False),
        sa.Column("against", sa.String(16), nullable=False),
        sa.Column("raised", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("stops", sa.Boolean, nullable=False),
        sa.Column("by", sa.String(64)),
        sa.Column("cleared", sa.DateTime(timezone=True)),
        sa.Column("cleared_by", sa.String(64)),
        sa.Column("new_normal", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_alarms_model", "alarms", ["model", "cleared"])
    op.create_table(
        "shadow_gradings",
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("model", sa.String(64), primary_key=True),
        sa.Column("graded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("beside", sa.String(64)),
    )
    op.add_column("models", sa.Column("shadow_share", sa.Float))


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_column("models", "shadow_share")
    op.drop_table("shadow_gradings")
    op.drop_table("alarms")
    op.drop_table("film_statistics")
