"""A film that names nobody: a few facts of the header that a score depends on, pixels without text.

Nothing is taken out of the header: a new one is written, PS3.15 annex E the other way round. Each
element is a number, or a word of a fixed form that occurs in no name or identifier of the film.
"""

from __future__ import annotations

import io
import re
import uuid
from dataclasses import dataclass

import numpy as np
from PIL import Image
from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_frame import Frame, photometric, read_frame
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reading.uids import is_dotted_uid
from radiograde.model.scoring.result import Maps
from radiograde.service.problems.burned_in_text import Mask, Painted, paint_over_text

NUMBERS = (
    "PixelSpacing",
    "ImagerPixelSpacing",
    "PixelAspectRatio",
    "RescaleSlope",
    "RescaleIntercept",
    "WindowCenter",
    "WindowWidth",
)
WORDS = (
    "Modality",
    "BodyPartExamined",
    "PatientOrientation",
    "VOILUTFunction",
    "PresentationLUTShape",
    "PresentationIntentType",
    "PixelIntensityRelationship",
    "LossyImageCompression",
)
TABLES = ("ModalityLUTSequence", "VOILUTSequence")
IDENTIFYING = (
    "PatientID",
    "IssuerOfPatientID",
    "OtherPatientIDs",
    "AccessionNumber",
    "StudyID",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "DeviceSerialNumber",
)
"""Beside every name of a person."""

VIEWS = {"PA": "PA", "AP": "AP", "LATERAL": "LL"}
OLDEST = 90
"""From this age on years would tell who it is."""

_IDENTIFYING = {tag_for_keyword(keyword) for keyword in IDENTIFYING}
_WORD = re.compile(r"[A-Z0-9 _\\]{1,33}", re.ASCII)
_LONGEST_HINT = 2
METHOD = "Radiograde: header written anew, text painted over"


@dataclass(frozen=True, slots=True)
class CleanFilm:
    """``content``: a DICOM or PNG file. ``painted``: share of its area that was painted over."""

    name: str
    content: bytes
    painted: float


def clean_film(film: FilmFile, maps: Maps | None) -> CleanFilm:
    """Return a film that names nobody; ``maps``: those of its result.

    Raises:
        RadiogradeError: it cannot be read.
    """
    radiograph = film.radiograph()
    if film.header is None:
        return _picture(radiograph, maps)
    frame = read_frame(film.dicom(), Limits(max_pixels=film.limits.max_pixels))
    flips = tuple(axis for axis, flipped in enumerate(radiograph.flipped) if flipped)
    lungs = None if maps is None else np.flip(_lungs(maps), flips)
    painted = paint_over_text(frame.codes, lungs)
    ds = _identity(film.header, radiograph)
    _add_facts(ds, film.header, radiograph)
    _add_pixels(ds, film.header, frame, painted)
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return CleanFilm("film.dcm", buffer.getvalue(), painted.share)


def identifying_words(header: Header) -> frozenset[str]:
    """Return the words, in capitals, of what names people, places and examinations in a header."""
    found: set[str] = set()
    for tag, value in header.plain_values().items():
        if tag in _IDENTIFYING or (dictionary_has_tag(tag) and dictionary_VR(tag) == "PN"):
            text = value.decode("utf-8", "ignore").upper()
            found.update(word for word in re.split(r"[^\w]+", text) if len(word) > _LONGEST_HINT)
    return frozenset(found)


def _picture(film: Radiograph, maps: Maps | None) -> CleanFilm:
    codes = np.rint(65535 * film.as_stored().pixels).astype(np.uint16)
    painted = paint_over_text(codes, None if maps is None else _lungs(maps))
    buffer = io.BytesIO()
    Image.fromarray(painted.codes).save(buffer, "PNG")
    return CleanFilm("film.png", buffer.getvalue(), painted.share)


def _lungs(maps: Maps) -> Mask:
    lungs: Mask = maps.lungs.max(0) > 0.5
    return lungs


def _identity(header: Header, film: Radiograph) -> Dataset:
    ds = Dataset()
    sop_class = film.sop_class_uid
    if sop_class is not None and is_dotted_uid(sop_class) and UID(sop_class).keyword:
        ds.SOPClassUID = UID(sop_class)
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(ds, keyword, UID(f"2.25.{uuid.uuid4().int}"))
    ds.PatientIdentityRemoved, ds.DeidentificationMethod = "YES", METHOD
    ds.BurnedInAnnotation = "NO"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", UID("1.2.840.10008.5.1.4.1.1.1"))
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds


def _add_facts(ds: Dataset, header: Header, film: Radiograph) -> None:
    """Add what the input check and the greyscale go by."""
    identifying = identifying_words(header)
    for keyword in WORDS:
        text = "\\".join(header.texts(keyword))
        words = set(re.split(r"[^\w]+", text))
        if _WORD.fullmatch(text) and not words & identifying:
            setattr(ds, keyword, text.split("\\") if "\\" in text else text)
    for keyword in NUMBERS:
        if numbers := header.numbers(keyword):
            setattr(ds, keyword, [_decimal(number) for number in numbers])
    if film.view in VIEWS:
        ds.ViewPosition = VIEWS[film.view]
    if film.age_years is not None:
        ds.PatientAge = f"{min(int(film.age_years), OLDEST):03d}Y"


def _decimal(number: float) -> str:
    """Return a number as a decimal string of at most 16 characters, PS3.5 6.2."""
    text = repr(int(number)) if number == int(number) else repr(number)
    return text if len(text) <= 16 else f"{number:.9g}"


def _add_pixels(ds: Dataset, header: Header, frame: Frame, painted: Painted) -> None:
    rows, columns = painted.codes.shape
    ds.SamplesPerPixel, ds.Rows, ds.Columns = 1, rows, columns
    shown = photometric(header)
    ds.PhotometricInterpretation = shown if shown == "MONOCHROME1" else "MONOCHROME2"
    ds.BitsAllocated = 8 * painted.codes.dtype.itemsize
    ds.BitsStored, ds.HighBit = frame.bits, frame.bits + frame.shift - 1
    ds.PixelRepresentation = int(frame.signed)
    padding = header.short("PixelPaddingValue")
    if padding is not None:
        signed = frame.signed and padding >= 2**15
        vr = "SS" if frame.signed else "US"
        ds.add_new("PixelPaddingValue", vr, padding - 2**16 if signed else padding)
    for keyword in TABLES:
        items = [_table(item) for item in header.items(keyword)]
        if items:
            setattr(ds, keyword, Sequence(items))
    content = painted.codes.astype(painted.codes.dtype.newbyteorder("<")).tobytes()
    ds.PixelData = content + b"\0" * (len(content) % 2)
    ds["PixelData"].VR = "OW"


def _table(item: Header) -> Dataset:
    """Return a lookup table without its explanation."""
    ds = Dataset()
    ds.add_new("LUTDescriptor", "US", list(item.shorts("LUTDescriptor")))
    ds.add_new("LUTData", "US", list(item.shorts("LUTData")))
    return ds
