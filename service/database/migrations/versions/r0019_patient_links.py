"""Make the tables of patients' numbers, and of what other systems merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the numbers of earlier films are found once a listener for HL7 starts."""
    op.create_table(
        "patient_numbers",
        sa.Column("patient", sa.String(26), primary_key=True),
        sa.Column("number", sa.String(26), primary_key=True),
        sa.Column("issuer", sa.String(26), primary_key=True),
    )
    op.create_index("ix_patient_numbers_number", "patient_numbers", ["number"])
    op.create_table(
        "patient_links",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("number", sa.String(26), nullable=False),
        sa.Column("issuer", sa.String(26), nullable=False),
        sa.Column("other_number", sa.String(26), nullable=False),
        sa.Column("other_issuer", sa.String(26), nullable=False),
        sa.Column("linked", sa.Boolean, nullable=False),
        sa.Column("occurred", sa.String(20), nullable=False),
        sa.UniqueConstraint(
            "number",
            "issuer",
            "other_number",
            "other_issuer",
            "linked",
            "occurred",
            name="uq_patient_links",
        ),
    )
    op.create_index("ix_patient_links_other", "patient_links", ["other_number"])


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_table("patient_links")
    op.drop_table("patient_numbers")
