"""Make the table of results."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INDEXED = ("image_sha256", "study_instance_uid", "sop_instance_uid")


def upgrade() -> None:
    """Create ``results`` with its indexes."""
    op.create_table(
        "results",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.Column("image_sha256", sa.String),
        sa.Column("study_instance_uid", sa.String),
        sa.Column("sop_instance_uid", sa.String),
        sa.Column("document", sa.JSON, nullable=False),
    )
    for column in INDEXED:
        op.create_index(f"ix_results_{column}", "results", [column])
    op.create_index("ix_results_status", "results", ["status", "id"])


def downgrade() -> None:
    """Drop ``results`` and what it holds."""
    op.drop_table("results")
