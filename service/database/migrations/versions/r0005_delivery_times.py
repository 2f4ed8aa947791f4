"""Make the index by which a change of a delivery is found."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index on ``deliveries.updated``."""
    op.create_index("ix_deliveries_updated", "deliveries", ["updated"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_deliveries_updated", "deliveries")
