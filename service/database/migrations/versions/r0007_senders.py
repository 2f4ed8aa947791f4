"""Make the columns for who sent a film, its study, and the film whose UID it shares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the study is known of films that have a result."""
    op.add_column("films", sa.Column("sender", sa.String(64)))
    op.add_column("films", sa.Column("study_instance_uid", sa.String(64)))
    op.add_column("films", sa.Column("shares_uid_with", sa.String(26)))
    op.execute(
        "UPDATE films SET study_instance_uid = (SELECT results.study_instance_uid FROM results "
        "WHERE results.id = films.id AND length(results.study_instance_uid) <= 64)"
    )


def downgrade() -> None:
    """Drop them with what they hold."""
    for name in ("shares_uid_with", "study_instance_uid", "sender"):
        op.drop_column("films", name)
