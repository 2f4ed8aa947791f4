"""References of FHIR resources: logical ones, by identifier, but for those within the bundle.

The installation's own systems hold patient, order and study; a bundle makes no second ones.
"""

from __future__ import annotations

import uuid
from typing import Any

from radiograde.service.documents import document_uids
from radiograde.service.documents.fhir.datatypes import (
    ACCESSION_NUMBER,
    STUDY_INSTANCE_UID,
    concept,
)
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import Issuer, PatientStudy

FILM_SYSTEM = "urn:radiograde:film-sha256"

Json = dict[str, Any]


def part_uid(graded: GradedFilm, part: str) -> str:
    """Return the UID of a part of the bundle: one for each film, model and part."""
    return document_uids.derived_uid(
        "fhir", part, document_uids.source_key(graded), graded.result.model.sha256
    )


def uid_identifier(uid: str) -> Json:
    """Return a DICOM UID as an Identifier, as FHIR's ImagingStudy writes them."""
    return {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}


def full_url(uid: str) -> str:
    """Return the name of an entry within the bundle: the UUID that a 2.25 UID is (PS3.5 B.2)."""
    return uuid.UUID(int=int(uid.removeprefix("2.25."))).urn


def within(uid: str) -> Json:
    """Return a reference to another entry of the bundle."""
    return {"reference": full_url(uid)}


def patient(whose: PatientStudy) -> Json:
    """Return the patient by Patient ID and its issuer; called unknown where there is no ID."""
    if not whose.patient_id:
        return {"type": "Patient", "display": "unknown"}
    identifier = _issued(whose.patient_id, whose.patient_issuer)
    return {"type": "Patient", "identifier": identifier}


def order(whose: PatientStudy) -> list[Json]:
    """Return the order by its accession number, if there is one."""
    if not whose.accession:
        return []
    issued = _issued(whose.accession, whose.accession_issuer)
    identifier = {"type": concept(ACCESSION_NUMBER)} | issued
    return [{"type": "ServiceRequest", "identifier": identifier}]


def study(whose: PatientStudy) -> list[Json]:
    """Return the study by its Study Instance UID, if there is one."""
    if not whose.study_uid:
        return []
    identifier = {"type": concept(STUDY_INSTANCE_UID)} | uid_identifier(whose.study_uid)
    return [{"type": "ImagingStudy", "identifier": identifier}]


def film(graded: GradedFilm) -> list[Json]:
    """Return the film that was graded, by SOP Instance UID, else by the sha256 of its file."""
    instance = graded.film.sop_instance_uid
    by_hash = {"system": FILM_SYSTEM, "value": graded.film.sha256}
    identifier = uid_identifier(instance) if instance else by_hash
    return [{"type": "DocumentReference", "identifier": identifier, "display": "graded film"}]


def _issued(value: str, issuer: Issuer) -> Json:
    identifier: Json = {"system": issuer.uri} if issuer.uri else {}
    identifier["value"] = value
    if issuer.name:
        identifier["assigner"] = {"display": issuer.name}
    return identifier
