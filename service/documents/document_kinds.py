"""What makes each kind of document, which kinds there are of a result, and their names."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm

BUILDERS: Mapping[DocumentKind, str] = {
    "sr": "radiograde.service.documents.sr.structured_report:structured_report",
    "seg": "radiograde.service.documents.segmentation:segmentation",
    "sc": "radiograde.service.documents.secondary_capture:secondary_capture",
    "fhir": "radiograde.service.documents.fhir.bundle:bundle",
    "fhir_r5": "radiograde.service.documents.fhir.bundle:bundle_r5",
    "pdf": "radiograde.service.documents.pdf.report_page:report",
    "json": "radiograde.service.documents.result_json:result_json",
}
"""What makes each document; what it needs is heavy, and imported when the first one is made."""

OF_FILM: frozenset[DocumentKind] = frozenset({"sr", "seg", "sc"})
"""Documents that refer to a DICOM instance."""

OF_SCORES: frozenset[DocumentKind] = frozenset({"seg", "sc"})
"""Documents that show where the scores come from."""


WITH_REVIEWS: frozenset[DocumentKind] = frozenset({"pdf", "json"})
"""Documents that show what readers said, and so change with every review."""


def kinds_of(graded: GradedFilm) -> frozenset[DocumentKind]:
    """Return which documents there are of a result.

    Of a scored film all; of a rejected one those that say why; of a picture none that would refer
    to a DICOM instance.
    """
    kinds = frozenset(BUILDERS)
    if graded.header is None:
        kinds -= OF_FILM
    if graded.result.scores is None:
        kinds -= OF_SCORES
    return kinds


NAMES: Mapping[DocumentKind, tuple[str, str]] = {
    "sr": ("sr.dcm", "application/dicom"),
    "seg": ("seg.dcm", "application/dicom"),
    "sc": ("sc.dcm", "application/dicom"),
    "fhir": ("fhir.json", "application/fhir+json"),
    "fhir_r5": ("fhir-r5.json", "application/fhir+json"),
    "pdf": ("report.pdf", "application/pdf"),
    "json": ("result.json", "application/json"),
}


def builder_of(kind: DocumentKind) -> Callable[[GradedFilm], Document]:
    """Return the function that makes a document of a graded film."""
    module, name = BUILDERS[kind].split(":")
    builder: Callable[[GradedFilm], Document] = getattr(importlib.import_module(module), name)
    return builder
