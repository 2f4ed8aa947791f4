"""What other nodes do here, for the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import Actor, AuditEvent, Outcome
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.dimse import association_rules as rules
from radiograde.service.dimse.association_rules import Status


@dataclass(frozen=True, slots=True)
class NodeAudit:
    """Records requests once they are decided; ``log``: None where nothing is recorded."""

    log: AuditLog | None = None

    def stored(self, title: str, address: str, status: Status, film_id: str | None) -> None:
        """Record a C-STORE, and the film that was kept."""
        self._note(Action.FILM_STORE, title, address, status, film_id)

    def asked_to_commit(self, title: str, address: str, status: Status) -> None:
        """Record a request for storage commitment."""
        self._note(Action.COMMITMENT_ANSWER, title, address, status, None)

    def _note(
        self, action: Action, title: str, address: str, status: Status, film_id: str | None
    ) -> None:
        if self.log is not None:
            actor = Actor(title or address, "machine", address)
            detail = {"status": f"0x{status.code:04X}"}
            event = AuditEvent(action, actor, film_id, _outcome(status, film_id), detail=detail)
            self.log.note(event)


def _outcome(status: Status, film_id: str | None) -> Outcome:
    if status.code == rules.NOT_AUTHORIZED.code:
        return "refused"
    return "success" if film_id is not None or status.code == rules.SUCCESS.code else "failed"
