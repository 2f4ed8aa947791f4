"""Add to films the file that brought a corrected header."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty."""
    op.add_column("films", sa.Column("corrected", sa.String(64)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("films", "corrected")
