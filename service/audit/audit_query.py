"""What of the audit trail is asked for: filters, pages, CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.audit.audit_event import AuditRow
from radiograde.service.audit.audit_store import AuditStore, everything
from radiograde.service.database.audit_tables import audit_events

MOST_ROWS = 100_000
"""In one CSV file."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What rows have to be like; None: any. ``patient``: a pseudonym or how it begins."""

    action: str | None = None
    outcome: str | None = None
    actor: str | None = None
    film_id: str | None = None
    patient: str | None = None
    since: date | None = None
    until: date | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions of a query."""
        columns = audit_events.c
        equal = {"action", "outcome", "actor", "film_id"}
        found: list[sa.ColumnElement[bool]] = [
            columns[name] == value
            for name, value in asdict(self).items()
            if name in equal and value is not None
        ]
        if self.patient is not None:
            found.append(columns.patient.startswith(self.patient.upper(), autoescape=True))
        if self.since is not None:
            found.append(columns.at >= self.since.isoformat())
        if self.until is not None:
            found.append(columns.at < (self.until + timedelta(days=1)).isoformat())
        return found


def page(
    store: AuditStore, wanted: AuditFilter, limit: int, before: int | None = None
) -> list[AuditRow]:
    """Return rows, newest first; ``before``: a number that theirs are below. Raises StoreError."""
    query = everything().where(*wanted.conditions()).order_by(audit_events.c.seq.desc())
    if before is not None:
        query = query.where(audit_events.c.seq < before)
    return store.rows(query.limit(limit))


def as_csv(rows: Iterable[AuditRow]) -> str:
    """Return rows as CSV, RFC 4180; a cell that a spreadsheet would compute begins with a quote."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([field.name for field in fields(AuditRow)])
    for row in rows:
        writer.writerow([_cell(value) for value in asdict(row).values()])
    return text.getvalue()


def _cell(value: Any) -> str:
    written = json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value or "")
    return f"'{written}" if written.startswith(("=", "+", "-", "@", "\t", "\r")) else written
