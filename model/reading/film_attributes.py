"""What a header says of a film beside its view: kind, age, spacing, names. Sloppiness is normal."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal

from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from radiograde.model.reading.body_part import classify
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.uids import is_uid

PLAIN_NAME = re.compile(r"[A-Z0-9 _-]{1,64}")
AGE = re.compile(r"(\d{1,3})\s*([DWMY]?)", re.ASCII | re.IGNORECASE)
YEARS_IN = {"": 1.0, "Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
OLDEST = 120.0
PLACEHOLDER_BIRTH = date(1900, 1, 1)
FINEST_MM, COARSEST_MM = 0.02, 5.0
MAX_ANISOTROPY = 4.0
SQUARE_WITHIN = 0.02

SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
"""The calibrated spacing first, then that at the detector, then of a scanned film (PS3.3 10.7)."""

SpacingOrigin = Literal["calibrated", "detector", "scanned", "unstated"]

SLICE_DISTANCES = ("SliceThickness", "SpacingBetweenSlices")

STUDY_DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")

DESCRIPTIONS = ("SeriesDescription", "ProtocolName", "StudyDescription")


FILM_CLASSES = frozenset(
    {
        ComputedRadiographyImageStorage,
        DigitalXRayImageStorageForPresentation,
        DigitalXRayImageStorageForProcessing,
    }
)

CAPTURE_CLASSES = frozenset(
    {
        SecondaryCaptureImageStorage,
        MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
        MultiFrameTrueColorSecondaryCaptureImageStorage,
    }
)

FILM_MODALITIES = frozenset({"CR", "DX", "RG", "DR", "XR", "SC", "OT"})
"""DR and XR are not in the standard, but in use."""


def age_years(header: Header) -> float | None:
    """Return the age in years from PatientAge, else from birth and study date; None if unknown.

    ``061Y``, ``61``, ``018M`` and ``003W`` are understood; no days, weeks or months, and a birth
    on the day of the study, are a newborn's. Ages above 120 are none, as are ``000Y`` and a birth
    on 1 January 1900, which de-identification writes. Beside an age of zero the dates decide.
    """
    match = AGE.fullmatch(header.text("PatientAge") or "")
    years = None if match is None else int(match[1]) * YEARS_IN[match[2].upper()]
    if years is not None and 0 < years <= OLDEST:
        return years
    born = _date(header, "PatientBirthDate")
    examined = next(filter(None, (_date(header, keyword) for keyword in STUDY_DATES)), None)
    if born is not None and examined is not None and born != PLACEHOLDER_BIRTH:
        lived = (examined - born).days / 365.25
        if 0 <= lived <= OLDEST:
            return lived
    newborn = match is not None and years == 0 and match[2].upper() in ("D", "W", "M")
    return 0.0 if newborn else None


def is_cross_section(header: Header) -> bool:
    """Return whether elements of slices (PS3.3 C.7.6.2) are filled, which no plain film has."""
    if len(header.numbers("ImagePositionPatient")) == 3:
        return True
    if len(header.numbers("ImageOrientationPatient")) == 6:
        return True
    thick = (header.number(keyword) or 0.0 for keyword in SLICE_DISTANCES)
    return any(distance > 0 for distance in thick) or header.number("SliceLocation") is not None


def pixel_spacing_mm(header: Header) -> tuple[float, float] | None:
    """Return the distance of rows and of columns in mm; None if absent, zero or absurd."""
    return next(filter(None, (_spacing(header, keyword) for keyword in SPACINGS)), None)


def spacing_origin(header: Header) -> SpacingOrigin | None:
    """Return where :func:`pixel_spacing_mm` was measured (PS3.3 10.7.1); None where it is None.

    ``calibrated``: within the patient, by geometry or by an object of known size; the type of the
    calibration says so, or PixelSpacing differs from ImagerPixelSpacing. ``detector``: at the
    detector's front, where the patient is magnified. ``scanned``: of a scanned film. ``unstated``:
    PixelSpacing stands alone and may be either.
    """
    found = [keyword for keyword in SPACINGS if _spacing(header, keyword) is not None]
    if not found:
        return None
    if found[0] != "PixelSpacing":
        return "detector" if found[0] == "ImagerPixelSpacing" else "scanned"
    if name(header, "PixelSpacingCalibrationType") in ("GEOMETRY", "FIDUCIAL"):
        return "calibrated"
    at_detector = _spacing(header, "ImagerPixelSpacing")
    if at_detector is None:
        return "unstated"
    return "detector" if at_detector == _spacing(header, "PixelSpacing") else "calibrated"


def _spacing(header: Header, keyword: str) -> tuple[float, float] | None:
    """Return what an element says of rows and columns in mm; None if absent, zero or absurd."""
    spacing = header.numbers(keyword)
    if len(spacing) != 2:
        return None
    finer, coarser = sorted(spacing)
    if finer >= FINEST_MM and coarser <= min(COARSEST_MM, MAX_ANISOTROPY * finer):
        return spacing[0], spacing[1]
    return None


def pixel_aspect(header: Header) -> float:
    """Return how much higher than wide the pixels are, by spacing or PixelAspectRatio, 0.25 to 4.

    1 where nothing says it, and for what differs by less than a fiftieth.
    """
    spacing = pixel_spacing_mm(header) or header.numbers("PixelAspectRatio")
    if len(spacing) != 2 or min(spacing) <= 0:
        return 1.0
    ratio = spacing[0] / spacing[1]
    plausible = 1 / MAX_ANISOTROPY <= ratio <= MAX_ANISOTROPY
    return ratio if plausible and abs(ratio - 1) > SQUARE_WITHIN else 1.0


def body_part(header: Header) -> str | None:
    """Return BodyPartExamined in capitals, else the anatomical word of a description.

    Of a description no other word leaves: people write names into them.
    """
    examined = name(header, "BodyPartExamined")
    if examined is not None:
        return examined
    words = [word for keyword in DESCRIPTIONS for word in words_of(header, keyword)]
    return next((word for word in words if classify(word) != "unclear"), None)


def may_show_chest(header: Header) -> bool:
    """Return False where the header names another body part, or another kind of object."""
    other_class = is_film_class(uid(header, "SOPClassUID")) is False
    other_part = classify(body_part(header)) == "other"
    return not (other_class or other_part or is_cross_section(header))


def name(header: Header, keyword: str) -> str | None:
    """Return a code string (CS) in capitals; None for anything that no code string can be."""
    text = (header.text(keyword) or "").upper()
    return text if PLAIN_NAME.fullmatch(text) else None


def uid(header: Header, keyword: str) -> str | None:
    """Return a unique identifier; None for anything that no UID can be."""
    text = header.text(keyword) or ""
    return text if is_uid(text) else None


def words_of(header: Header, keyword: str) -> list[str]:
    """Return the words of a text element in capitals."""
    return re.findall(r"[A-Z]+", " ".join(header.texts(keyword)).upper())


def is_film_class(sop_class: str | None) -> bool | None:
    """Return True for a film, False for anything else, None for a capture of who knows what."""
    if sop_class is None or sop_class in CAPTURE_CLASSES:
        return None
    return sop_class in FILM_CLASSES


def is_film_modality(modality: str | None) -> bool:
    """Return True for a modality that makes plain radiographs, and where none is given."""
    return modality is None or modality in FILM_MODALITIES


def _date(header: Header, keyword: str) -> date | None:
    digits = re.sub(r"[^0-9]", "", header.text(keyword) or "")[:8]
    try:
        return datetime.strptime(digits, "%Y%m%d").date()
    except ValueError:
        return None
