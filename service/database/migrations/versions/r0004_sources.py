"""Make the table of the sources that each film came by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create ``film_sources``, and fill it with the source that each film is known to have."""
    op.create_table(
        "film_sources",
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("source", sa.String(16), primary_key=True),
    )
    op.execute("INSERT INTO film_sources (film_id, source) SELECT id, door FROM films")


def downgrade() -> None:
    """Drop it with what it holds."""
    op.drop_table("film_sources")
