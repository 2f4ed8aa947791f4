"""A phantom as a DX image "For Presentation" (PS3.3 A.26), stored in any way films are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sr.codedict import codes

from radiograde.data.phantom import Phantom
from radiograde.data.storage import LOSSY, NATIVE, Storage, encode, samples_of

SPACING_MM = 0.6
"""Pitch of a phantom of 640 rows; its chest is 384 mm high."""

TWELVE_BITS = Storage()


def to_dicom(phantom: Phantom, storage: Storage = TWELVE_BITS) -> Dataset:
    """Return a complete data set with file meta information; the patient is made up.

    Raises ValueError for a transfer syntax without an encoder.
    """
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.UID(storage.transfer_syntax)
    _identify(ds, phantom)
    _describe(ds, phantom)
    _describe_pixels(ds, phantom, storage)
    _store(ds, samples_of(phantom.pixels, storage), storage)
    return ds


def write_dicom(path: Path, phantom: Phantom, storage: Storage = TWELVE_BITS) -> None:
    """Write the phantom as a DICOM file."""
    to_dicom(phantom, storage).save_as(path, enforce_file_format=True)


def _identify(ds: Dataset, phantom: Phantom) -> None:
    """Fill patient, study, series and equipment (C.7.1 to C.7.5); the same spec, the same UIDs."""
    seed = repr(phantom.spec)
    ds.SOPClassUID = uid.DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = uid.generate_uid(entropy_srcs=["instance", seed])
    ds.StudyInstanceUID = uid.generate_uid(entropy_srcs=["study", seed])
    ds.SeriesInstanceUID = uid.generate_uid(entropy_srcs=["series", seed])
    ds.PatientName = "Phantom^Chest"
    ds.PatientID = f"PHANTOM-{phantom.spec.seed}"
    ds.PatientBirthDate = "19700101"
    ds.PatientSex = phantom.spec.sex
    ds.PatientAge = "055Y"
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = "20250101"
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = ds.AcquisitionTime = "120000"
    ds.StudyID = ds.SeriesNumber = ds.InstanceNumber = "1"
    ds.AccessionNumber = "PHANTOM"
    ds.ReferringPhysicianName = ""
    ds.Manufacturer = "Drawn phantom"
    ds.Modality = "DX"
    ds.PresentationIntentType = "FOR PRESENTATION"


def _describe(ds: Dataset, phantom: Phantom) -> None:
    """Fill anatomy, positioning and detector (C.8.11.1 to C.8.11.5)."""
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.BodyPartExamined = "CHEST"
    ds.ImageLaterality = "U"
    ds.AnatomicRegionSequence = [_code(codes.SCT.Chest)]
    ds.AcquisitionContextSequence = []
    ds.ViewPosition = "PA"
    ds.ViewCodeSequence = [_code(codes.SCT.PosteroAnterior)]
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = []
    ds.PatientOrientation = ["L", "F"]
    ds.DetectorType = "DIRECT"
    pitch = round(SPACING_MM * 640 / phantom.spec.rows, 4)
    ds.ImagerPixelSpacing = [pitch, pitch]


def _describe_pixels(ds: Dataset, phantom: Phantom, storage: Storage) -> None:
    """Fill image pixel, DX image and VOI LUT (C.7.6.3, C.8.11.3, C.11.2)."""
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = storage.photometric
    ds.Rows, ds.Columns = phantom.pixels.shape
    ds.BitsAllocated = 8 if storage.bits == 8 else 16
    ds.BitsStored = storage.bits
    ds.HighBit = storage.bits - 1
    ds.PixelRepresentation = int(storage.signed)
    inverse = storage.photometric == "MONOCHROME1"
    ds.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = 1 if inverse else -1
    ds.RescaleIntercept = storage.middle if storage.signed else 0
    ds.RescaleSlope = 1
    ds.RescaleType = "US"
    ds.LossyImageCompression = "01" if storage.transfer_syntax in LOSSY else "00"
    ds.BurnedInAnnotation = "NO"
    if storage.windowed:
        ds.WindowCenter = storage.middle
        ds.WindowWidth = 2**storage.bits


def _store(ds: Dataset, samples: NDArray[Any], storage: Storage) -> None:
    frame = encode(samples, storage)
    if storage.transfer_syntax in NATIVE:
        ds.PixelData = frame + b"\0" * (len(frame) % 2)
        ds["PixelData"].VR = "OB" if storage.bits == 8 else "OW"
    else:
        ds.PixelData = encapsulate([frame])
        ds["PixelData"].VR = "OB"


def _code(concept: Any) -> Dataset:
    """Return a code sequence item (PS3.3 8.8)."""
    ds = Dataset()
    ds.CodeValue = concept.value
    ds.CodingSchemeDesignator = concept.scheme_designator
    ds.CodeMeaning = concept.meaning
    return ds
