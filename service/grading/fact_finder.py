"""Finding out what routing rules ask of a film, and no more than they ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.config.rules import ChangeVerdict
from radiograde.service.database.rows import first_of
from radiograde.service.database.tables import films
from radiograde.service.delivery.film_facts import FilmFacts
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.films.archive import Archive
from radiograde.service.films.film_repository import FILMS, Film, FilmRepository
from radiograde.service.films.previous_score import CoursePlace, change_of
from radiograde.service.films.score_change import RepeatabilityLimit


@dataclass(frozen=True, slots=True)
class FactFinder:
    """Knows a film by its record, its header and its result; safe to share among threads.

    ``limit``: of the model in service. ``needs_change``: others than rules ask for the change.
    """

    archive: Archive
    films: FilmRepository
    routing: RoutingRules
    limits: Limits
    limit: RepeatabilityLimit
    needs_change: bool = False

    def of(
        self,
        connection: sa.Connection,
        film_id: str,
        document: Mapping[str, Any],
        header: Header | None = None,
    ) -> FilmFacts:
        """Return what rules ask of a film and its result's JSON.

        ``header``: of the film, which is read if need be. Raises StoreError.
        """
        sources = self.films.sources(connection, film_id)
        film = first_of(connection, FILMS.where(films.c.id == film_id), Film)
        if film is None:
            return FilmFacts(sources, document["status"])
        facts = FilmFacts(sources, "scored", film.sop_class_uid, sender=film.sender)
        if self.routing.asks_for("department", "modality"):
            facts = facts.with_header(header or self._header(film_id))
        facts = facts.with_result(document)
        return replace(facts, change=self._change(connection, film, document))

    def _header(self, film_id: str) -> Header | None:
        content = self.archive.find(film_id)
        return None if content is None else FilmFile(content, self.limits).header

    def _change(
        self, connection: sa.Connection, film: Film, document: Mapping[str, Any]
    ) -> ChangeVerdict | None:
        if not self.needs_change and not self.routing.asks_for("change"):
            return None
        place = CoursePlace(
            film.id, film.patient, film.acquired, film.received, film.sop_instance_uid
        )
        return change_of(connection, place, document, self.limit)
