"""Make the tables of films that came in and of what is delivered of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create ``films`` and ``deliveries``."""
    op.create_table(
        "films",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("key", sa.String(160), nullable=False, unique=True),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("door", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sop_class_uid", sa.String(64)),
        sa.Column("sop_instance_uid", sa.String(64), index=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64)),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.create_index("ix_films_state", "films", ["state", "id"])
    op.create_table(
        "deliveries",
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("destination", sa.String(40), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("message", sa.Text),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state", "film_id"])


def downgrade() -> None:
    """Drop both with what they hold."""
    op.drop_table("deliveries")
    op.drop_table("films")
