"""The film that is timed: a phantom at the size of a modern detector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

from radiograde.data.phantom import Phantom, PhantomSpec, draw

SYNTAXES = {
    "uncompressed": (uid.ExplicitVRLittleEndian, 16),
    "deflated": (uid.DeflatedExplicitVRLittleEndian, 16),
    "RLE": (uid.RLELossless, 16),
    "JPEG Baseline": (uid.JPEGBaseline8Bit, 8),
    "JPEG Extended": (uid.JPEGExtended12Bit, 12),
    "JPEG Lossless": (uid.JPEGLosslessSV1, 16),
    "JPEG-LS": (uid.JPEGLSLossless, 16),
    "JPEG 2000": (uid.JPEG2000Lossless, 16),
    "HTJ2K": (uid.HTJ2KLossless, 16),
}
"""One transfer syntax of each kind, and the most bits that it has room for."""

ROWS, COLUMNS = 3056, 2544
GRAIN = 0.003
"""Standard deviation of the detector's noise, which compressed size and decoding hang on."""


def film(rows: int = ROWS, columns: int = COLUMNS) -> Phantom:
    """Return a phantom with involved lower zones; ``pixels`` alone have the full size.

    It is drawn at a quarter of the size and enlarged: drawing is slow, grain is not.
    """
    small = draw(PhantomSpec(rows=rows // 4, columns=columns // 4, zones={"C": 2, "F": 3}))
    large = Image.fromarray(small.pixels).resize((columns, rows), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).normal(0, GRAIN, (rows, columns))
    return replace(small, pixels=np.clip(np.asarray(large) + noise, 0, 1).astype(np.float32))


def dicom_films(rows: int = ROWS, columns: int = COLUMNS) -> Callable[[str], bytes]:
    """Return a function from a SOP Instance UID to the phantom as a DICOM file that carries it."""
    ds = Dataset()
    ds.SOPClassUID = uid.ComputedRadiographyImageStorage
    ds.StudyInstanceUID = ds.SeriesInstanceUID = uid.generate_uid()
    ds.Modality, ds.PatientID, ds.PatientName = "CR", "1", "None"
    ds.BodyPartExamined, ds.ViewPosition, ds.PatientAge = "CHEST", "PA", "060Y"
    ds.Rows, ds.Columns = rows, columns
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = np.round(film(rows, columns).pixels * 4095).astype("<u2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian

    def make(instance: str) -> bytes:
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid.UID(instance)
        buffer = BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    return make
