"""A result as FHIR Observations, mapped as HL7's dicom-sr guide maps TID 1500 reports."""

from __future__ import annotations

from collections.abc import Sequence

from radiograde.model.reasons import Reason
from radiograde.service.documents import codes, document_uids
from radiograde.service.documents.fhir.datatypes import (
    IMAGING,
    INTERVAL,
    INTERVAL_LEVEL,
    LATERALITY,
    MEASUREMENT_GROUP,
    NOT_PERFORMED,
    Json,
    asserted,
    concept,
    narrative,
    quantity,
)
from radiograde.service.documents.fhir.logical_references import (
    circumstances,
    film,
    part_of_study,
    part_uid,
    uid_identifier,
    within,
)
from radiograde.service.documents.fhir.measurements import Measurement
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import PatientStudy
from radiograde.service.documents.sentences import summary

GROUP = "group"


def group(graded: GradedFilm, patient_study: PatientStudy, members: Sequence[Measurement]) -> Json:
    """Return the Observation that holds the others: the severity, or why there is none.

    Every reason of the input check stands in it, as a component by its code and as a note in its
    words.
    """
    severity = graded.result.severity
    resource = _observation(graded, patient_study, GROUP) | {
        "text": narrative(*summary(graded.result)),
        "category": [concept(MEASUREMENT_GROUP)],
        "code": concept(codes.SEVERITY, "Severity of lung involvement"),
        "derivedFrom": film(graded),
    }
    reasons = () if graded.result.gate is None else graded.result.gate.reasons
    if graded.result.scores is None or severity is None:
        why = " ".join(reason.message for reason in reasons if reason.level == "reject")
        resource["dataAbsentReason"] = concept(NOT_PERFORMED, why)
    else:
        resource["valueCodeableConcept"] = concept(codes.SEVERITIES[severity])
        resource["hasMember"] = [within(part_uid(graded, member.part)) for member in members]
    if reasons:
        resource["note"] = [{"text": reason.message} for reason in reasons]
        resource["component"] = [_remark(reason) for reason in reasons]
    return resource


def member(graded: GradedFilm, patient_study: PatientStudy, measurement: Measurement) -> Json:
    """Return the Observation of one number of the model."""
    return _observation(graded, patient_study, measurement.part) | number(measurement)


def number(measurement: Measurement) -> Json:
    """Return what an Observation says of a number; its interval and its side are components."""
    part, side = measurement.site
    laterality = {"code": concept(LATERALITY), "valueCodeableConcept": concept(side)}
    return {
        "text": narrative(_sentence(measurement)),
        "category": [concept(IMAGING)],
        "code": concept(measurement.code, measurement.words),
        "valueQuantity": quantity(measurement.value, measurement.unit),
        "bodySite": concept(part),
        "component": [*_interval(measurement), laterality],
    }


def _observation(graded: GradedFilm, patient_study: PatientStudy, part: str) -> Json:
    return {
        "resourceType": "Observation",
        "meta": asserted(),
        "identifier": [uid_identifier(part_uid(graded, part))],
        "device": within(document_uids.device_uid(graded.result.model.sha256)),
        **part_of_study(patient_study),
        **circumstances(graded, patient_study),
    }


def _interval(measurement: Measurement) -> list[Json]:
    """Return the interval and its level. It is no referenceRange: that says what is normal."""
    if measurement.interval is None:
        return []
    low, high = (quantity(bound, measurement.unit) for bound in measurement.interval)
    level = quantity(round(100 * measurement.level, 2), codes.PERCENT)
    return [
        {"code": concept(INTERVAL, _level(measurement)), "valueRange": {"low": low, "high": high}},
        {"code": concept(INTERVAL_LEVEL), "valueQuantity": level},
    ]


def _sentence(measurement: Measurement) -> str:
    sign = "%" if measurement.unit == codes.PERCENT else ""
    sentence = f"{measurement.words}: {measurement.value:g}{sign}"
    if measurement.interval is None:
        return sentence
    low, high = measurement.interval
    return f"{sentence}, {_level(measurement)} {low:g} to {high:g}"


def _level(measurement: Measurement) -> str:
    return f"{measurement.level:.0%} prediction interval"


def _remark(reason: Reason) -> Json:
    kind = codes.REJECTION if reason.level == "reject" else codes.REMARK
    what = codes.REASONS.get(reason.code, codes.OTHER_REASON)
    return {"code": concept(kind), "valueCodeableConcept": concept(what)}
