"""References of FHIR resources: logical ones, by identifier, but for those within the bundle.

The installation's own systems hold patient, order and study; a bundle makes no second ones.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from urllib.parse import quote

from radiograde.service.documents import document_uids
from radiograde.service.documents.document_form import DocumentForm
from radiograde.service.documents.equipment import timestamp
from radiograde.service.documents.fhir.datatypes import (
    ACCESSION_NUMBER,
    DICOM_UID,
    STUDY_INSTANCE_UID,
    Json,
    concept,
)
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import Issuer, PatientStudy

FILM_SYSTEM = "urn:radiograde:film-sha256"


def part_uid(graded: GradedFilm, part: str) -> str:
    """Return the UID of a part of the bundle: one for each film, model and part.

    What was withdrawn keeps its own: the result that stands in its place has others.
    """
    return document_uids.derived_uid("fhir", part, *document_uids.lasting_key(graded))


def report_uid(graded: GradedFilm) -> str:
    """Return the UID of the bundle's DiagnosticReport."""
    return document_uids.derived_uid("document", "fhir", *document_uids.lasting_key(graded))


def uid_identifier(uid: str) -> Json:
    """Return a DICOM UID as an Identifier, as FHIR's ImagingStudy writes them."""
    return {"system": DICOM_UID, "value": f"urn:oid:{uid}"}


def full_url(uid: str) -> str:
    """Return the name of an entry within the bundle: the UUID that a 2.25 UID is (PS3.5 B.2)."""
    return uuid.UUID(int=int(uid.removeprefix("2.25."))).urn


def within(uid: str) -> Json:
    """Return a reference to another entry of the bundle."""
    return {"reference": full_url(uid)}


def patient(patient_study: PatientStudy, form: DocumentForm) -> Json:
    """Return the patient by Patient ID and its issuer; called unknown where there is no ID."""
    if not patient_study.patient_id:
        return {"type": "Patient", "display": "unknown"}
    issuer = _with_system(patient_study.patient_issuer, form.patient_system)
    identifier = _issued(patient_study.patient_id, issuer)
    return _reference("Patient", identifier, form)


def order(patient_study: PatientStudy, form: DocumentForm) -> list[Json]:
    """Return the order by its accession number, if there is one."""
    if not patient_study.accession:
        return []
    issuer = _with_system(patient_study.accession_issuer, form.accession_system)
    issued = _issued(patient_study.accession, issuer)
    identifier = {"type": concept(ACCESSION_NUMBER)} | issued
    return [_reference("ServiceRequest", identifier, form)]


def _reference(kind: str, identifier: Json, form: DocumentForm) -> Json:
    """Return a logical reference; conditional too where that is asked for and has a system.

    The server then finds the resource (http.html#trules, "conditional references"), and refuses
    the whole transaction where there is none, or more than one.
    """
    reference = {"type": kind, "identifier": identifier}
    if not form.conditional_references or "system" not in identifier:
        return reference
    sought = f"{identifier['system']}|{quote(identifier['value'], safe='')}"
    return {"reference": f"{kind}?identifier={sought}"} | reference


def _with_system(issuer: Issuer, system: str | None) -> Issuer:
    """Return an issuer with the site's system where the film names none."""
    return issuer if issuer.uri or system is None else replace(issuer, uri=system)


def study(patient_study: PatientStudy) -> list[Json]:
    """Return the study by its Study Instance UID, if there is one."""
    if not patient_study.study_uid:
        return []
    identifier = {"type": concept(STUDY_INSTANCE_UID)} | uid_identifier(patient_study.study_uid)
    return [{"type": "ImagingStudy", "identifier": identifier}]


def part_of_study(patient_study: PatientStudy) -> Json:
    """Return what ties an Observation to its study, if there is one."""
    studies = study(patient_study)
    return {"partOf": studies} if studies else {}


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


def circumstances(graded: GradedFilm, patient_study: PatientStudy) -> Json:
    """Return state, patient, order and times: when the film was acquired, when it was graded."""
    shared: Json = {"status": "preliminary", "subject": patient(patient_study, graded.form)}
    orders = order(patient_study, graded.form)
    if orders:
        shared["basedOn"] = orders
    if patient_study.acquired is not None:
        shared["effectiveDateTime"] = patient_study.acquired.isoformat()
    return shared | {"issued": timestamp(graded).isoformat()}
