"""Which differences between two headers of one film are corrections, as IHE PIR has them."""

from __future__ import annotations

import re
import unicodedata

from radiograde.model.reading.dicom_header import Header
from radiograde.service.films.pseudonym import is_placeholder

CORRECTED = (
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "StudyDate",
    "StudyTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "AcquisitionDateTime",
)
"""Whose film it is, of which order, and when it was made: what results are filed by."""

_TIMES = ("StudyTime", "AcquisitionTime", "AcquisitionDateTime")


def is_corrected(kept: Header, sent: Header) -> bool:
    """Return whether a header says otherwise than the one that is kept, of what results go by.

    What it leaves out corrects nothing: neither does a copy without its patient.
    """
    if _names_nobody(sent) and not _names_nobody(kept):
        return False
    return any(_differs(_plain(kept, one), _plain(sent, one)) for one in CORRECTED)


def _names_nobody(header: Header) -> bool:
    return is_placeholder(header.raw("PatientID") or b"")


def _differs(kept: str, sent: str) -> bool:
    return bool(sent) and sent != kept


def _plain(header: Header, keyword: str) -> str:
    """Return a value without what nodes on the way write otherwise, and mean the same by."""
    text = unicodedata.normalize("NFC", header.decoded(keyword))
    if keyword == "PatientName":
        groups = (re.sub(r" *\^ *", "^", group).strip(" ^") for group in text.split("="))
        return "=".join(groups).rstrip("=")
    if keyword in _TIMES:
        return re.sub(r"\.0*$", "", text.replace(":", ""))
    return " ".join(text.split())
