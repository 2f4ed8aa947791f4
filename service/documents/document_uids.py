"""The identifiers of documents: 2.25 UIDs (PS3.5 B.2) derived by name, so a retry makes no twin.

A DICOM object is a pure function of a graded film and of the software that writes it. Its UID is
derived from just these, so that one UID never means two sets of bytes (PS3.3 C.12.1.1.5): another
grading of the same film, by whichever model, a corrected header or an upgrade gives another one.
"""

from __future__ import annotations

import functools
import json
import uuid
from datetime import UTC
from importlib.metadata import version

from radiograde import __version__
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.films.order_store import OrderedHeader

_NAMESPACE = uuid.UUID("a9d2c3a6-27b1-4f0e-9a55-6d1f0c1b7e42")
_WRITERS = ("highdicom", "imagecodecs", "numpy", "pillow", "pydicom", "reportlab")
"""Libraries whose next version may write other bytes."""


def derived_uid(*parts: str) -> str:
    """Return the UID that belongs to ``parts``: the same parts always give the same one.

    It is a version 5 UUID (RFC 9562) under the root 2.25, at most 44 characters.
    """
    return f"2.25.{uuid.uuid5(_NAMESPACE, json.dumps(parts)).int}"


IMPLEMENTATION_CLASS_UID = derived_uid("implementation")
"""Of the software that writes the files, PS3.7 D.3.3.2."""


@functools.cache
def writers() -> tuple[str, ...]:
    """Return the versions of all that writes documents."""
    return (__version__, *(f"{name} {version(name)}" for name in _WRITERS))


def source_key(graded: GradedFilm) -> str:
    """Return what names the film: its SOP Instance UID, else the sha256 of its file."""
    return graded.film.sop_instance_uid or graded.film.sha256


def grading_key(graded: GradedFilm) -> tuple[str, ...]:
    """Return what names one grading: of which bytes, by which model, when, under which id."""
    result = graded.result
    began = graded.began.astimezone(UTC).isoformat()
    return (graded.film.sha256, result.model.sha256, str(result.id), began)


def lasting_key(graded: GradedFilm) -> tuple[str, ...]:
    """Return what names the result of a film by a model, however often it is graded by it.

    A result that was withdrawn is not the one that came after it.
    """
    key = (source_key(graded), graded.result.model.sha256)
    return (*key, f"{graded.withdrawn}") if graded.withdrawn else key


def document_uid(graded: GradedFilm, kind: DocumentKind) -> str:
    """Return the SOP Instance UID of a document; of one that is kept the UID that it has."""
    kept = graded.kept.get(kind)
    return kept.sop_instance_uid if kept else derived_uid("document", kind, *_bytes_key(graded))


def series_uid(graded: GradedFilm, kind: DocumentKind) -> str:
    """Return the UID of the series that the document stands in, alone."""
    kept = graded.kept.get(kind)
    return kept.series_instance_uid if kept else derived_uid("series", kind, *_bytes_key(graded))


def review_uid(graded: GradedFilm, review_id: str) -> str:
    """Return the SOP Instance UID of a review's report."""
    return derived_uid("review", review_id, document_uid(graded, "sr"), *_bytes_key(graded))


def review_series_uid(graded: GradedFilm, review_id: str) -> str:
    """Return the UID of the series that a review's report stands in, alone."""
    return derived_uid("series", "review", review_uid(graded, review_id))


def tracking_uid(graded: GradedFilm, what: str) -> str:
    """Return the UID that follows ``what`` is measured on this film, whichever model measures it.

    ``what``: such as ``zone A``.
    """
    return derived_uid("tracking", what, source_key(graded))


def device_uid(model_sha256: str) -> str:
    """Return the UID (0018,1002) of the device: another model file is another device."""
    return derived_uid("device", model_sha256)


def _bytes_key(graded: GradedFilm) -> tuple[str, ...]:
    """Return all that the bytes of a document depend on."""
    result, header = graded.result, graded.header
    return (
        *grading_key(graded),
        str(graded.began.utcoffset()),
        str(result.maps is not None),
        repr((graded.form, graded.withdrawn, graded.replaces)),
        *writers(),
        *((repr(header.order),) if isinstance(header, OrderedHeader) else ()),
    )
