"""The tables of the audit trail: rows that are added, and never changed.

They lie in a database of their own beside SQLite's results, so that a look at a film changes
nothing that the worklist is made from; in PostgreSQL beside the others.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

audit_metadata = sa.MetaData()

_Seq = sa.BigInteger().with_variant(sa.Integer, "sqlite")

audit_events = sa.Table(
    "audit_events",
    audit_metadata,
    sa.Column("seq", _Seq, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(27), nullable=False, index=True),
    sa.Column("action", sa.String(40), nullable=False, index=True),
    sa.Column("outcome", sa.String(8), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False, index=True),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("machine", sa.String(64), nullable=False),
    sa.Column("film_id", sa.String(26), index=True),
    sa.Column("patient", sa.String(26), index=True),
    sa.Column("study_instance_uid", sa.String(64)),
    sa.Column("sop_instance_uid", sa.String(64)),
    sa.Column("request_id", sa.String(26)),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
"""``seq``: 1, 2, 3, without a gap. ``hash``: of the row and of the row before, with a key."""

audit_base = sa.Table(
    "audit_base",
    audit_metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", _Seq, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
)
"""One row: where the chain begins, which is after the last row that was past its time."""

audit_sent = sa.Table(
    "audit_sent",
    audit_metadata,
    sa.Column("receiver", sa.String(16), primary_key=True),
    sa.Column("seq", _Seq, nullable=False),
)
"""Up to which row each receiver of audit messages has them."""

_SQLITE = (
    "CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events "
    "BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END",
    "CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events "
    "WHEN OLD.seq > (SELECT seq FROM audit_base) "
    "BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION audit_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'DELETE' AND OLD.seq <= (SELECT seq FROM audit_base) THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'audit_events is append-only'; END $$",
    "CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE ON audit_events "
    "FOR EACH ROW EXECUTE FUNCTION audit_events_stay()",
)


@sa.event.listens_for(audit_base, "after_create")
def _keep_rows(_: sa.Table, connection: sa.Connection, **__: Any) -> None:
    """Have the database refuse to change rows, and to remove those that are not past their time."""
    statements = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        connection.exec_driver_sql(statement)
