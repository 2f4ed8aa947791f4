"""What readers said of a result, as FHIR Observations about the result's group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from radiograde.service.documents import codes
from radiograde.service.documents.equipment import timestamp
from radiograde.service.documents.fhir.datatypes import (
    MEASUREMENT_GROUP,
    Json,
    concept,
    narrative,
)
from radiograde.service.documents.fhir.logical_references import (
    circumstances,
    film,
    part_of_study,
    part_uid,
    uid_identifier,
    within,
)
from radiograde.service.documents.fhir.measurements import Measurement, corrected
from radiograde.service.documents.fhir.observations import GROUP, number
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import PatientStudy
from radiograde.service.documents.sentences import review_sentence
from radiograde.service.reviews.review import Review

REVIEW_SYSTEM = "urn:radiograde:review"


def review_observations(
    graded: GradedFilm, patient_study: PatientStudy
) -> Iterator[tuple[str, Json]]:
    """Yield the Observations of every review with their UIDs: the verdict, and its numbers.

    The verdict is about (``focus``) the result's group, whose numbers stay the model's; a
    corrected score is a member of it. A review never changes, so neither does its Observation: a
    reader's later one stands beside it.
    """
    for review in graded.reviews:
        numbers = corrected(review.zones) if review.zones is not None else []
        for one in numbers:
            part = f"{_part(review)}-{one.part}"
            said = _said(graded, patient_study, review, part) | number(one)
            yield part_uid(graded, part), said
        yield part_uid(graded, _part(review)), _verdict(graded, patient_study, review, numbers)


def _part(review: Review) -> str:
    return f"review-{review.id}"


def _verdict(
    graded: GradedFilm,
    patient_study: PatientStudy,
    review: Review,
    numbers: list[Measurement],
) -> Json:
    resource = _said(graded, patient_study, review, _part(review)) | {
        "text": narrative(review_sentence(review)),
        "category": [concept(MEASUREMENT_GROUP)],
        "code": concept(codes.VERDICT),
        "focus": [within(part_uid(graded, GROUP))],
        "derivedFrom": film(graded),
        "valueCodeableConcept": concept(codes.VERDICTS[review.verdict]),
    }
    resource["identifier"].append({"system": REVIEW_SYSTEM, "value": review.id})
    if numbers:
        members = (f"{_part(review)}-{one.part}" for one in numbers)
        resource["hasMember"] = [within(part_uid(graded, one)) for one in members]
    if review.comment:
        resource["note"] = [{"text": review.comment}]
    return resource


def _said(graded: GradedFilm, patient_study: PatientStudy, review: Review, part: str) -> Json:
    """Return what every Observation of a review has: by whom and when, of what film."""
    made = timestamp(replace(graded, began=review.created.astimezone()))
    return {
        "resourceType": "Observation",
        "identifier": [uid_identifier(part_uid(graded, part))],
        **part_of_study(patient_study),
        **circumstances(graded, patient_study),
        "issued": made.isoformat(),
        "performer": [{"type": "Practitioner", "display": review.reviewer}],
    }
