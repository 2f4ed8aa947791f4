"""Which films of a PACS are priors of a film, by the rules of the site file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from radiograde.model.reading.acquisition_time import acquired
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import uid
from radiograde.service.config.archives import PriorsConfig
from radiograde.service.pacs.query_retrieve import (
    FoundImage,
    PacsSession,
    PatientIdentity,
    StudyQuery,
)
from radiograde.service.retrieve_errors import NothingFoundError, OtherPatientError, RetrieveError

_WILDCARDS = frozenset("*?\\")
"""A key with one of these matches others too, PS3.4 C.2.2.2."""

MOST_IMAGES = 12
"""Of one study: a chest has two, and a series of a fluoroscope hundreds."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose priors are looked for: the film's patient, day and study."""

    patient: PatientIdentity
    day: date
    study_instance_uid: str | None


def subject_of(header: Header, today: date) -> Subject:
    """Return whose priors a film has; ``today`` stands for a day that it does not say.

    Raises:
        RetrieveError: its patient ID cannot be asked for alone.
    """
    identity = PatientIdentity(header.decoded("PatientID"), header.decoded("IssuerOfPatientID"))
    if not identity.id or _WILDCARDS & set(identity.id):
        raise RetrieveError(
            "The film's patient ID is empty or holds one of * ? and backslash, by which a PACS "
            "finds other patients too. Its priors are not asked for."
        )
    time = acquired(header)
    return Subject(identity, today if time is None else time.day, uid(header, "StudyInstanceUID"))


def choose(session: PacsSession, subject: Subject, rules: PriorsConfig) -> list[FoundImage]:
    """Return the priors of a film that a PACS has, by the rules, the newest study first.

    Raises:
        NothingFoundError: it has none.
        OtherPatientError: all that it found is of other patients.
        UnreachableError, RetrieveError: as :class:`PacsSession`.
    """
    since = subject.day - timedelta(days=rules.days)
    found = session.studies(StudyQuery(since, subject.day, subject.patient))
    own = [study for study in found if subject.patient.may_be(study.patient)]
    if found and not own:
        raise OtherPatientError(
            "The PACS answers with studies of another patient ID or issuer alone. None was fetched."
        )
    studies = sorted(
        (
            study
            for study in own
            if study.study_instance_uid != subject.study_instance_uid
            and (study.day is None or since <= study.day <= subject.day)
            and study.may_hold(rules.modalities)
        ),
        key=lambda study: (study.day or date.min, study.study_instance_uid),
        reverse=True,
    )
    chosen: list[FoundImage] = []
    of_study = (list(_films(session, one.study_instance_uid, rules)) for one in studies)
    for _, images in zip(range(rules.most), filter(None, of_study), strict=False):
        chosen += images[:MOST_IMAGES]
    if not chosen:
        raise NothingFoundError(
            f"The PACS has no other chest film of this patient within {rules.days} days before."
        )
    return chosen


def _films(session: PacsSession, study_uid: str, rules: PriorsConfig) -> Iterator[FoundImage]:
    for image in session.images(study_uid, rules.modalities):
        if image.is_film(rules.modalities) and image.shows(rules.body_parts):
            yield image
