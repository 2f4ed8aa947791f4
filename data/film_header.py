"""What a film's file says before its pixels are decoded: size, view, and which way it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

from radiograde.model.errors import RadiogradeError, UnreadableError
from radiograde.model.limits import Limits
from radiograde.model.reading.damage import told_as_damage
from radiograde.model.reading.dicom_file import looks_like_dicom, parse
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.dicom_orientation import orientation_of
from radiograde.model.reading.dicom_view import view_of as view_of_header

UPRIGHT = 1
EXIF_OF_FLIPS: Mapping[tuple[bool, bool], int] = {
    (False, False): UPRIGHT,
    (False, True): 2,
    (True, True): 3,
    (True, False): 4,
}
"""EXIF's Orientation of a film whose rows, or whose columns, are to be turned around."""

VIEWS: Mapping[str, str] = {"PA": "PA", "AP": "AP", "LATERAL": "L"}
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
FIRST_BYTES = (1 << 16, 1 << 22)
"""How much of a DICOM file is read for its header, before all of it is: pixels are many bytes."""


@dataclass(frozen=True, slots=True)
class FilmHeader:
    """``rows``, ``columns``: as stored. ``view``: PA, AP, L or ''.

    ``orientation``: how the stored pixels are to be turned, as EXIF says it (tag 0x0112, 1 to 8).
    """

    rows: int
    columns: int
    orientation: int = UPRIGHT
    view: str = ""


def read_header(path: Path) -> FilmHeader:
    """Return what the file's header says; no pixel is decoded.

    Raises UnreadableError, or another of the family, for a file without a usable header.
    """
    with told_as_damage():
        header = _dicom_header(path)
        if header is not None:
            rows, columns = (header.short(name) or 0 for name in ("Rows", "Columns"))
            orientation = EXIF_OF_FLIPS[orientation_of(header).flipped]
            return FilmHeader(rows, columns, orientation, VIEWS.get(view_of_header(header), ""))
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            turned = picture.getexif().get(ExifTags.Base.Orientation, UPRIGHT)
            known = turned if turned in range(UPRIGHT, 9) else UPRIGHT
            return FilmHeader(picture.height, picture.width, known)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise UnreadableError("The file is neither a DICOM film nor PNG nor JPEG.") from error


def view_of(path: Path) -> str:
    """Return the view of a DICOM film, PA, AP or L; '' where nothing says it."""
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return ""
    try:
        with told_as_damage():
            header = _dicom_header(path)
    except (RadiogradeError, OSError):
        return ""
    return "" if header is None else VIEWS.get(view_of_header(header), "")


def _dicom_header(path: Path) -> Header | None:
    """Return the header of a DICOM file, None of any other."""
    with path.open("rb") as file:
        for length in (*FIRST_BYTES, -1):
            file.seek(0)
            data = file.read(length)
            if not looks_like_dicom(data):
                return None
            whole = length < 0 or len(data) < length
            header = _parsed(data, whole=whole)
            if header is not None or whole:
                return header
    return None


def _parsed(data: bytes, *, whole: bool) -> Header | None:
    """Return the header, None where the pixels are not reached in these first bytes."""
    try:
        with told_as_damage():
            parsed = parse(data, Limits())
    except RadiogradeError:
        if whole:
            raise
        return None
    return parsed.header if parsed.pixels is not None or whole else None
