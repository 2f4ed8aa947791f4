"""Make the tables of reading sets: films that several readers grade, blinded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "reading_sets",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "reading_slots",
        sa.Column("set_id", sa.String(26), sa.ForeignKey("reading_sets.id"), primary_key=True),
        sa.Column("reader", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), nullable=False),
        sa.Column("again", sa.Boolean, nullable=False),
        sa.Column("read", sa.DateTime(timezone=True)),
        sa.Column("zones", sa.JSON),
        sa.Column("comment", sa.Text),
    )
    op.create_index("ix_reading_slots_reader", "reading_slots", ["reader", "read"])


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("reading_slots")
    op.drop_table("reading_sets")
