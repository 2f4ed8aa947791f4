"""When a service began and ended, and whether its settings are others than the last time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import structlog

from radiograde import __version__
from radiograde.model.errors import RadiogradeError
from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, AuditEvent
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.audit.audit_query import AuditFilter, page
from radiograde.service.audit.audit_store import opened_audit
from radiograde.service.config.settings import Settings

log = structlog.get_logger("radiograde.audit")

ServiceName = Literal["serve", "listen", "work"]

_LOOKED_AT = 50
"""Runs among which the last one of the same service is looked for."""


@contextmanager
def service_run(audit: AuditLog, settings: Settings, name: ServiceName) -> Iterator[None]:
    """Record that a service runs within the ``with`` block, and that its settings were changed."""
    detail = {"service": name, "version": __version__, "settings": digest_of(settings)}
    if _were_others(settings, name, detail["settings"]):
        audit.note(AuditEvent(Action.SETTINGS_CHANGE, SERVICE, detail=detail))
    audit.note(AuditEvent(Action.SERVICE_RUN, SERVICE, detail=detail))
    try:
        yield
    finally:
        audit.note(AuditEvent(Action.SERVICE_STOP, SERVICE, detail=detail))


def digest_of(settings: Settings) -> str:
    """Return a digest of all settings; secrets are masked in it."""
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:16]


def _were_others(settings: Settings, name: ServiceName, digest: str) -> bool:
    try:
        with opened_audit(settings) as store:
            runs = page(store, AuditFilter(action=Action.SERVICE_RUN), _LOOKED_AT)
    except RadiogradeError as error:
        log.error("audit_not_read", type=type(error).__name__)
        return False
    last = next((run.detail for run in runs if run.detail.get("service") == name), None)
    return last is not None and last.get("settings") != digest
