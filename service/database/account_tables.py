"""The tables of who may come in: users, their sessions, keys of machines."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from radiograde.service.database.tables import UtcDateTime, metadata

UserSource = Literal["local", "oidc", "proxy"]

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password", sa.String(255), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("source", sa.String(8), nullable=False, default="local", server_default="local"),
    sa.Column("subject", sa.String(64)),
    sa.Index("ix_users_subject", "subject", unique=True),
)
"""``source``: where a user signs in. ``subject``: digest of what is known there by."""

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column(
        "user",
        sa.String(64),
        sa.ForeignKey("users.name", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("seen", UtcDateTime, nullable=False),
    sa.Column("address", sa.String(64)),
    sa.Column("browser", sa.String(64)),
    sa.Column("provider_session", sa.String(64), index=True),
)
"""``browser``: digest of what it calls itself. ``provider_session``: digest of the provider's."""

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("used", UtcDateTime),
    sa.Column("expires", UtcDateTime),
    sa.Column("scope", sa.JSON(none_as_null=True)),
    sa.Column("project", sa.String(26)),
)
"""``expires``: null for never. ``scope``: permissions, null for all of the role.

``project``: the only one that the key opens; null for the clinical pool.
"""
