"""What every DICOM document copies from its source film, and says of it, mended to be valid.

Text is written as UTF-8 (ISO_IR 192, PS3.5 6.1.2.3), whatever the film was written in: it holds
every other character set without loss, needs no escape sequences, and equals ASCII for ASCII.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import SecondaryCaptureImageStorage

from radiograde.model.reading.dicom_header import Header
from radiograde.service.documents import document_uids
from radiograde.service.documents.clean_elements import (
    clean,
    clean_words,
    copy_codes,
    copy_elements,
    copy_issuer,
)
from radiograde.service.documents.clinical_trial import copy_clinical_trial
from radiograde.service.documents.graded_film import LOSSY_METHODS, GradedFilm
from radiograde.service.documents.imaging_request import copy_accession
from radiograde.service.documents.object_reference import ObjectReference
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
)
"""Type 2 in Patient (PS3.3 C.7.1.1) and General Study (C.7.2.1): empty where not known.

The accession number is another: see :mod:`.imaging_request`.
"""

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
_OFFSET = re.compile(r"(?!-0000)[+-](0\d|1[0-4])[0-5]\d", re.ASCII)
"""PS3.3 C.12.1.1.8 forbids -0000."""


def copy_patient_and_study(graded: GradedFilm, ds: Dataset) -> None:
    """Set the Patient, General Study and Patient Study modules of ``ds`` to those of the film.

    Values that PS3.5 does not allow are mended where that is safe, else left empty. A film
    without a Study Instance UID is given one of its own; one that is digits and dots is kept
    though it break PS3.5 9.1, since archives file the study under it.

    Raises:
        UndocumentedError: the film is a picture, which belongs to nobody.
    """
    header = header_of(graded)
    ds.SpecificCharacterSet = "ISO_IR 192"
    copy_elements(header, ds, REQUIRED, empty=True)
    copy_elements(header, ds, OPTIONAL)
    if ds.PatientSex not in SEXES:
        ds.PatientSex = ""
    study = clean("UI", header.decoded("StudyInstanceUID"))
    ds.StudyInstanceUID = study or document_uids.derived_uid(
        "study", document_uids.source_key(graded)
    )
    description = clean_words(header.decoded("StudyDescription"), LONGEST_WORDS)
    if description:
        ds.StudyDescription = description
    if timezone_of(header) is not None:
        ds.TimezoneOffsetFromUTC = header.decoded("TimezoneOffsetFromUTC")
    _copy_deidentification(header, ds)
    copy_issuer(header, ds, "IssuerOfPatientIDQualifiersSequence", ())
    copy_accession(header, ds, long=graded.form.long_accession)
    copy_codes(header, ds, "ProcedureCodeSequence")
    _copy_other_ids(header, ds)
    copy_clinical_trial(header, ds)


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
    key = document_uids.source_key(graded)
    ds.SOPClassUID = clean("UI", header.decoded("SOPClassUID")) or SecondaryCaptureImageStorage
    ds.SOPInstanceUID = clean("UI", header.decoded("SOPInstanceUID")) or document_uids.derived_uid(
        "source", key
    )
    series = clean("UI", header.decoded("SeriesInstanceUID"))
    ds.SeriesInstanceUID = series or document_uids.derived_uid("source series", key)
    ds.Modality = clean("CS", header.decoded("Modality")) or "OT"
    ds.Rows, ds.Columns = graded.film.shape
    copy_elements(header, ds, ("BodyPartExamined", "ViewPosition", "FrameOfReferenceUID"))
    orientation = [clean("CS", part) for part in header.decoded("PatientOrientation").split("\\")]
    ds.PatientOrientation = orientation if len(orientation) == 2 and all(orientation) else None
    return ds


def header_of(graded: GradedFilm) -> Header:
    """Return the film's header.

    Raises:
        UndocumentedError: the film is a picture without one.
    """
    if graded.header is None:
        raise UndocumentedError(
            "The film came as a picture, without patient and study. Send it as DICOM."
        )
    return graded.header


def timezone_of(header: Header | None) -> tzinfo | None:
    """Return the zone of the film's dates and times, TimezoneOffsetFromUTC; None if not given."""
    offset = "" if header is None else header.decoded("TimezoneOffsetFromUTC")
    return datetime.strptime(offset, "%z").tzinfo if _OFFSET.fullmatch(offset) else None


def _copy_other_ids(header: Header, ds: Dataset) -> None:
    """Set the patient's other identifiers, PS3.3 Table C.7-1 (0010,1002), that are whole."""
    others = []
    for item in header.readable_items("OtherPatientIDsSequence"):
        other = Dataset()
        copy_elements(item, other, ("PatientID", "IssuerOfPatientID", "TypeOfPatientID"))
        copy_issuer(item, other, "IssuerOfPatientIDQualifiersSequence", ())
        if "PatientID" in other:
            other.setdefault("TypeOfPatientID", "TEXT")
            others.append(other)
    if others:
        ds.OtherPatientIDsSequence = Sequence(others)


def _copy_deidentification(header: Header, ds: Dataset) -> None:
    """Repeat that the patient's identity was removed; the method must then be given as well."""
    if clean("CS", header.decoded("PatientIdentityRemoved")) != "YES":
        return
    method = clean_words(header.decoded("DeidentificationMethod"), LONGEST_WORDS)
    if method:
        ds.DeidentificationMethod = method
    copy_codes(header, ds, "DeidentificationMethodCodeSequence")
    if method or "DeidentificationMethodCodeSequence" in ds:
        ds.PatientIdentityRemoved = "YES"


def copy_lossiness(graded: GradedFilm, ds: Dataset) -> None:
    """Set whether lossy compression ever touched the film, PS3.3 C.7.6.1.1.5.

    Once lost, detail stays lost: the film's header says so, or its transfer syntax. Ratio and
    method are written where they are known.

    Raises:
        UndocumentedError: the film is a picture without a header.
    """
    header = header_of(graded)
    method = LOSSY_METHODS.get(graded.transfer_syntax or "")
    if method is None and header.decoded("LossyImageCompression") != "01":
        ds.LossyImageCompression = "00"
        return
    ds.LossyImageCompression = "01"
    ratios = _all_clean("DS", header.decoded("LossyImageCompressionRatio"))
    methods = _all_clean("CS", header.decoded("LossyImageCompressionMethod"))
    if methods or method:
        ds.LossyImageCompressionMethod = methods or method
    if not ratios and graded.lossy_ratio is not None and len(methods) <= 1:
        ratios = [f"{graded.lossy_ratio:.4g}"]
    if ratios:
        ds.LossyImageCompressionRatio = ratios


def reference_to(source: Dataset) -> ObjectReference:
    """Return the film as other objects refer to it; ``source``: its clean header."""
    return ObjectReference(
        source.SOPClassUID,
        source.SOPInstanceUID,
        source.SeriesInstanceUID,
        source.StudyInstanceUID,
    )


def refer_to_source(source: Dataset, ds: Dataset) -> None:
    """Name the film in the General Image (PS3.3 C.7.6.1) and Common Instance Reference modules."""
    image = Dataset()
    image.ReferencedSOPClassUID = source.SOPClassUID
    image.ReferencedSOPInstanceUID = source.SOPInstanceUID
    ds.SourceImageSequence = Sequence([image])
    series = Dataset()
    series.SeriesInstanceUID = source.SeriesInstanceUID
    series.ReferencedInstanceSequence = Sequence([image])
    ds.ReferencedSeriesSequence = Sequence([series])


def _all_clean(vr: str, text: str) -> list[str]:
    values = [clean(vr, part) for part in text.split("\\")]
    return values if all(values) else []
