"""What made a document, and which documents are Radiograde's own."""

from __future__ import annotations

from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from radiograde import __version__
from radiograde.model.reading.dicom_header import Header
from radiograde.model.scoring.result import ModelFacts
from radiograde.service.documents import codes, document_uids
from radiograde.service.documents.clean_elements import clean_words
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.imaging_request import copy_requests
from radiograde.service.documents.source_reference import (
    copy_patient_and_study,
    header_of,
    timezone_of,
)

MANUFACTURER = "Radiograde"
MODEL_NAME = "Radiograde Severity"
_LONGEST = 64


def add_origin(ds: Dataset, graded: GradedFilm) -> None:
    """Set what an object other than a report has of its film, and what made it.

    Raises:
        UndocumentedError: the film is a picture, which belongs to nobody.
    """
    copy_patient_and_study(graded, ds)
    copy_requests(header_of(graded), ds)
    add_equipment(ds, graded)


def add_equipment(ds: Dataset, graded: GradedFilm) -> None:
    """Set the General Equipment (PS3.3 C.7.5.1) and SOP Common (C.12.1) attributes of ``ds``.

    Times are those of the analysis, never the clock's: the same graded film gives the same
    bytes. The equipment stands twice: archives change the General Equipment module more readily
    than Contributing Equipment. What other libraries noted in these attributes is replaced.
    """
    when = timestamp(graded)
    _describe(ds, graded.result.model)
    ds.ContributingEquipmentSequence = DicomSequence([_contribution(graded.result.model, when)])
    ds.CodingSchemeIdentificationSequence = DicomSequence([codes.scheme()])
    ds.InstanceCreationDate = f"{when:%Y%m%d}"
    ds.InstanceCreationTime = f"{when:%H%M%S}"
    ds.ContentQualification = "RESEARCH"
    file_meta = getattr(ds, "file_meta", None)
    if file_meta is not None:
        file_meta.ImplementationClassUID = document_uids.IMPLEMENTATION_CLASS_UID
        file_meta.ImplementationVersionName = f"RADIOGRADE {__version__}"[:16]


def timestamp(graded: GradedFilm) -> datetime:
    """Return when the analysis began, to the second, in the film's time zone if that is known.

    TimezoneOffsetFromUTC (0008,0201) holds for all dates and times of an object, copied ones
    too; where the film has none, the analysis' own time zone is used and not written.
    """
    began = graded.began.replace(microsecond=0)
    zone = timezone_of(graded.header)
    return began if zone is None else began.astimezone(zone)


def is_own(header: Header) -> bool:
    """Return True for what Radiograde made, also after an archive has changed some of it.

    One mark is enough: the manufacturer or model name, here or among the contributing
    equipment, or the private coding scheme. Damaged elements are no marks and never raise.
    """
    if _names_radiograde(header):
        return True
    contributions = header.readable_items("ContributingEquipmentSequence")
    if any(_names_radiograde(item) for item in contributions):
        return True
    schemes = header.readable_items("CodingSchemeIdentificationSequence")
    return any(item.text("CodingSchemeDesignator") == codes.PRIVATE for item in schemes)


def _describe(ds: Dataset, model: ModelFacts) -> None:
    ds.Manufacturer = MANUFACTURER
    ds.ManufacturerModelName = MODEL_NAME
    ds.DeviceSerialNumber = clean_words(model.sha256, _LONGEST)
    ds.SoftwareVersions = [
        __version__,
        clean_words(f"{model.name} {model.version}", _LONGEST),
    ]


def _contribution(model: ModelFacts, when: datetime) -> Dataset:
    ds = Dataset()
    _describe(ds, model)
    ds.DeviceUID = document_uids.device_uid(model.sha256)
    ds.PurposeOfReferenceCodeSequence = DicomSequence([codes.item(codes.PROCESSING_EQUIPMENT)])
    ds.ContributionDateTime = f"{when:%Y%m%d%H%M%S}"
    ds.ContributionDescription = "Grading of lung involvement, for research use only"
    return ds


def _names_radiograde(header: Header) -> bool:
    names = (header.text(keyword) or "" for keyword in ("Manufacturer", "ManufacturerModelName"))
    return any(name.casefold().startswith(MANUFACTURER.casefold()) for name in names)
