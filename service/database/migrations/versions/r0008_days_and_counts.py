"""Make what a list of years is found by: the day of each film, and how many are in each state.

The triggers that count belong to the table ``films``: whoever puts another in its place has to
make them anew.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UNUSED = {
    "ix_results_image_sha256": ("results", ["image_sha256"]),
    "ix_results_sop_instance_uid": ("results", ["sop_instance_uid"]),
    "ix_results_recorded": ("results", ["recorded"]),
}
FORMER = {
    **UNUSED,
    "ix_results_brixia": ("results", ["brixia", "id"]),
    "ix_results_rank": ("results", ["severity", "brixia", "id"]),
    "ix_films_received": ("films", ["received"]),
    "ix_films_taken": ("films", ["taken"]),
    "ix_films_patient": ("films", ["patient"]),
}
PRESENT = {
    "ix_results_brixia": ("results", ["brixia", "id", "day"]),
    "ix_results_rank": ("results", ["severity", "brixia", "id", "day"]),
    "ix_results_day": ("results", ["day", "brixia", "id", "severity"]),
    "ix_films_taken": ("films", ["taken", "id"]),
    "ix_films_patient": ("films", ["patient", "id"]),
    "ix_films_day": ("films", ["day", "id"]),
}

_SQLITE_TRIGGERS = (
    "CREATE TRIGGER films_counted AFTER INSERT ON films BEGIN "
    "INSERT INTO film_counts (state, share, films) VALUES (NEW.state, 0, 1) "
    "ON CONFLICT (state, share) DO UPDATE SET films = films + 1; END",
    "CREATE TRIGGER films_counted_anew AFTER UPDATE OF state ON films "
    "WHEN OLD.state <> NEW.state BEGIN "
    "INSERT INTO film_counts (state, share, films) VALUES (OLD.state, 0, -1), (NEW.state, 0, 1) "
    "ON CONFLICT (state, share) DO UPDATE SET films = films + excluded.films; END",
    "CREATE TRIGGER films_uncounted AFTER DELETE ON films BEGIN "
    "INSERT INTO film_counts (state, share, films) VALUES (OLD.state, 0, -1) "
    "ON CONFLICT (state, share) DO UPDATE SET films = films - 1; END",
)

# Many workers count at the same time: each adds to a share of its own, in one order of states.
_POSTGRES_FUNCTION = """
CREATE FUNCTION count_films() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO film_counts (state, share, films)
    SELECT change.state, pg_backend_pid() % 64, change.films
    FROM (
        SELECT OLD.state AS state, -1 AS films WHERE TG_OP <> 'INSERT'
        UNION ALL SELECT NEW.state, 1 WHERE TG_OP <> 'DELETE'
    ) AS change
    ORDER BY change.state
    ON CONFLICT (state, share) DO UPDATE SET films = film_counts.films + EXCLUDED.films;
    RETURN NULL;
END $$
"""
_POSTGRES_TRIGGERS = (
    "CREATE TRIGGER films_counted AFTER INSERT OR DELETE ON films "
    "FOR EACH ROW EXECUTE FUNCTION count_films()",
    "CREATE TRIGGER films_counted_anew AFTER UPDATE OF state ON films "
    "FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION count_films()",
)


def upgrade() -> None:
    """Add the columns, which older processes need not know of, the counts and the indexes."""
    op.add_column("films", sa.Column("day", sa.String(10)))
    op.add_column("results", sa.Column("day", sa.String(10)))
    _fill_days(op.get_bind())
    for name, (table, _) in FORMER.items():
        op.drop_index(name, table)
    for name, (table, columns) in PRESENT.items():
        op.create_index(name, table, columns)
    undated, kept = sa.text("taken IS NULL"), sa.text("kept")
    op.create_index(
        "ix_films_undated", "films", ["day", "id"], sqlite_where=undated, postgresql_where=undated
    )
    op.create_index(
        "ix_films_kept",
        "films",
        ["received", "id"],
        sqlite_where=sa.text("kept = 1"),  # in the words in which SQLite is asked
        postgresql_where=kept,
    )
    op.create_table(
        "film_counts",
        sa.Column("state", sa.String(16), primary_key=True),
        sa.Column("share", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("films", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO film_counts SELECT state, 0, count(*) FROM films GROUP BY state")
    _make_triggers()


def downgrade() -> None:
    """Drop them with what they hold."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("films_counted", "films_counted_anew", "films_uncounted"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP FUNCTION count_films() CASCADE")
    op.drop_table("film_counts")
    for name in ("ix_films_undated", "ix_films_kept"):
        op.drop_index(name, "films")
    for name, (table, _) in PRESENT.items():
        op.drop_index(name, table)
    for name, (table, columns) in FORMER.items():
        op.create_index(name, table, columns)
    op.drop_column("results", "day")
    op.drop_column("films", "day")


def _make_triggers() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if on_sqlite else (_POSTGRES_FUNCTION, *_POSTGRES_TRIGGERS):
        op.execute(statement)


def _fill_days(connection: sa.Connection) -> None:
    """Give each film the day of its acquisition, else of its arrival by this computer's clock."""
    films = sa.table(
        "films",
        sa.column("taken", sa.String),
        sa.column("received", sa.DateTime(timezone=True)),
        sa.column("day", sa.String),
    )
    op.execute("UPDATE films SET day = substr(taken, 1, 10) WHERE taken IS NOT NULL")
    undated = films.c.day.is_(None)
    span = sa.select(sa.func.min(films.c.received), sa.func.max(films.c.received)).where(undated)
    first, last = (_local_day(at) for at in connection.execute(span).one())
    while first is not None and last is not None and first <= last:
        begin, end = (
            datetime.combine(day, time.min).astimezone(UTC)
            for day in (first, first + timedelta(days=1))
        )
        arrived = (films.c.received >= begin, films.c.received < end)
        connection.execute(sa.update(films).where(undated, *arrived).values(day=first.isoformat()))
        first += timedelta(days=1)
    op.execute("UPDATE results SET day = (SELECT day FROM films WHERE films.id = results.id)")


def _local_day(at: datetime | None) -> date | None:
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone().date()
