"""Make the tables of research projects, and let a key be of one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and column."""
    op.create_table(
        "projects",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "project_members",
        sa.Column(
            "user",
            sa.String(64),
            sa.ForeignKey("users.name", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("project_id", sa.String(26), sa.ForeignKey("projects.id"), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("by_group", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_project_members_project", "project_members", ["project_id"])
    op.create_table(
        "project_films",
        sa.Column("project_id", sa.String(26), sa.ForeignKey("projects.id"), primary_key=True),
        sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
    )
    op.create_index("ix_project_films_film", "project_films", ["film_id"])
    op.add_column("api_keys", sa.Column("project", sa.String(26)))


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_column("api_keys", "project")
    op.drop_table("project_films")
    op.drop_table("project_members")
    op.drop_table("projects")
