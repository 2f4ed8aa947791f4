"""Which kinds of documents there are of a result: what makes each, its names, how it is kept."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from radiograde.service.config.settings import Identifiers
from radiograde.service.config.site import DocumentKind, Language, ObjectKind
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_form import USUAL, DocumentForm
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import read_patient_study, shown_patient_study
from radiograde.service.documents.statement.facts import ChangeSince
from radiograde.service.reviews.review import Review
from radiograde.service.reviews.withdrawal import Withdrawal

BUILDERS: Mapping[DocumentKind, str] = {
    "sr": "radiograde.service.documents.sr.structured_report:structured_report",
    "seg": "radiograde.service.documents.segmentation:segmentation",
    "sc": "radiograde.service.documents.secondary_capture:secondary_capture",
    "pr": "radiograde.service.documents.presentation_state:presentation_state",
    "doc": "radiograde.service.documents.encapsulated_pdf:encapsulated_pdf",
    "fhir": "radiograde.service.documents.fhir.bundle:bundle",
    "fhir_r5": "radiograde.service.documents.fhir.bundle:bundle_r5",
    "hl7": "radiograde.service.documents.hl7.result_message:result_message",
    "pdf": "radiograde.service.documents.pdf.report_page:report",
    "json": "radiograde.service.documents.document_kinds:result_json",
}
"""What makes each document; what it needs is heavy, and imported when the first one is made."""

NAMES: Mapping[DocumentKind, tuple[str, str]] = {
    "sr": ("sr.dcm", "application/dicom"),
    "seg": ("seg.dcm", "application/dicom"),
    "sc": ("sc.dcm", "application/dicom"),
    "pr": ("pr.dcm", "application/dicom"),
    "doc": ("doc.dcm", "application/dicom"),
    "fhir": ("fhir.json", "application/fhir+json"),
    "fhir_r5": ("fhir-r5.json", "application/fhir+json"),
    "hl7": ("oru.hl7", "application/hl7-v2+er7"),
    "pdf": ("report.pdf", "application/pdf"),
    "json": ("result.json", "application/json"),
}
"""File name and media type of each."""

OF_FILM: frozenset[DocumentKind] = frozenset({"sr", "seg", "sc", "pr", "doc"})
"""Documents that refer to a DICOM instance."""

TIED: tuple[ObjectKind, ...] = ("sr", "seg")
"""Documents that others refer to."""

OF_SCORES: frozenset[DocumentKind] = frozenset({"seg", "sc", "pr"})
"""Documents that show where the scores come from."""

WITH_REVIEWS: frozenset[DocumentKind] = frozenset({"fhir", "fhir_r5", "hl7", "pdf", "json"})
"""Documents that show reviews, and so change with every review."""


def kinds_of(graded: GradedFilm) -> frozenset[DocumentKind]:
    """Return which documents there are of a result.

    Of a scored film all; of a rejected one those that say why; of a picture none that would refer
    to a DICOM instance. No message of a film that names nobody: it would be of no patient.
    """
    kinds = frozenset(BUILDERS)
    if graded.header is None:
        kinds -= OF_FILM
    elif graded.header.short("SamplesPerPixel") not in (None, 1):
        kinds -= {"pr"}  # a grayscale presentation state is of films in grey
    if not read_patient_study(graded.header).patient_id:
        kinds -= {"hl7"}
    if graded.result.scores is None:
        kinds -= OF_SCORES
    return kinds


def builder_of(kind: DocumentKind) -> Callable[[GradedFilm], Document]:
    """Return the function that makes a document of a graded film."""
    module, name = BUILDERS[kind].split(":")
    builder: Callable[[GradedFilm], Document] = getattr(importlib.import_module(module), name)
    return builder


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """A document that there may be of a result; it can be pickled.

    ``kept_as``: its file's name beside the film. ``form``: how it is written.
    """

    kind: DocumentKind
    name: str
    kept_as: str
    make: Callable[[GradedFilm], Document]
    form: DocumentForm = USUAL


def document_requests(
    kinds: Iterable[DocumentKind], reviews: Sequence[Review], form: DocumentForm = USUAL
) -> list[DocumentRequest]:
    """Return a request for each kind; with the report come those of its reviews."""
    wanted = list(kinds)
    found = [_request(kind, reviews, form) for kind in wanted]
    return found + [review_document_request(review, form) for review in reviews if "sr" in wanted]


@dataclass(frozen=True, slots=True)
class PageReport:
    """How the report is shown to people.

    ``identifiers``: what they may see of the patient; ``label``: of the pseudonym, None for nobody.
    ``language``: of the statement. ``change``: since the patient's prior film.
    """

    identifiers: Identifiers
    label: str | None = None
    language: Language = "en"
    change: ChangeSince | None = None


def page_report_request(shown: PageReport, reviews: Sequence[Review]) -> DocumentRequest:
    """Return the report for people, as :func:`shown_patient_study` lets them see it."""
    name, form = f"report-{shown.identifiers}.pdf", DocumentForm(language=shown.language)
    kept_as = in_form(_of_reviews(name, reviews, shown.change), form)
    return DocumentRequest("pdf", name, kept_as, partial(_page_report, shown=shown), form)


def review_document_request(review: Review, form: DocumentForm = USUAL) -> DocumentRequest:
    """Return the report of one review."""
    name = f"review-{review.id}.dcm"
    make = partial(_review_report, review=review)
    return DocumentRequest("sr", name, in_form(name, form), make, form)


def in_form(name: str, form: DocumentForm) -> str:
    """Return what a document of a form is kept as: no other form's name ends so."""
    stem, ending = name.rsplit(".", 1)
    return f"{stem}.{form.mark}.{ending}" if form.mark else name


def _request(kind: DocumentKind, reviews: Sequence[Review], form: DocumentForm) -> DocumentRequest:
    name, _ = NAMES[kind]
    if kind == "pdf":
        form = DocumentForm(language=form.language)
    elif kind == "json":
        form = USUAL
    kept_as = in_form(name, form)
    if kind in WITH_REVIEWS:
        kept_as = _of_reviews(kept_as, reviews)
    return DocumentRequest(kind, name, kept_as, partial(_document, kind=kind), form)


def _of_reviews(name: str, reviews: Sequence[Review], change: ChangeSince | None = None) -> str:
    """Return a file's name so that one made before the newest review is never found again.

    Nor one that says another ``change``.
    """
    if not reviews and change is None:
        return name
    ids = "".join(review.id for review in reviews) + ("" if change is None else repr(change))
    return f"{hashlib.sha256(ids.encode()).hexdigest()[:16]}-{name}"


def _document(graded: GradedFilm, kind: DocumentKind) -> Document:
    return builder_of(kind)(graded)


def _page_report(graded: GradedFilm, shown: PageReport) -> Document:
    from radiograde.service.documents.pdf.report_page import report

    study = read_patient_study(graded.header)
    study = shown_patient_study(study, shown.identifiers, shown.label)
    return replace(report(graded, study, shown.change), name=f"report-{shown.identifiers}.pdf")


def _review_report(graded: GradedFilm, review: Review) -> Document:
    from radiograde.service.documents.sr.review_report import review_report

    return review_report(graded, review)


def result_json(graded: GradedFilm) -> Document:
    """Return the JSON that HTTP answers (schema ``radiograde.result/1``), with its reviews."""
    content = json.dumps(with_reviews(graded.result.to_json(), graded.reviews), indent=2) + "\n"
    return Document("json", "result.json", "application/json", content.encode())


def with_withdrawal(document: dict[str, Any], withdrawal: Withdrawal | None) -> dict[str, Any]:
    """Return a result's document with by whom and why it was withdrawn, if it was."""
    return document if withdrawal is None else document | {"withdrawn": withdrawal.to_json()}


def with_reviews(document: dict[str, Any], reviews: Sequence[Review]) -> dict[str, Any]:
    """Return a result's document with its reviews, where there are any, as its last member.

    The scores stay the model's.
    """
    if not reviews:
        return document
    return document | {"reviews": [review.to_json() for review in reviews]}
