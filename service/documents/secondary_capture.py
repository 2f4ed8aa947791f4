"""The graded film as a Secondary Capture, PS3.3 A.8.1: its numbers are seen in any viewer."""

from __future__ import annotations

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from radiograde.model.reading.orientation import FLIPS
from radiograde.service.documents import document_uids, equipment, source_reference
from radiograde.service.documents.document import Document
from radiograde.service.documents.drawing import stacked
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.lossless_jpeg import set_pixels
from radiograde.service.documents.overlay import foot, graded_view
from radiograde.service.documents.panel import panel
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.documents.source_reference import copy_lossiness, refer_to_source
from radiograde.service.errors import UndocumentedError

SERIES_NUMBER = 9003
SERIES_DESCRIPTION = "Radiograde severity"
DERIVATION = (
    "Film made smaller, with the lungs outlined, the opacity found in them in colour, and the "
    "severity scores with their intervals. Research use only."
)


def secondary_capture(graded: GradedFilm) -> Document:
    """Return the film upright with its opacity, scores, intervals, warnings and model.

    It is RGB of 8 bits, compressed without loss. Its modality is OT, so that it is neither hung
    nor routed as another film of the study. It has no pixel spacing: the film in it is at another
    scale than the page. It names no patient in its pixels.

    Raises:
        UndocumentedError: the film was not scored, its maps are gone, or it is a picture.
    """
    if graded.result.scores is None or graded.result.maps is None:
        raise UndocumentedError(
            "Only a scored film has a secondary capture, and only while its maps are kept."
        )
    ds = _headings(graded)
    set_pixels(ds, np.asarray(capture_picture(graded)))
    return to_document("sc", ds, graded.form.charset)


def capture_picture(graded: GradedFilm) -> Image.Image:
    """Return what the capture shows, RGB, about 1300 x 1450 pixels.

    Raises:
        ValueError: the result carries no scores or no maps.
    """
    view = graded_view(graded.film, graded.result)
    tables = panel(view.width, graded.result, equipment.timestamp(graded))
    return stacked([view, tables, foot(view.width, graded.result.model)])


def _headings(graded: GradedFilm) -> Dataset:
    header = source_reference.header_of(graded)
    when = equipment.timestamp(graded)
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID = document_uids.document_uid(graded, "sc")
    equipment.add_origin(ds, graded)
    ds.SeriesInstanceUID = document_uids.series_uid(graded, "sc")
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
    known = header.decoded("PatientOrientation") in FLIPS
    ds.PatientOrientation = ["L", "F"] if known else None
    # The numbers that are drawn identify nobody; what the film itself shows, its header knows.
    if header.decoded("BurnedInAnnotation") in ("YES", "NO"):
        ds.BurnedInAnnotation = header.decoded("BurnedInAnnotation")
    copy_lossiness(graded, ds)
    refer_to_source(source_reference.clean_header(graded), ds)
    return ds
