"""The identifiers of documents: 2.25 UIDs (PS3.5 B.2) derived by name, so a retry makes no twin."""

from __future__ import annotations

import json
import uuid

from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.graded_film import GradedFilm

_NAMESPACE = uuid.UUID("a9d2c3a6-27b1-4f0e-9a55-6d1f0c1b7e42")


def derived_uid(*parts: str) -> str:
    """Return the UID that belongs to ``parts``: the same parts always give the same one.

    It is a version 5 UUID (RFC 9562) under the root 2.25, at most 44 characters.
    """
    return f"2.25.{uuid.uuid5(_NAMESPACE, json.dumps(parts)).int}"


IMPLEMENTATION_CLASS_UID = derived_uid("implementation")
"""Of the software that writes the files, PS3.7 D.3.3.2."""


def source_key(graded: GradedFilm) -> str:
    """Return what names the film: its SOP Instance UID, else the sha256 of its file."""
    return graded.film.sop_instance_uid or graded.film.sha256


def document_uid(graded: GradedFilm, kind: DocumentKind) -> str:
    """Return the SOP Instance UID of a document: one for each film, model and kind."""
    return derived_uid("document", kind, source_key(graded), graded.result.model.sha256)


def series_uid(graded: GradedFilm, kind: DocumentKind) -> str:
    """Return the UID of the series that the document stands in, alone."""
    return derived_uid("series", kind, source_key(graded), graded.result.model.sha256)


def review_uid(review_id: str) -> str:
    """Return the SOP Instance UID of a review's report."""
    return derived_uid("review", review_id)


def review_series_uid(review_id: str) -> str:
    """Return the UID of the series that a review's report stands in, alone."""
    return derived_uid("series", "review", review_id)


def tracking_uid(graded: GradedFilm, what: str) -> str:
    """Return the UID that follows ``what`` is measured on this film, whichever model measures it.

    ``what``: such as ``zone A``.
    """
    return derived_uid("tracking", what, source_key(graded))


def device_uid(model_sha256: str) -> str:
    """Return the UID (0018,1002) of the device: another model file is another device."""
    return derived_uid("device", model_sha256)
