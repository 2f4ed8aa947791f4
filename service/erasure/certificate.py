"""The certificate of an erasure: what went, what was delivered elsewhere, what was copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import AuditRow, timestamp
from radiograde.service.audit.audit_store import AuditStore, everything
from radiograde.service.database.audit_tables import audit_events
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films, sent_objects
from radiograde.service.erasure.erasure_plan import ErasurePlan

STAYS = (
    "The audit trail keeps the pseudonym and the UIDs of study and instance until it is past its "
    "own time.",
    "Backups and exports that are named here hold what was erased, until they are removed.",
    "What was delivered elsewhere stays there, until it is removed there.",
)

_COPIES = (Action.BACKUP_MAKE, Action.REVIEWS_EXPORT)
_GIVEN_OUT = (Action.DOCUMENT_READ, Action.PROBLEM_FILE_READ)


def certificate_of(database: Database, trail: AuditStore, plan: ErasurePlan) -> dict[str, Any]:
    """Return what is known before the erasure; it names no patient. Raises StoreError."""
    since = _first_came(database, plan.film_ids)
    copies = [] if since is None else _rows(trail, _COPIES, audit_events.c.at >= timestamp(since))
    return {
        "films": len(plan.film_ids),
        "problems": len(plan.problems),
        "delivered": _delivered(database, plan.film_ids),
        "given_out": [_described(row) for row in _given_out(trail, plan.film_ids)],
        "copies": [_described(row) for row in copies],
        "stays": list(STAYS),
    }


def _first_came(database: Database, film_ids: Sequence[str]) -> datetime | None:
    query = sa.select(sa.func.min(films.c.received).label("at"))
    found: list[datetime] = []
    for some in in_parts(film_ids):
        with database.reading() as connection:
            at = connection.scalar(query.where(films.c.id.in_(some)))
            if at is not None:
                found.append(at)
    return min(found, default=None)


def _delivered(database: Database, film_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return what destinations were sent: those who keep it are to erase it, too."""
    objects: list[dict[str, Any]] = []
    for some in in_parts(film_ids):
        query = sa.select(sent_objects).where(sent_objects.c.film_id.in_(some))
        with database.reading() as connection:
            for row in connection.execute(query).mappings():
                objects.append(
                    {
                        "destination": row["destination"],
                        "kind": row["kind"],
                        "name": row["name"],
                        "sent": row["sent"].isoformat(timespec="seconds"),
                        "withdrawn": bool(row["rejected"]),
                    }
                )
    return objects


def _given_out(trail: AuditStore, film_ids: Sequence[str]) -> Iterable[AuditRow]:
    for some in in_parts(film_ids):
        yield from _rows(trail, _GIVEN_OUT, audit_events.c.film_id.in_(some))


def _rows(
    trail: AuditStore, actions: Sequence[Action], condition: sa.ColumnElement[bool]
) -> list[AuditRow]:
    of_actions = audit_events.c.action.in_([str(one) for one in actions])
    success = audit_events.c.outcome == "success"
    query = everything().where(of_actions, success, condition).order_by(audit_events.c.seq)
    return trail.rows(query)


def _described(row: AuditRow) -> Mapping[str, Any]:
    return {"at": row.at, "action": row.action, "actor": row.actor, **row.detail}


def in_words(certificate: Mapping[str, Any]) -> str:
    """Return a certificate as text."""
    sent = Counter(one["destination"] for one in certificate["delivered"])
    lines = [
        f"Erasure {certificate['id']}, asked for by {certificate['by']} on {certificate['asked']}, "
        f"done on {certificate['done']}.",
        f"{certificate['films']} films with all that was made of them; scope: "
        f"{certificate['scope']}.",
        *(f"Delivered to {name}: {count} objects." for name, count in sorted(sent.items())),
        *(
            f"  {one['destination']}: {one['kind']} {one['name']}, {one['sent']}"
            for one in certificate["delivered"]
        ),
        *(f"Given out: {_line(one)}" for one in certificate["given_out"]),
        *(f"Copy: {_line(one)}" for one in certificate["copies"]),
        *certificate["stays"],
    ]
    return "\n".join(lines)


def _line(told: Mapping[str, Any]) -> str:
    return ", ".join(str(value) for value in told.values())
