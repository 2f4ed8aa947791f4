"""Which documents a request is for: how each is named, kept and made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_kinds import NAMES, WITH_REVIEWS, builder_of
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.reviews.review import Review


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """A document that there may be of a result; ``kept_as``: its file's name beside the film."""

    kind: DocumentKind
    name: str
    kept_as: str
    make: Callable[[GradedFilm], Document]


def document_requests(
    kinds: Iterable[DocumentKind], reviews: Sequence[Review]
) -> list[DocumentRequest]:
    """Return what is asked for by kind; to the report belong those of its reviews."""
    wanted = list(kinds)
    found = [_request(kind, reviews) for kind in wanted]
    return found + [review_document_request(review) for review in reviews if "sr" in wanted]


def review_document_request(review: Review) -> DocumentRequest:
    """Return the report of one review."""
    name = f"review-{review.id}.dcm"
    return DocumentRequest("sr", name, name, partial(_review_report, review=review))


def _request(kind: DocumentKind, reviews: Sequence[Review]) -> DocumentRequest:
    name, _ = NAMES[kind]
    kept_as = name
    if kind in WITH_REVIEWS and reviews:
        # One that was made before the newest review is never found again.
        ids = "".join(review.id for review in reviews)
        kept_as = f"{hashlib.sha256(ids.encode()).hexdigest()[:16]}-{name}"
    return DocumentRequest(kind, name, kept_as, partial(_build, kind=kind))


def _build(graded: GradedFilm, kind: DocumentKind) -> Document:
    return builder_of(kind)(graded)


def _review_report(graded: GradedFilm, review: Review) -> Document:
    from radiograde.service.documents.review_sr import review_report

    return review_report(graded, review)
