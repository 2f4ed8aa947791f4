"""FHIR data types: codes with a system for each coding scheme, quantities, narratives, labels."""

from __future__ import annotations

import html
from typing import Any

from pydicom.sr.coding import Code

from radiograde.model.scoring.result import NOTICE
from radiograde.service.documents.codes import PRIVATE

Json = dict[str, Any]

DICOM_UID = "urn:dicom:uid"
"""System of identifiers that are DICOM UIDs."""

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "UCUM": "http://unitsofmeasure.org",
    PRIVATE: "urn:radiograde:codes",
    "v2-0074": f"{TERMINOLOGY}v2-0074",
    "v2-0203": f"{TERMINOLOGY}v2-0203",
    "v3-ObservationValue": f"{TERMINOLOGY}v3-ObservationValue",
    "observation-category": f"{TERMINOLOGY}observation-category",
    "data-absent-reason": f"{TERMINOLOGY}data-absent-reason",
}

INTERVAL = Code("INTERVAL", PRIVATE, "Prediction interval")
INTERVAL_LEVEL = Code("INTERVAL-LEVEL", PRIVATE, "Level of the prediction interval")

MEASUREMENT_REPORT = Code("126000", "DCM", "Imaging Measurement Report")
MEASUREMENT_GROUP = Code("125007", "DCM", "Measurement Group")
STUDY_INSTANCE_UID = Code("110180", "DCM", "Study Instance UID")
LATERALITY = Code("272741003", "SCT", "Laterality")

RADIOLOGY = Code("RAD", "v2-0074", "Radiology")
IMAGING = Code("imaging", "observation-category", "Imaging")
NOT_PERFORMED = Code("not-performed", "data-absent-reason", "Not Performed")
ACCESSION_NUMBER = Code("ACSN", "v2-0203", "Accession ID")
AI_ASSERTED = Code("AIAST", "v3-ObservationValue", "Artificial Intelligence asserted")


def coding(code: Code) -> dict[str, Any]:
    """Return the code as a Coding."""
    return {
        "system": SYSTEMS[code.scheme_designator],
        "code": code.value,
        "display": code.meaning,
    }


def concept(code: Code, text: str = "") -> dict[str, Any]:
    """Return the code as a CodeableConcept, with ``text`` where its meaning does not say enough."""
    return {"coding": [coding(code)]} | ({"text": text} if text else {})


def quantity(value: float, unit: Code) -> dict[str, Any]:
    """Return a number with its UCUM unit as a Quantity."""
    return {
        "value": value,
        "unit": unit.meaning,
        "system": SYSTEMS[unit.scheme_designator],
        "code": unit.value,
    }


def narrative(*sentences: str) -> Json:
    """Return a Narrative of sentences; the notice is always its last."""
    paragraphs = (f"<p>{html.escape(text, quote=False)}</p>" for text in (*sentences, NOTICE))
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(paragraphs)}</div>',
    }


def asserted() -> Json:
    """Return the Meta that labels a resource as asserted by artificial intelligence."""
    return {"security": [coding(AI_ASSERTED)]}
