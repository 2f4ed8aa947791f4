"""What FHIR resources of one result have in common: narrative, label, circumstances."""

from __future__ import annotations

import html

from radiograde.model.scoring.result import NOTICE
from radiograde.service.documents.equipment import timestamp
from radiograde.service.documents.fhir.datatypes import AI_ASSERTED, coding
from radiograde.service.documents.fhir.references import Json, order, patient
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import PatientStudy


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


def circumstances(graded: GradedFilm, whose: PatientStudy) -> Json:
    """Return state, patient, order and times: when the film was acquired, when it was graded."""
    shared: Json = {"status": "preliminary", "subject": patient(whose)}
    orders = order(whose)
    if orders:
        shared["basedOn"] = orders
    if whose.acquired is not None:
        shared["effectiveDateTime"] = whose.acquired.isoformat()
    return shared | {"issued": timestamp(graded).isoformat()}
