"""The tables of research projects: who is in each, and which films."""

from __future__ import annotations

import sqlalchemy as sa

from radiograde.service.database.tables import UtcDateTime, metadata

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(64), nullable=False),
    sa.Column("closed", UtcDateTime),
)
"""``closed``: null while the project opens its films to anybody."""

project_members = sa.Table(
    "project_members",
    metadata,
    sa.Column(
        "user", sa.String(64), sa.ForeignKey("users.name", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("project_id", sa.String(26), sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("by_group", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index("ix_project_members_project", "project_id"),
)
"""``by_group``: a group at the provider gives the role, and takes it away."""

project_films = sa.Table(
    "project_films",
    metadata,
    sa.Column("project_id", sa.String(26), sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("added", UtcDateTime, nullable=False),
    sa.Column("added_by", sa.String(64), nullable=False),
    sa.Index("ix_project_films_film", "film_id"),
)
"""Who put which film into which project, and when."""
