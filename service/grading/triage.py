"""Which of the objects that a careless route sends are films to be graded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import is_film_class, pixel_spacing_mm, uid
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.reading.view_position import view_of
from radiograde.model.reasons import OTHER_CLASS, Reason
from radiograde.model.scoring.result import GateVerdict, ImageFacts, SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.documents.equipment import is_own

SetAside = Literal["own_output", "not_a_film"]
"""Why an object is kept but not graded."""

_REASONS: Mapping[SetAside, Reason] = {
    "own_output": Reason(
        "own_output", "reject", "Radiograde made this object. Send the film that it is about."
    ),
    "not_a_film": OTHER_CLASS,
}
"""What whoever waits for a result is answered."""


def reason_to_set_aside(header: Header | None) -> SetAside | None:
    """Return why an object is not graded; None for what may be a film.

    Set aside are Radiograde's own documents, and instances of storage classes that hold no plain
    radiographs. What cannot be read, and so has no header, is not set aside: grading says why.
    """
    if header is None:
        return None
    if is_own(header):
        return "own_output"
    return "not_a_film" if is_film_class(uid(header, "SOPClassUID")) is False else None


def rejection(film: FilmFile, reason: SetAside, scorer: Scorer) -> SeverityResult:
    """Return the result of an object that is set aside; no pixel is decoded."""
    verdict = GateVerdict((_REASONS[reason],))
    return SeverityResult("rejected", scorer.facts, _image(film), verdict)


def _image(film: FilmFile) -> ImageFacts | None:
    """Return what the header says of an image; None of an object without one."""
    header = film.header
    rows, columns = (header and header.short(keyword) for keyword in ("Rows", "Columns"))
    if header is None or not rows or not columns:
        return None
    return ImageFacts(
        source="dicom",
        sha256=film.sha256,
        rows=rows,
        columns=columns,
        view=view_of(header),
        pixel_spacing_mm=pixel_spacing_mm(header),
        sop_instance_uid=uid(header, "SOPInstanceUID"),
        study_instance_uid=uid(header, "StudyInstanceUID"),
    )
