"""The audit trail in PostgreSQL, and in backups of either database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, AuditEvent
from radiograde.service.audit.audit_store import opened_audit
from radiograde.service.config.settings import Settings
from radiograde.service.database.backup import back_up, restore
from radiograde.service.grading.records import open_records
from tests.accidents.postgres import Postgres
from tests.service.audit import test_verify
from tests.service.audit.trails import found, rows_of, tamper, values


def test_postgresql_keeps_the_same_chain(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.database("audit_chain")
    with opened_audit(Settings(data_dir=tmp_path, database_url=url)) as store:
        for number in range(6):
            store.append([values(number)])
        assert found(store, tmp_path) == []
        for change in (test_verify.edit("actor", "x"), test_verify.remove(2)):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                store.database.engine.begin() as connection,
            ):
                change(connection)
        assert store.prune(list(store.in_order())[1].at) == 1
        tamper(store.database, test_verify.edit("actor", "x"))
        tamper(store.database, test_verify.remove(5))
        flaws = [(flaw.kind, flaw.seq) for flaw in found(store, tmp_path)]
        assert flaws == [("changed", 3), ("missing", 5)]


def test_a_backup_holds_the_whole_trail_and_puts_it_back(
    settings: Settings, tmp_path: Path
) -> None:
    with closing(open_records(settings)) as records:
        for _ in range(3):
            records.audit.record(AuditEvent(Action.DOCTOR_RUN, SERVICE))
        back_up(settings, tmp_path / "backup")
        records.audit.record(AuditEvent(Action.DOCTOR_RUN, SERVICE))
    there = Settings(data_dir=tmp_path / "restored")
    restore(there, tmp_path / "backup")
    assert [row.seq for row in rows_of(there)] == [1, 2, 3]
    with opened_audit(there) as store:
        assert found(store, there.data_dir) == []
