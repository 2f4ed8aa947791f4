"""Make what standing work is told by: when a film last came, deliveries begun, live workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, which older processes need not know of, and the tables."""
    op.add_column("films", sa.Column("sent", sa.DateTime(timezone=True)))
    op.add_column(
        "deliveries", sa.Column("starts", sa.Integer, nullable=False, server_default=sa.text("0"))
    )
    op.create_table("installation", sa.Column("id", sa.String(26), primary_key=True))
    op.create_table(
        "workers",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("workers")
    op.drop_table("installation")
    op.drop_column("deliveries", "starts")
    op.drop_column("films", "sent")
