"""A signed report that came in: found its study, read, and set beside what the model said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.concordance.concordance_repository import ConcordanceRepository
from radiograde.service.concordance.report_opinion import opinion_of
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films, patient_numbers, results
from radiograde.service.films.archive import Archive
from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.patient_number import PatientNumber
from radiograde.service.films.pseudonym import Pseudonyms

log = structlog.get_logger("radiograde.reports")

MOST_FILMS = 50
"""Of a patient, the last to come in, that are looked through for an accession number."""


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A report as it came: ``text`` names a patient perhaps, is never kept and never logged.

    ``study_uid``, or ``patient_id`` with ``accession``: by which its study is found; "" for what is
    not known. ``issuer``: of the patient's number.
    """

    text: str
    study_uid: str = ""
    patient_id: str = ""
    issuer: str = ""
    accession: str = ""


@dataclass(frozen=True, slots=True)
class _KeptFilm:
    id: str
    study_instance_uid: str


@dataclass(frozen=True, slots=True)
class _Scored:
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportIntake:
    """Takes signed reports; safe to share among threads."""

    database: Database
    archive: Archive
    pseudonyms: Pseudonyms
    limits: Limits

    def accept(self, report: SignedReport) -> bool:
        """Record what a report says; False where it is of no study that is known here.

        Raises:
            StoreError, NoSpaceError: it cannot be kept now.
        """
        study = self._study(report)
        if study is None:
            return False
        opinion = opinion_of(report.text)
        documents = self._scored(study)
        repository = ConcordanceRepository(self.database)
        if not documents or opinion.says == "unsure":
            repository.record(study, opinion, None, agrees=None)
            return True
        worst = max(documents, key=lambda document: document["scores"]["brixia"]["value"])
        finds = worst["severity"] != "none"
        agrees = finds == (opinion.says == "opacity")
        repository.record(study, opinion, worst["model"]["sha256"], agrees=agrees)
        return True

    def _study(self, report: SignedReport) -> str | None:
        if report.study_uid:
            known = sa.select(films.c.id).where(films.c.study_instance_uid == report.study_uid)
            return report.study_uid if self.database.exists(known) else None
        number = self.pseudonyms.number(report.patient_id, report.issuer)
        if number is None or not report.accession:
            return None
        return next(self._studies(number, report.accession), None)

    def _studies(self, number: PatientNumber, accession: str) -> Iterator[str]:
        """Yield studies of a patient with an accession number, in the film or its order.

        Each film is read for that, so no more of them than are asked for.
        """
        same = sa.select(patient_numbers.c.patient).where(patient_numbers.c.number == number.number)
        query = sa.select(films.c.id, films.c.study_instance_uid).where(
            films.c.patient.in_(same), films.c.kept, films.c.study_instance_uid.is_not(None)
        )
        found = self.database.rows(query.order_by(films.c.id.desc()).limit(MOST_FILMS), _KeptFilm)
        for film in found:
            if self._accession(film.id) == accession:
                yield film.study_instance_uid

    def _accession(self, film_id: str) -> str | None:
        content = self.archive.find(film_id)
        header = None if content is None else FilmFile(content, self.limits).header
        completed = OrderStore(self.archive.storage).completed(header)
        return None if completed is None else completed.decoded("AccessionNumber")

    def _scored(self, study: str) -> list[Mapping[str, Any]]:
        of_study = sa.select(films.c.id).where(films.c.study_instance_uid == study)
        query = sa.select(results.c.document).where(
            results.c.id.in_(of_study), results.c.status == "scored"
        )
        return [one.document for one in self.database.rows(query, _Scored)]
