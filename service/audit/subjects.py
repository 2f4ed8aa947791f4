"""What the audit trail says of a film: pseudonym and UIDs, as its record has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from radiograde.service.audit.audit_event import Subject
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.audit.audit_store import open_audit_store
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films


@dataclass(frozen=True, slots=True)
class FilmSubjects:
    """Looks films up."""

    database: Database

    def __call__(self, film_ids: Collection[str]) -> Mapping[str, Subject]:
        """Return what is known of films, by their ids. Raises StoreError."""
        found: dict[str, Subject] = {}
        for some in in_parts(film_ids):
            query = sa.select(
                films.c.id, films.c.patient, films.c.study_instance_uid, films.c.sop_instance_uid
            ).where(films.c.id.in_(some))
            with self.database.reading() as connection:
                for id, *facts in connection.execute(query):
                    found[id] = Subject(*facts)
        return found


def open_audit_log(settings: Settings, database: Database) -> AuditLog:
    """Return what records the events of an installation whose database is open."""
    return AuditLog(lambda: open_audit_store(settings), FilmSubjects(database))
