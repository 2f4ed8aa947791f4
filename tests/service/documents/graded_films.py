"""Graded films for documents: a drawn film as DX with a full header, and a made result."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import open_film
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import GateVerdict, ImageFacts, Maps, SeverityResult
from radiograde.service.documents.graded_film import GradedFilm
from tests.service.fakes import FACTS, LATERAL, scored

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
RESULT_ID = "01JARADMZ00000000000000000"
STUDY_UID = "1.2.826.0.1.3680043.10.1541.1"
SOP_UID = "1.2.826.0.1.3680043.10.1541.3"


def film_bytes(**changed: Any) -> bytes:
    """Return a drawn film as a DX file, 320 x 288; ``changed`` by keyword, None: taken out."""
    phantom = draw(PhantomSpec(rows=320, columns=288, zones={"C": 2.0, "F": 1.0}))
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = SOP_UID
    ds.StudyInstanceUID = STUDY_UID
    ds.SeriesInstanceUID = "1.2.826.0.1.3680043.10.1541.2"
    ds.StudyID = "S1"
    ds.SeriesNumber = 1
    ds.InstanceNumber = 1
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20260304"
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "050000"
    ds.AccessionNumber = "ACC-7"
    ds.ReferringPhysicianName = "Ref^Erring"
    ds.StudyDescription = "Chest"
    ds.Modality = "DX"
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.Manufacturer = "Maker"
    ds.PatientName = "김^민준"
    ds.PatientID = "P-1"
    ds.IssuerOfPatientID = "HOSPITAL"
    ds.PatientBirthDate = "19600102"
    ds.PatientSex = "M"
    ds.PatientAge = "066Y"
    ds.BodyPartExamined = "CHEST"
    ds.ViewPosition = "PA"
    ds.PatientOrientation = ["L", "F"]
    ds.ImageLaterality = "U"
    ds.ImagerPixelSpacing = [0.5, 0.5]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = phantom.pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.WindowCenter, ds.WindowWidth = 2048, 4096
    ds.PixelData = (phantom.pixels * 4095).round().astype(np.uint16).tobytes()
    for keyword, value in changed.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def film_header(**elements: Any) -> Header:
    """Return the header of a file with these elements alone."""
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return as_read(ds)


def as_read(ds: Dataset) -> Header:
    """Return the header of a data set after a trip through a file."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=False)
    header = open_film(buffer.getvalue(), Limits()).header
    assert header is not None
    return header


def header_in(path: Path) -> Header:
    """Return the header of a file."""
    header = open_film(path.read_bytes(), Limits()).header
    assert header is not None
    return header


def graded_film(result: SeverityResult | None = None, **changed: Any) -> GradedFilm:
    """Return the drawn film graded: scored with maps of its two lungs unless given a result."""
    file = open_film(film_bytes(**changed), Limits())
    made = result or scored_with_maps(file.radiograph())
    image = image_facts(file.radiograph())
    return GradedFilm.of(file, dataclasses.replace(made, id=RESULT_ID, image=image), BEGAN)


def scored_with_maps(film: Radiograph) -> SeverityResult:
    """Return a made result of a film, with maps of its two lungs."""
    return dataclasses.replace(scored(image_facts(film)), id=RESULT_ID, maps=lung_maps())


def image_facts(film: Radiograph) -> ImageFacts:
    """Return the facts of a film as a result carries them."""
    rows, columns = film.pixels.shape
    return ImageFacts(
        film.source,
        film.sha256,
        rows,
        columns,
        film.view,
        film.pixel_spacing_mm,
        film.sop_instance_uid,
        film.study_instance_uid,
    )


def rejected_film(**changed: Any) -> GradedFilm:
    """Return the drawn film as the input check turns it away."""
    return graded_film(SeverityResult("rejected", FACTS, None, GateVerdict((LATERAL,))), **changed)


def lung_maps() -> Maps:
    """Return soft maps (64, 58): two lungs, opacity in the lower half of the patient's right."""
    lungs = np.zeros((2, 64, 58), np.float32)
    lungs[0, 8:56, 6:26] = 1
    lungs[1, 8:56, 32:52] = 1
    opacity = np.zeros((64, 58), np.float32)
    opacity[40:56, 6:26] = 0.9
    return Maps(opacity, lungs)
