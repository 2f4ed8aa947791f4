"""Make the tables of withdrawals and of what destinations were sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; what was sent before is not in them."""
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("result_id", sa.String(26), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
    )
    op.create_index("ix_withdrawals_result_id", "withdrawals", ["result_id"])
    op.create_table(
        "sent_objects",
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("destination", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sop_class_uid", sa.String(64)),
        sa.Column("series_instance_uid", sa.String(64)),
        sa.Column("study_instance_uid", sa.String(64)),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rejected", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_sent_objects_name", "sent_objects", ["name"])


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("sent_objects")
    op.drop_table("withdrawals")
