"""Keeping what grading came to: maps on disk, then result and deliveries in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog

from radiograde.model.reading.dicom_header import Header
from radiograde.model.scoring.result_json import parse_result
from radiograde.service.config.site import DocumentKind
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.delivery.film_facts import FilmFacts
from radiograde.service.documents.document_form import DocumentForm, form_for
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.documents.imaging_request import is_long_accession
from radiograde.service.films.archive import MAPS, Archive
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.films.map_file import as_read_back
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.films.trace_repository import TraceRepository
from radiograde.service.grading.fact_finder import FactFinder
from radiograde.service.grading.grade_film import FilmGrading
from radiograde.service.monitoring.statistics_repository import StatisticsRepository
from radiograde.service.notifications.notice_recorder import NoticeRecorder
from radiograde.service.programme.shadow_repository import ShadowRepository

log = structlog.get_logger("radiograde.work")


@dataclass(frozen=True, slots=True)
class ResultKeeper:
    """Keeps gradings in an installation's records; safe to share among threads.

    ``documents_ahead``: make the documents that destinations want from the film as grading
    decoded it. ``answered``: keep results of objects that are set aside too, for their sender
    waits for one.
    """

    database: Database
    archive: Archive
    films: FilmRepository
    results: ResultRepository
    traces: TraceRepository
    deliveries: DeliveryRepository
    document_store: DocumentStore
    facts: FactFinder
    notices: NoticeRecorder
    statistics: StatisticsRepository
    shadow: ShadowRepository
    documents_ahead: bool = False
    answered: bool = False

    def keep(self, grading: FilmGrading) -> bool:
        """Keep a grading of a film that waits, once; False if the film does not wait (any more).

        Raises:
            NoSpaceError, StoreError: it cannot be kept; the film waits as before.
        """
        if grading.result.maps is None:
            self.archive.drop_made(grading.film_id)
        else:
            self.archive.keep_maps(grading.film_id, grading.result.maps)
            self.archive.drop_made(grading.film_id, but=MAPS)
        if self.documents_ahead:
            self._make_documents(grading)
        with self.database.write() as connection:
            return self._record(connection, grading)

    def replace(self, connection: sa.Connection, grading: FilmGrading) -> None:
        """Put a result in the place of a graded film's own, and have it delivered.

        In a transaction that its caller ends; whoever reviews meanwhile sees the maps of a result.

        Raises:
            NoSpaceError: the maps cannot be kept.
        """
        if grading.result.maps is not None:
            self.archive.keep_maps(grading.film_id, grading.result.maps)
        self.archive.drop_made(grading.film_id, but=MAPS)
        self.results.remove(connection, grading.film_id)
        # Whoever follows the films hears of it.
        same = sa.update(films).where(films.c.id == grading.film_id)
        connection.execute(same.values(changed=datetime.now(UTC)))
        self._add(connection, grading)
        self._plan(connection, grading)

    def plan_missing(self, film_id: str) -> None:
        """Plan the deliveries of a graded film that a further source brings with it."""
        result = self.results.find(film_id)
        if result is None:
            return
        with self.database.write() as connection:
            film = self.films.get(connection, film_id)
            if film is not None and film.state == "graded":
                facts = self.facts.of(connection, film_id, result.document)
                self._record_notices(connection, film_id, facts, result.document)
                routes = self.facts.routing.routes_of(facts)
                self.deliveries.plan_routes(connection, film_id, routes)

    def _record(self, connection: sa.Connection, grading: FilmGrading) -> bool:
        film_id, result = grading.film_id, grading.result
        sha256 = None if grading.film is None else grading.film.sha256
        if grading.set_aside is not None:
            if not self.films.set_aside(connection, film_id, grading.set_aside, sha256):
                return False
            if self.answered:
                self._add(connection, grading)
            return True
        if result.error is not None:
            changed = self.films.failed(connection, film_id, result.error.code, sha256)
        else:
            changed = self.films.graded(connection, film_id, sha256)
        if changed:
            self._add(connection, grading)
            self.statistics.record(connection, film_id, result, _header_of(grading))
        if changed and result.error is None:
            self._plan(connection, grading)
            self.shadow.plan(connection, film_id)
        return changed

    def _add(self, connection: sa.Connection, grading: FilmGrading) -> None:
        self.results.add(connection, grading.result, grading.began)
        self.traces.add(connection, grading.film_id, grading.trace)

    def _plan(self, connection: sa.Connection, grading: FilmGrading) -> None:
        # Destinations that have the film's former result get this one.
        self.deliveries.send_anew(connection, grading.film_id)
        document, header = grading.result.to_json(), _header_of(grading)
        facts = self.facts.of(connection, grading.film_id, document, header)
        self._record_notices(connection, grading.film_id, facts, document)
        wanted = self.facts.routing.routes_of(facts)
        if wanted and header is not None and is_long_accession(header):
            log.warning("accession_number_too_long", film_id=grading.film_id)
        self.deliveries.plan_routes(connection, grading.film_id, wanted)

    def _record_notices(
        self,
        connection: sa.Connection,
        film_id: str,
        facts: FilmFacts,
        document: Mapping[str, Any],
    ) -> None:
        scores = document.get("scores")
        brixia = None if scores is None else scores["brixia"]["value"]
        self.notices.of_result(connection, film_id, facts, brixia)

    def _make_documents(self, grading: FilmGrading) -> None:
        """Make documents ahead; one that cannot be made is tried again when it is delivered."""
        document, header = grading.result.to_json(), _header_of(grading)
        with self.database.reading() as connection:
            facts = self.facts.of(connection, grading.film_id, document, header)
        wanted = self.facts.routing.routes_of(facts)
        kinds: dict[DocumentForm, dict[DocumentKind, None]] = {}
        for one in wanted:
            form = form_for(one.destination)
            kinds.setdefault(form, {}).update(dict.fromkeys(one.kinds))
        graded = grading.graded_film()
        if not kinds or graded is None:
            return
        # As it will be read back, so that documents are the same whenever they are made.
        maps = graded.result.maps
        as_kept = parse_result(document, maps and as_read_back(maps))
        try:
            for form, of_form in kinds.items():
                self.document_store.make(replace(graded, result=as_kept), of_form, form)
        except Exception as error:  # noqa: BLE001 - whatever a document or a library may raise
            log.error("documents_broke", film_id=grading.film_id, type=type(error).__name__)


def _header_of(grading: FilmGrading) -> Header | None:
    return None if grading.film is None else grading.film.header
