"""A result as a FHIR transaction that a server can be sent as it is, in R4 or R5."""

from __future__ import annotations

import json
from typing import Literal

from radiograde.model.scoring.result import NOTICE
from radiograde.service.documents import document_uids
from radiograde.service.documents.codes import ARTIFICIAL_INTELLIGENCE
from radiograde.service.documents.document import Document
from radiograde.service.documents.equipment import MANUFACTURER
from radiograde.service.documents.fhir.datatypes import (
    MEASUREMENT_REPORT,
    RADIOLOGY,
    Json,
    asserted,
    concept,
    narrative,
)
from radiograde.service.documents.fhir.logical_references import (
    circumstances,
    full_url,
    part_uid,
    report_uid,
    study,
    uid_identifier,
    within,
)
from radiograde.service.documents.fhir.measurements import measurements
from radiograde.service.documents.fhir.observations import GROUP, group, member
from radiograde.service.documents.fhir.review_observations import review_observations
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import PatientStudy, read_patient_study
from radiograde.service.documents.sentences import described

MEDIA_TYPE = "application/fhir+json"
MODEL_SYSTEM = "urn:radiograde:model-sha256"
RESULT_SYSTEM = "urn:radiograde:result"

Version = Literal["R4", "R5"]


def bundle(graded: GradedFilm, version: Version = "R4") -> Document:
    """Return a transaction Bundle: the model as Device, Observations, and a DiagnosticReport.

    Mapped as HL7's dicom-sr guide maps measurement reports: the report's one result is a group
    Observation, the severity, and each number is a member of it. Of a rejected film the group
    says why its value is absent, and there are no numbers. What readers said are Observations
    about the group. Patient, order, study and film are logical references by identifier; of a
    picture the patient is unknown and there is no study.

    Every entry is a conditional create (POST with ``ifNoneExist``) by an identifier that is one
    for each film and model, or review, so that sending twice leaves one set. It is not a
    conditional update (PUT): neither a result nor a review ever changes, while what someone did
    with the report on the server, such as signing it, must outlast a retry; and the Device is
    shared by all results, which would each write it anew.
    """
    patient_study = read_patient_study(graded.header)
    numbers = [] if graded.result.scores is None else measurements(graded.result.scores)
    resources = [
        (document_uids.device_uid(graded.result.model.sha256), _device(graded, version)),
        *((part_uid(graded, each.part), member(graded, patient_study, each)) for each in numbers),
        (part_uid(graded, GROUP), group(graded, patient_study, numbers)),
        (report_uid(graded), _report(graded, patient_study, version)),
        *review_observations(graded, patient_study),
    ]
    document = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [_entry(uid, resource) for uid, resource in resources],
    }
    content = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if version == "R5":
        return Document("fhir_r5", "fhir-r5.json", MEDIA_TYPE, content.encode())
    return Document("fhir", "fhir.json", MEDIA_TYPE, content.encode())


def bundle_r5(graded: GradedFilm) -> Document:
    """Return the same for a server of R5."""
    return bundle(graded, "R5")


def _entry(uid: str, resource: Json) -> Json:
    identifier = uid_identifier(uid)
    return {
        "fullUrl": full_url(uid),
        "resource": resource,
        "request": {
            "method": "POST",
            "url": resource["resourceType"],
            "ifNoneExist": f"identifier={identifier['system']}|{identifier['value']}",
        },
    }


def _device(graded: GradedFilm, version: Version) -> Json:
    """Return the model that graded: another model file is another Device."""
    model = graded.result.model
    kind = concept(ARTIFICIAL_INTELLIGENCE)
    named = {"type": "user-friendly-name"}
    return {
        "resourceType": "Device",
        "identifier": [
            uid_identifier(document_uids.device_uid(model.sha256)),
            {"system": MODEL_SYSTEM, "value": model.sha256},
        ],
        "status": "active",
        "manufacturer": MANUFACTURER,
        "version": [{"value": model.version}],
        "note": [{"text": NOTICE}],
    } | (
        {"deviceName": [{"name": model.name} | named], "type": kind}
        if version == "R4"
        else {"name": [{"value": model.name} | named], "type": [kind]}
    )


def _report(graded: GradedFilm, patient_study: PatientStudy, version: Version) -> Json:
    sentences = described(graded)
    report = {
        "resourceType": "DiagnosticReport",
        "meta": asserted(),
        "text": narrative(*sentences),
        "identifier": [
            uid_identifier(report_uid(graded)),
            {"system": RESULT_SYSTEM, "value": str(graded.result.id)},
        ],
        "category": [concept(RADIOLOGY)],
        "code": concept(MEASUREMENT_REPORT, "Lung involvement on a chest radiograph"),
        **circumstances(graded, patient_study),
        "result": [within(part_uid(graded, GROUP))],
        "conclusion": " ".join([*sentences, NOTICE]),
    }
    if study(patient_study):
        report["imagingStudy" if version == "R4" else "study"] = study(patient_study)
    return report
