"""An audit trail of made events, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import (
    SERVICE,
    AuditEvent,
    AuditRow,
    Detail,
    Subject,
    values_of,
)
from radiograde.service.audit.audit_store import AuditStore, opened_audit
from radiograde.service.audit.hash_chain import Chain
from radiograde.service.audit.verify import Flaw, flaws
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database

FILM = "01JARADMZ00000000000000000"
SUBJECT = Subject("K3" * 13, "1.2.3", "1.2.3.4")


def values(number: int = 0) -> dict[str, object]:
    detail: Detail = {"operation": "getView", "number": number}
    return values_of(AuditEvent(Action.FILM_READ, SERVICE, FILM, detail=detail), SUBJECT)


@contextmanager
def trail(data_dir: Path, rows: int = 0) -> Iterator[AuditStore]:
    """Give a new audit trail with so many rows."""
    with opened_audit(Settings(data_dir=data_dir)) as store:
        for number in range(rows):
            store.append([values(number)])
        yield store


def found(store: AuditStore, data_dir: Path) -> list[Flaw]:
    return list(flaws(store, Chain(data_dir)))


def rows_of(settings: Settings) -> list[AuditRow]:
    """Return all rows of an installation, the oldest first."""
    with opened_audit(settings) as store:
        return list(store.in_order())


def tamper(database: Database, change: Callable[[sa.Connection], object]) -> None:
    """Change rows as somebody does who may do anything with the database."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for name in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_events_no_{name}")
        else:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_events_stay ON audit_events")
        change(connection)
