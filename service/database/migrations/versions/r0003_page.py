"""Make what the page needs: reviews, users, sessions, keys, and what a worklist is sorted by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AT_ONCE = 500
"""Documents in memory at a time."""

FILM_INDEXES = ("patient", "taken", "received", "changed")
RESULT_INDEXES = {
    "ix_results_recorded": ["recorded"],
    "ix_results_brixia": ["brixia", "id"],
    "ix_results_severity": ["severity", "id"],
    "ix_results_rank": ["severity", "brixia", "id"],
}


def upgrade() -> None:
    """Create the tables, add the columns, and fill them from the results kept so far."""
    _widen_results()
    _widen_films()
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("result_id", sa.String(26), sa.ForeignKey("results.id"), nullable=False),
        sa.Column("reviewer", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("zones", sa.JSON),
        sa.Column("comment", sa.Text),
    )
    op.create_index("ix_reviews_result_id", "reviews", ["result_id"])
    op.create_index("ix_reviews_created", "reviews", ["created"])
    _make_access_tables()


def downgrade() -> None:
    """Drop them with what they hold."""
    for table in ("api_keys", "sessions", "users", "reviews"):
        op.drop_table(table)
    with op.batch_alter_table("films") as films:
        for column in FILM_INDEXES:
            films.drop_index(f"ix_films_{column}")
        films.drop_column("changed")
        films.drop_column("taken")
        films.drop_column("patient")
    with op.batch_alter_table("results") as results:
        for index in RESULT_INDEXES:
            results.drop_index(index)
        for column in ("brixia", "severity", "recorded"):
            results.drop_column(column)


def _widen_results() -> None:
    with op.batch_alter_table("results") as results:
        results.add_column(sa.Column("recorded", sa.DateTime(timezone=True)))
        results.add_column(sa.Column("severity", sa.String(16)))
        results.add_column(sa.Column("brixia", sa.Float))
    op.execute("UPDATE results SET recorded = created")
    _fill(op.get_bind())
    with op.batch_alter_table("results") as results:
        results.alter_column("recorded", existing_type=sa.DateTime(timezone=True), nullable=False)
        for index, columns in RESULT_INDEXES.items():
            results.create_index(index, columns)


def _widen_films() -> None:
    with op.batch_alter_table("films") as films:
        films.add_column(sa.Column("patient", sa.String(26)))
        films.add_column(sa.Column("taken", sa.String(19)))
        films.add_column(sa.Column("changed", sa.DateTime(timezone=True)))
    op.execute("UPDATE films SET changed = received")
    with op.batch_alter_table("films") as films:
        films.alter_column("changed", existing_type=sa.DateTime(timezone=True), nullable=False)
        for column in FILM_INDEXES:
            films.create_index(f"ix_films_{column}", [column])


def _fill(connection: sa.Connection) -> None:
    """Copy severity and global score out of each scored document."""
    table = sa.table(
        "results",
        sa.column("id", sa.String),
        sa.column("status", sa.String),
        sa.column("document", sa.JSON),
        sa.column("severity", sa.String),
        sa.column("brixia", sa.Float),
    )
    scored = sa.select(table.c.id, table.c.document).where(table.c.status == "scored")
    last = ""
    while found := connection.execute(
        scored.where(table.c.id > last).order_by(table.c.id).limit(_AT_ONCE)
    ).all():
        for id, document in found:
            values: dict[str, Any] = {
                "severity": document["severity"],
                "brixia": document["scores"]["brixia"]["value"],
            }
            connection.execute(sa.update(table).where(table.c.id == id).values(values))
        last = found[-1].id


def _make_access_tables() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column(
            "user", sa.String(64), sa.ForeignKey("users.name", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True)),
    )
