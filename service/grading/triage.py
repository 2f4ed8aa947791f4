"""Which of the objects that a careless route sends are films to be graded."""

from __future__ import annotations

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_facts import uid
from radiograde.model.reading.dicom_file import peek
from radiograde.model.reading.sop_classes import is_film_class
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.documents.equipment import is_own

OWN = "own_output"
NO_FILM = "not_a_film"


def reason_to_set_aside(content: bytes, limits: Limits) -> str | None:
    """Return the code why an object is kept but not graded; None for what may be a film.

    Set aside are Radiograde's own documents, and instances of storage classes that hold no plain
    radiographs. What cannot be read is not set aside: grading says why.
    """
    header = peek(content, limits)
    if header is None:
        return None
    if is_own(header):
        return OWN
    return NO_FILM if is_film_class(uid(header, "SOPClassUID")) is False else None


def is_reportable(result: SeverityResult, sop_class_uid: str | None) -> bool:
    """Return whether destinations want documents of a result.

    A rejected film's report says why it has no score. Rejected captures are most often scanned
    paper or pictures of who knows what: a report on each would only be in the way.
    """
    if result.status == "scored":
        return True
    return result.status == "rejected" and is_film_class(sop_class_uid) is True
