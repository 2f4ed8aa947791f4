"""Make what the page needs: reviews, users, sessions, keys, and what a worklist is sorted by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

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
    _fill(op.get_bind())
    # SQLite turns no column NOT NULL: alembic copies the table, once, by a statement of its own
    # that has no row in this process's memory. Of 20,000 results (85 MiB) it takes two seconds.
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
    """Copy severity and global score out of each scored document, within the database."""
    table = sa.table(
        "results",
        sa.column("status", sa.String),
        sa.column("document", sa.JSON),
        sa.column("created", sa.DateTime(timezone=True)),
        sa.column("recorded", sa.DateTime(timezone=True)),
        sa.column("severity", sa.String),
        sa.column("brixia", sa.Float),
    )
    document, is_scored = table.c.document, table.c.status == "scored"
    values = {
        "recorded": table.c.created,
        "severity": sa.case((is_scored, document["severity"].as_string())),
        "brixia": sa.case((is_scored, document["scores", "brixia", "value"].as_float())),
    }
    connection.execute(sa.update(table).values(values))


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
