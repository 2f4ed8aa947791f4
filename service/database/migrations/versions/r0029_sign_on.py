"""Make the columns of users who sign in elsewhere, of sessions by browser, and of keys that end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; whoever is there signs in here, and a key that is there does not end."""
    op.add_column(
        "users", sa.Column("source", sa.String(8), nullable=False, server_default="local")
    )
    op.add_column("users", sa.Column("subject", sa.String(64)))
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)
    for name in ("address", "browser", "provider_session"):
        op.add_column("sessions", sa.Column(name, sa.String(64)))
    op.create_index("ix_sessions_provider_session", "sessions", ["provider_session"])
    op.add_column("api_keys", sa.Column("expires", sa.DateTime(timezone=True)))
    op.add_column("api_keys", sa.Column("scope", sa.JSON()))


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_index("ix_sessions_provider_session", "sessions")
    op.drop_index("ix_users_subject", "users")
    for table, names in {
        "users": ("source", "subject"),
        "sessions": ("address", "browser", "provider_session"),
        "api_keys": ("expires", "scope"),
    }.items():
        for name in names:
            op.drop_column(table, name)
