"""Whose film it is: what every DICOM document copies from its source, mended to be valid.

Text is written as UTF-8 (ISO_IR 192, PS3.5 6.1.2.3), whatever the film was written in: it holds
every other character set without loss, needs no escape sequences, and equals ASCII for ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from radiograde.service.documents import uids
from radiograde.service.documents.elements import copy_codes, copy_elements, copy_issuer
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.source_text import encodings_of, text_of
from radiograde.service.documents.values import clean, clean_words
from radiograde.service.errors import UndocumentedError

REQUIRED = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
)
"""Type 2 in Patient (PS3.3 C.7.1.1) and General Study (C.7.2.1): empty where not known."""

OPTIONAL = (
    "IssuerOfPatientID",
    "TypeOfPatientID",
    "PatientBirthTime",
    "OtherPatientNames",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "AdmissionID",
)
"""Type 3 in these modules and in Patient Study (C.7.2.2)."""

SEXES = ("M", "F", "O")
LONGEST_WORDS = 64
_OFFSET = re.compile(r"[+-](0\d|1[0-4])[0-5]\d")


def copy_patient_and_study(graded: GradedFilm, ds: Dataset) -> None:
    """Set the Patient, General Study and Patient Study modules of ``ds`` to those of the film.

    Values that PS3.5 does not allow are mended where that is safe, else left empty. A film
    without a Study Instance UID is given one of its own; one that is digits and dots is kept
    though it break PS3.5 9.1, since archives file the study under it.

    Raises:
        UndocumentedError: the film is a picture, which belongs to nobody.
    """
    header = header_of(graded)
    encodings = encodings_of(header)
    ds.SpecificCharacterSet = "ISO_IR 192"
    copy_elements(header, ds, REQUIRED, encodings, empty=True)
    copy_elements(header, ds, OPTIONAL, encodings)
    if ds.PatientSex not in SEXES:
        ds.PatientSex = ""
    study = clean("UI", text_of(header, "StudyInstanceUID"))
    ds.StudyInstanceUID = study or uids.derived_uid("study", uids.source_key(graded))
    description = clean_words(text_of(header, "StudyDescription", encodings), LONGEST_WORDS)
    if description:
        ds.StudyDescription = description
    if timezone_of(header) is not None:
        ds.TimezoneOffsetFromUTC = text_of(header, "TimezoneOffsetFromUTC")
    _copy_deidentification(header, ds, encodings)
    copy_issuer(header, ds, "IssuerOfPatientIDQualifiersSequence", (), encodings)
    copy_issuer(
        header, ds, "IssuerOfAccessionNumberSequence", ("LocalNamespaceEntityID",), encodings
    )
    copy_codes(header, ds, "ProcedureCodeSequence", encodings)


def clean_header(graded: GradedFilm) -> Dataset:
    """Return the film's header as highdicom takes it: identity, UIDs, and plain facts of the image.

    Where the film has no SOP class it is called a secondary capture; where it has no UID of
    series or instance, it is given one of its own.

    Raises:
        UndocumentedError: the film is a picture, which belongs to nobody.
    """
    header = header_of(graded)
    ds = Dataset()
    copy_patient_and_study(graded, ds)
    key = uids.source_key(graded)
    ds.SOPClassUID = clean("UI", text_of(header, "SOPClassUID")) or SecondaryCaptureImageStorage
    ds.SOPInstanceUID = clean("UI", text_of(header, "SOPInstanceUID")) or uids.derived_uid(
        "source", key
    )
    series = clean("UI", text_of(header, "SeriesInstanceUID"))
    ds.SeriesInstanceUID = series or uids.derived_uid("source series", key)
    ds.Modality = clean("CS", text_of(header, "Modality")) or "OT"
    ds.Rows, ds.Columns = graded.film.pixels.shape
    copy_elements(header, ds, ("BodyPartExamined", "ViewPosition", "FrameOfReferenceUID"))
    orientation = [clean("CS", part) for part in text_of(header, "PatientOrientation").split("\\")]
    ds.PatientOrientation = orientation if len(orientation) == 2 and all(orientation) else None
    return ds


def header_of(graded: GradedFilm) -> Dataset:
    """Return the film's data set.

    Raises:
        UndocumentedError: the film is a picture without one.
    """
    if graded.header is None:
        raise UndocumentedError(
            "The film came as a picture, without patient and study. Send it as DICOM."
        )
    return graded.header


def timezone_of(header: Dataset | None) -> tzinfo | None:
    """Return the zone of the film's dates and times, TimezoneOffsetFromUTC; None if not told."""
    offset = "" if header is None else text_of(header, "TimezoneOffsetFromUTC")
    return datetime.strptime(offset, "%z").tzinfo if _OFFSET.fullmatch(offset) else None


def _copy_deidentification(header: Dataset, ds: Dataset, encodings: Sequence[str]) -> None:
    """Repeat that the patient's identity was removed; the method must then be told as well."""
    if clean("CS", text_of(header, "PatientIdentityRemoved")) != "YES":
        return
    method = clean_words(text_of(header, "DeidentificationMethod", encodings), LONGEST_WORDS)
    if method:
        ds.DeidentificationMethod = method
    copy_codes(header, ds, "DeidentificationMethodCodeSequence", encodings)
    if method or "DeidentificationMethodCodeSequence" in ds:
        ds.PatientIdentityRemoved = "YES"
