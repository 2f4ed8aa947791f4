"""Make lists of what is rare be found by day: of a severity, without a score, reviewed.

A trigger on ``reviews`` marks the results that were reviewed: older processes review, too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _of_days(column: str) -> sa.TextClause:
    """Return a column in words that other indexes do not fit: SQLite would choose these."""
    return sa.text(f"coalesce({column}, '')")


# Name, table, columns, and the condition of the rows that it holds.
PARTIAL: tuple[tuple[str, str, list[str | sa.TextClause], str], ...] = (
    ("ix_films_ungraded", "films", [_of_days("state"), "day", "id"], "state <> 'graded'"),
    ("ix_results_unscored", "results", [_of_days("status"), "day", "id"], "status <> 'scored'"),
    ("ix_results_reviewed", "results", ["id"], "reviewed"),
    ("ix_results_reviewed_day", "results", ["day", "id"], "reviewed"),
    ("ix_results_reviewed_rank", "results", ["brixia", "id", "day"], "reviewed"),
)

_SQLITE_TRIGGERS = (
    "CREATE TRIGGER results_reviewed AFTER INSERT ON reviews BEGIN "
    "UPDATE results SET reviewed = 1 WHERE id = NEW.result_id AND reviewed = 0; END",
    "CREATE TRIGGER results_unreviewed AFTER DELETE ON reviews BEGIN "
    "UPDATE results SET reviewed = 0 WHERE id = OLD.result_id "
    "AND NOT EXISTS (SELECT 1 FROM reviews WHERE result_id = OLD.result_id); END",
)
_POSTGRES_FUNCTION = """
CREATE FUNCTION mark_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE results SET reviewed = true WHERE id = NEW.result_id AND NOT reviewed;
    ELSE
        UPDATE results SET reviewed = false WHERE id = OLD.result_id
        AND NOT EXISTS (SELECT 1 FROM reviews WHERE result_id = OLD.result_id);
    END IF;
    RETURN NULL;
END $$
"""
_POSTGRES_TRIGGER = (
    "CREATE TRIGGER results_reviewed AFTER INSERT OR DELETE ON reviews "
    "FOR EACH ROW EXECUTE FUNCTION mark_reviewed()"
)


def upgrade() -> None:
    """Add the column, which older processes need not know of, and the indexes."""
    reviewed = sa.Column("reviewed", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("results", reviewed)
    op.execute("UPDATE results SET reviewed = true WHERE id IN (SELECT result_id FROM reviews)")
    op.create_index("ix_results_severity_day", "results", [_of_days("severity"), "day", "id"])
    for name, table, columns, where in PARTIAL:
        # SQLite finds an index by the words of its condition: they are those that it is asked in.
        on_sqlite = "reviewed = 1" if where == "reviewed" else where
        op.create_index(
            name,
            table,
            columns,
            sqlite_where=sa.text(on_sqlite),
            postgresql_where=sa.text(where),
        )
    for statement in _SQLITE_TRIGGERS if _is_sqlite() else (_POSTGRES_FUNCTION, _POSTGRES_TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    """Drop them with what they hold."""
    if _is_sqlite():
        for name in ("results_reviewed", "results_unreviewed"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP FUNCTION mark_reviewed() CASCADE")
    for name, table, _, _ in PARTIAL:
        op.drop_index(name, table)
    op.drop_index("ix_results_severity_day", "results")
    op.drop_column("results", "reviewed")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
