"""The graded film as a Secondary Capture, PS3.3 A.8.1: its numbers are seen in any viewer."""

from __future__ import annotations

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from radiograde.model.reading.dicom_orientation import FLIPS
from radiograde.service.documents import equipment, identity, uids
from radiograde.service.documents.case import Case
from radiograde.service.documents.derivation import copy_lossiness, refer_to_source
from radiograde.service.documents.document import Document
from radiograde.service.documents.drawing import stacked
from radiograde.service.documents.overlay import foot, graded_film
from radiograde.service.documents.panel import panel
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.documents.source_text import text_of
from radiograde.service.errors import UndocumentedError

SERIES_NUMBER = 9003
SERIES_DESCRIPTION = "Radiograde severity"
DERIVATION = (
    "Film made smaller, with the lungs outlined, the opacity found in them in colour, and the "
    "severity scores with their intervals. Research use only."
)


def secondary_capture(case: Case) -> Document:
    """Return the film upright with its opacity, scores, intervals, warnings and model.

    It is RGB of 8 bits, not compressed: every archive takes that. Its modality is OT, so that it
    is neither hung nor routed as another film of the study. It has no pixel spacing: the film in
    it is at another scale than the page. It names no patient in its pixels.

    Raises:
        UndocumentedError: the film was not scored, its maps are gone, or it is a picture.
    """
    if case.result.scores is None or case.result.maps is None:
        raise UndocumentedError(
            "Only a scored film has a secondary capture, and only while its maps are kept."
        )
    ds = _headings(case)
    _set_pixels(ds, capture_picture(case))
    return to_document("sc", ds)


def capture_picture(case: Case) -> Image.Image:
    """Return what the capture shows, RGB, about 1300 x 1450 pixels.

    Raises:
        ValueError: the result carries no scores or no maps.
    """
    graded = graded_film(case.film, case.result)
    tables = panel(graded.width, case.result, equipment.moment(case))
    return stacked([graded, tables, foot(graded.width, case.result.model)])


def _headings(case: Case) -> Dataset:
    header = identity.header_of(case)
    when = equipment.moment(case)
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID = uids.document_uid(case, "sc")
    identity.copy_identity(case, ds)
    equipment.stamp(ds, case)
    ds.SeriesInstanceUID = uids.series_uid(case, "sc")
    ds.SeriesNumber = SERIES_NUMBER
    ds.InstanceNumber = 1
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.Modality = "OT"
    ds.BodyPartExamined = "CHEST"
    ds.ConversionType = "WSD"
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.SeriesDate = ds.ContentDate = ds.DateOfSecondaryCapture = f"{when:%Y%m%d}"
    ds.SeriesTime = ds.ContentTime = ds.TimeOfSecondaryCapture = f"{when:%H%M%S}"
    ds.DerivationDescription = DERIVATION
    # The film is drawn upright. Where nobody says how it lies, neither does the capture.
    known = text_of(header, "PatientOrientation") in FLIPS
    ds.PatientOrientation = ["L", "F"] if known else None
    # The numbers that are drawn identify nobody; what the film itself shows, its header knows.
    if text_of(header, "BurnedInAnnotation") in ("YES", "NO"):
        ds.BurnedInAnnotation = text_of(header, "BurnedInAnnotation")
    copy_lossiness(header, ds)
    refer_to_source(identity.clean_header(case), ds)
    return ds


def _set_pixels(ds: Dataset, picture: Image.Image) -> None:
    """Set the Image Pixel module, PS3.3 C.7.6.3."""
    pixels = np.asarray(picture)
    ds.Rows, ds.Columns, ds.SamplesPerPixel = pixels.shape
    ds.PhotometricInterpretation = "RGB"
    ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.PixelRepresentation = 0
    content = pixels.tobytes()
    ds.PixelData = content + b"\0" * (len(content) % 2)
    ds["PixelData"].VR = "OB"
