"""How long rows of the audit trail stay: by the site file's own rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, AuditEvent, timestamp
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.audit.audit_store import opened_audit
from radiograde.service.config.settings import Settings


def drop_old_rows(settings: Settings, audit: AuditLog) -> int:
    """Remove the rows that are past ``retention.audit_days``, and record how many.

    Raises:
        StoreError: the audit trail cannot be read.
    """
    days = settings.retention.audit_days
    if days is None:
        return 0
    with opened_audit(settings) as store:
        count = store.prune(timestamp(datetime.now(UTC) - timedelta(days=days)))
    if count:
        audit.record(AuditEvent(Action.AUDIT_PRUNE, SERVICE, detail={"rows": count}))
    return count
