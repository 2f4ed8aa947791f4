"""The lungs and the opacity found in them as a DICOM Segmentation, PS3.3 A.51."""

from __future__ import annotations

import numpy as np
from highdicom import AlgorithmIdentificationSequence, PixelMeasuresSequence
from highdicom.color import CIELabColor
from highdicom.seg import Segmentation, SegmentDescription
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Maps
from radiograde.service.documents import codes, document_uids, equipment, source_reference
from radiograde.service.documents.clean_elements import clean_words
from radiograde.service.documents.document import Document
from radiograde.service.documents.drawing import LUNG, grey_levels
from radiograde.service.documents.film_segments import SEGMENTS, FilmSegment
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.part10 import to_document
from radiograde.service.documents.source_reference import copy_lossiness
from radiograde.service.errors import UndocumentedError

SERIES_NUMBER = 9002
SERIES_DESCRIPTION = "Radiograde lungs and opacity, research use only"

_BLUE = CIELabColor(77, -15, -35)
_ORANGE = CIELabColor(68, 43, 74)


def segmentation(graded: GradedFilm) -> Document:
    """Return a scored film's segments: the patient's right lung, left lung, and opacity.

    Each is a binary frame of the film's rows and columns, one bit a pixel, that lies pixel for
    pixel on the film as it is stored, mirrored or not. Opacity is that part of the lungs which
    ``lung_involvement_percent`` counts. A segment that was not found has an empty frame.

    Raises:
        UndocumentedError: the film was not scored, its maps are gone, or it is a picture.
    """
    if graded.result.maps is None:
        raise UndocumentedError(
            "Only a scored film has a segmentation, and only while its maps are kept."
        )
    masks = masks_as_stored(graded.film, graded.result.maps)
    ds = _headings(graded)
    # highdicom checks and copies each mask several times: half a second for 8 megapixels. It
    # gets a film of one pixel to describe; the masks are packed here, as PS3.5 8.1.1 says.
    ds.NumberOfFrames, ds.Rows, ds.Columns = masks.shape
    ds.SegmentsOverlap = "YES" if masks[2].any() or (masks[0] & masks[1]).any() else "NO"
    packed = np.packbits(masks, bitorder="little").tobytes()
    ds.PixelData = packed + b"\0" * (len(packed) % 2)
    return to_document("seg", ds, graded.form.charset)


def _headings(graded: GradedFilm) -> Segmentation:
    """Return the whole object but its pixels."""
    source = _stand_in(source_reference.clean_header(graded))
    when = equipment.timestamp(graded)
    ds = Segmentation(
        source_images=[source],
        pixel_array=np.zeros((1, 1, 1, len(SEGMENTS)), np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=_segments(graded),
        series_instance_uid=document_uids.series_uid(graded, "seg"),
        series_number=SERIES_NUMBER,
        series_description=SERIES_DESCRIPTION,
        sop_instance_uid=document_uids.document_uid(graded, "seg"),
        instance_number=1,
        manufacturer=equipment.MANUFACTURER,
        manufacturer_model_name=equipment.MODEL_NAME,
        software_versions="",
        device_serial_number="",
        content_label="LUNG_OPACITY",
        content_description="Lungs and the part of them that is involved",
        content_date=when.date(),
        content_time=when.time(),
        series_date=when.date(),
        series_time=when.time(),
        omit_empty_frames=False,
    )
    equipment.add_origin(ds, graded)
    copy_lossiness(graded, ds)
    ds.BodyPartExamined = "CHEST"
    ds.PatientOrientation = source.PatientOrientation
    ds.ContentCreatorName = ""
    ds.SharedFunctionalGroupsSequence = [Dataset()]
    _settle_dimensions(ds)
    return ds


def _stand_in(source: Dataset) -> Dataset:
    """Return the header as that of a single frame of one pixel, which every class can have.

    Names and numbers go: highdicom quotes those it dislikes in a warning. They are copied later.
    """
    source.PatientName = source.ReferringPhysicianName = source.AccessionNumber = ""
    source.Rows = source.Columns = source.NumberOfFrames = 1
    shared = Dataset()
    shared.PixelMeasuresSequence = PixelMeasuresSequence((1.0, 1.0), None)
    source.SharedFunctionalGroupsSequence = Sequence([shared])
    return source


def _settle_dimensions(ds: Segmentation) -> None:
    """Replace the random UID of the frames' order (PS3.3 C.7.6.17) by one that stays the same."""
    settled = document_uids.derived_uid("dimensions", ds.SOPInstanceUID)
    for item in (*ds.DimensionOrganizationSequence, *ds.DimensionIndexSequence):
        item.DimensionOrganizationUID = settled


def _segments(graded: GradedFilm) -> list[SegmentDescription]:
    """Return the Segment Sequence, PS3.3 C.8.20.4, followed by the report's identifiers."""
    described = []
    for one in SEGMENTS:
        segment = _segment(one, document_uids.tracking_uid(graded, one.tracked), graded)
        if one.finding is None:
            kind = segment.SegmentedPropertyTypeCodeSequence[0]
            kind.SegmentedPropertyTypeModifierCodeSequence = Sequence([codes.item(one.side)])
        described.append(segment)
    return described


def _segment(one: FilmSegment, tracking_uid: str, graded: GradedFilm) -> SegmentDescription:
    model = graded.result.model
    finding = one.finding is not None
    return SegmentDescription(
        one.number,
        one.label,
        codes.ABNORMAL_STRUCTURE if finding else codes.ANATOMICAL_STRUCTURE,
        one.kind,
        "AUTOMATIC",
        AlgorithmIdentificationSequence(
            name=clean_words(model.name, 64) or equipment.MODEL_NAME,
            family=codes.ARTIFICIAL_INTELLIGENCE,
            version=clean_words(model.version, 64) or "unknown",
        ),
        tracking_uid=tracking_uid,
        tracking_id=f"Radiograde {one.tracked}",
        anatomic_regions=[codes.LUNG] if finding else None,
        display_color=_ORANGE if finding else _BLUE,
    )


def masks_as_stored(film: Radiograph, maps: Maps) -> NDArray[np.bool_]:
    """Return (3, H, W) masks: the patient's right lung, left lung, and what of them is involved.

    They lie pixel for pixel on the film's stored object, mirrored or upside down where it is.
    Involved is what ``lung_involvement_percent`` counts: lung whose opacity exceeds
    ``maps.involved``.
    """
    rows, columns = film.shape
    masks = np.empty((3, rows, columns), np.bool_)
    _mark(masks[0], maps.lungs[0], LUNG)
    _mark(masks[1], maps.lungs[1], LUNG)
    _mark(masks[2], maps.opacity, maps.involved)
    masks[2] &= masks[0] | masks[1]
    flipped = tuple(axis for axis, flip in enumerate(film.flipped, 1) if flip)
    return np.flip(masks, flipped) if flipped else masks


def _mark(mask: NDArray[np.bool_], values: NDArray[np.float32], threshold: float) -> None:
    """Set in ``mask`` (H, W) where a map, drawn at that size, exceeds the threshold.

    In steps of 1/255: finer than a map knows, and four times as fast as floating point.
    """
    rows, columns = mask.shape
    levels = Image.fromarray(grey_levels(values))
    drawn = levels.resize((columns, rows), Image.Resampling.BILINEAR)
    np.greater(np.asarray(drawn), int(255 * threshold), out=mask)
