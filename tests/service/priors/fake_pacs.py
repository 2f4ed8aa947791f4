"""A PACS that holds films in memory, and does wrong what it is told to."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pydicom import dcmread
from pydicom.dataset import Dataset

from radiograde.model.errors import RadiogradeError
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.pacs.query_retrieve import (
    FoundImage,
    FoundStudy,
    Keep,
    PatientIdentity,
    StudyQuery,
)
from radiograde.service.retrieve_errors import RetrieveError


@dataclass
class FakePacs:
    """Holds ``films``; ``error`` is raised on every question.

    ``moves_to``: it sends films there, as by C-MOVE, and says only whether that went well.
    ``answers_as``: of what patient it says that everything is.
    """

    films: list[bytes] = field(default_factory=list)
    error: RadiogradeError | None = None
    moves_to: Callable[[bytes], object] | None = None
    answers_as: PatientIdentity | None = None
    sessions: int = 0
    retrieved: list[str] = field(default_factory=list)
    name: str = "pacs"

    @contextmanager
    def session(self) -> Iterator[FakePacs]:
        self.sessions += 1
        if self.error is not None:
            raise self.error
        yield self

    def studies(self, query: StudyQuery) -> list[FoundStudy]:
        found: dict[str, FoundStudy] = {}
        for ds in self._headers():
            day = datetime.strptime(ds.StudyDate, "%Y%m%d").date()
            patient = self.answers_as or PatientIdentity(ds.PatientID, ds.IssuerOfPatientID)
            asked = query.patient is None or query.patient.id == ds.PatientID
            if asked and query.since <= day <= query.until:
                uid = ds.StudyInstanceUID
                others = found[uid].modalities if uid in found else frozenset()
                found[uid] = FoundStudy(uid, day, patient, others | {ds.Modality})
        return list(found.values())

    def images(self, study_instance_uid: str, modalities: Collection[str] = ()) -> list[FoundImage]:
        return [
            FoundImage(
                ds.StudyInstanceUID,
                ds.SeriesInstanceUID,
                ds.SOPInstanceUID,
                ds.SOPClassUID,
                ds.Modality,
                ds.get("BodyPartExamined", ""),
            )
            for ds in self._headers()
            if ds.StudyInstanceUID == study_instance_uid
            and (not modalities or ds.Modality in modalities)
        ]

    def retrieve(self, image: FoundImage, keep: Keep) -> None:
        self.retrieved.append(image.sop_instance_uid)
        film = next(one for one in self.films if image.sop_instance_uid.encode() in one)
        if self.moves_to is None:
            keep(film)
            return
        try:
            self.moves_to(film)
        except RadiogradeError:
            raise RetrieveError("It has the film but could not send it.") from None

    def check(self) -> list[Finding]:
        return []

    def _headers(self) -> list[Dataset]:
        return [dcmread(io.BytesIO(one), stop_before_pixels=True) for one in self.films]
