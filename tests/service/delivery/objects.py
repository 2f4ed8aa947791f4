"""Documents to deliver: tiny secondary captures of a patient whose name must show up nowhere."""

from __future__ import annotations

import io

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document import Document

RESULT_ID = "01JARADMZ00000000000000000"
STUDY_UID = "2.25.1541"
PATIENT = ("NAMELESS", "P-4711", "19600102")
"""Family name, id and birth date."""


def dicom_document(
    number: int = 1,
    *,
    kind: DocumentKind = "sc",
    sop_class: str = SecondaryCaptureImageStorage,
    syntax: str = ExplicitVRLittleEndian,
    side: int = 8,
) -> Document:
    """Return a grey picture of side x side pixels as a Part 10 file, ``number`` in its UID."""
    ds = Dataset()
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = f"{STUDY_UID}.2.{number}"
    ds.StudyInstanceUID = STUDY_UID
    ds.SeriesInstanceUID = f"{STUDY_UID}.1"
    ds.Modality = "OT"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = f"{PATIENT[0]}^ANN", PATIENT[1], PATIENT[2]
    ds.StudyDate = ds.StudyTime = ds.AccessionNumber = ds.StudyID = None
    ds.PatientSex = ds.ReferringPhysicianName = ds.SeriesNumber = None
    ds.ConversionType = "WSD"
    ds.InstanceNumber = number
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = side
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    pixels = bytes(index % 251 for index in range(side)) * side
    packed = ds.file_meta.TransferSyntaxUID.is_encapsulated
    ds.PixelData = encapsulate([pixels]) if packed else pixels
    ds["PixelData"].VR = "OB"
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return Document(
        kind, f"{kind}.dcm", "application/dicom", buffer.getvalue(), sop_class, ds.SOPInstanceUID
    )


def tells_of_a_patient(text: str) -> bool:
    """Return whether a message or a log line holds what it must not."""
    return any(part in text for part in PATIENT)
