"""Make the tables of earlier films: what was asked for, and what is on its way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "prior_fetches",
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("patient", sa.String(26), nullable=False),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("films", sa.Integer, nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("message", sa.Text),
    )
    op.create_index(
        "ix_prior_fetches_study", "prior_fetches", ["patient", "study_instance_uid"], unique=True
    )
    op.create_index("ix_prior_fetches_state", "prior_fetches", ["state", "film_id"])
    op.create_table(
        "expected_priors",
        sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
        sa.Column("patient", sa.String(26), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("expected_priors")
    op.drop_table("prior_fetches")
