"""Graded films for documents: a drawn film as DX with a full header, and a made result."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.reading import film_file
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


def graded_film(result: SeverityResult | None = None, **changed: Any) -> GradedFilm:
    """Return a case of the drawn film: scored with maps of its two lungs unless given a result."""
    from pydicom import dcmread

    content = film_bytes(**changed)
    film = film_file.read(content)
    header = dcmread(io.BytesIO(content), stop_before_pixels=True)
    rows, columns = film.pixels.shape
    facts = ImageFacts(
        "dicom",
        film.sha256,
        rows,
        columns,
        film.view,
        film.pixel_spacing_mm,
        film.sop_instance_uid,
        film.study_instance_uid,
    )
    chosen = result or dataclasses.replace(scored(facts), maps=lung_maps())
    return GradedFilm(film, header, dataclasses.replace(chosen, id=RESULT_ID, image=facts), BEGAN)


def rejected_case(**changed: Any) -> GradedFilm:
    """Return the case of a film that the gate turned away."""
    return graded_film(SeverityResult("rejected", FACTS, None, GateVerdict((LATERAL,))), **changed)


def lung_maps() -> Maps:
    """Return soft maps (64, 58): two lungs, opacity in the lower half of the patient's right."""
    lungs = np.zeros((2, 64, 58), np.float32)
    lungs[0, 8:56, 6:26] = 1
    lungs[1, 8:56, 32:52] = 1
    opacity = np.zeros((64, 58), np.float32)
    opacity[40:56, 6:26] = 0.9
    return Maps(opacity, lungs)
