"""An intake that tells the audit trail what came in, for sources that do not tell it themselves."""

from __future__ import annotations

from dataclasses import dataclass

from radiograde.model.reading.film_file import FilmFile
from radiograde.service.atomic_write import Content
from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import LONGEST, Actor, AuditEvent
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.config.site import FilmSource
from radiograde.service.films.intake import Intake, Receipt


@dataclass(frozen=True, slots=True)
class AuditedIntake:
    """Takes films in, and records each: of a watched folder, or fetched from a PACS."""

    intake: Intake
    audit: AuditLog

    def accept(
        self, content: Content | FilmFile, source: FilmSource, sender: str | None = None
    ) -> Receipt:
        """Return the receipt for a file; see :class:`Intake`."""
        receipt = self.intake.accept(content, source, sender)
        actor = Actor((sender or source)[-LONGEST:], "machine")
        detail = {"source": source}
        self.audit.note(AuditEvent(Action.FILM_STORE, actor, receipt.film_id, detail=detail))
        return receipt
