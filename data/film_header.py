"""What a film's file says before its pixels are decoded: size, view, and which way it lies."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from radiograde.data.film import Box
from radiograde.model.errors import (
    MissingPixelsError,
    RadiogradeError,
    UnreadableError,
    damage_as_error,
)
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import PIXEL_DATA, read_beginning
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.orientation import orientation_of
from radiograde.model.reading.png_chunks import PNG_SIGNATURE
from radiograde.model.reading.view_position import view_of as view_of_header

Sample = TypeVar("Sample", bound=np.generic)

UPRIGHT = 1
FIRST_TRANSPOSED = 5
"""From this orientation on, rows and columns are swapped."""

EXIF_OF_FLIPS: Mapping[tuple[bool, bool], int] = {
    (False, False): UPRIGHT,
    (False, True): 2,
    (True, True): 3,
    (True, False): 4,
}
"""EXIF's Orientation of a film whose rows, or whose columns, are to be turned around."""

MIRRORED: Mapping[int, tuple[bool, bool]] = {
    1: (False, False),
    2: (True, False),
    3: (True, True),
    4: (False, True),
    5: (False, False),
    6: (True, False),
    7: (True, True),
    8: (False, True),
}
"""What makes a stored film upright: mirrored across, and down. From 5 on it is transposed first.

EXIF 2.32, Orientation (0x0112).
"""

VIEWS: Mapping[str, str] = {"PA": "PA", "AP": "AP", "LATERAL": "L"}
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
LAST_TAG = PIXEL_DATA - 1


@dataclass(frozen=True, slots=True)
class FilmHeader:
    """``rows``, ``columns``: as stored. ``view``: PA, AP, L or ''.

    ``orientation``: how the stored pixels are to be turned, as EXIF says it (tag 0x0112, 1 to 8).
    """

    rows: int
    columns: int
    orientation: int = UPRIGHT
    view: str = ""

    def upright(self, pixels: NDArray[Sample]) -> NDArray[Sample]:
        """Return (H, W) pixels of the stored film as the film is shown: head up, right on left."""
        turned = pixels.T if self.orientation >= FIRST_TRANSPOSED else pixels
        across, down = MIRRORED[self.orientation]
        return np.ascontiguousarray(turned[:: -1 if down else 1, :: -1 if across else 1])

    def stored(self, pixels: NDArray[Sample]) -> NDArray[Sample]:
        """Return (H, W) pixels of the shown film as they are stored; it undoes ``upright``."""
        across, down = MIRRORED[self.orientation]
        turned = pixels[:: -1 if down else 1, :: -1 if across else 1]
        return np.ascontiguousarray(turned.T if self.orientation >= FIRST_TRANSPOSED else turned)

    def upright_box(self, box: Box) -> Box:
        """Return a box of the stored film in pixels of the film as it is shown."""
        x, y = (box.x0, box.x1), (box.y0, box.y1)
        width, height = self.columns, self.rows
        if self.orientation >= FIRST_TRANSPOSED:
            x, y, width, height = y, x, height, width
        across, down = MIRRORED[self.orientation]
        x = (width - x[1], width - x[0]) if across else x
        y = (height - y[1], height - y[0]) if down else y
        return Box(x[0], y[0], x[1], y[1])


def read_header(path: Path) -> FilmHeader:
    """Return what the file's header says; no pixel is decoded.

    Raises:
        UnreadableError: the file cannot be opened, or has no header that can be read.
        MissingPixelsError: a DICOM header without rows and columns.
    """
    try:
        header = dicom_header(path)
        return _picture_header(path) if header is None else _film_header(header)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, struct.error) as error:
        raise UnreadableError("The file is no readable DICOM film, PNG or JPEG.") from error


def view_of(path: Path) -> str:
    """Return the view of a DICOM film, PA, AP or L; '' where nothing says it."""
    header = _header_of_film(path)
    return "" if header is None else _view(header)


def machine_of(path: Path) -> str:
    """Return maker and model of what made a DICOM film; '' where nothing says it.

    Manufacturer (0008,0070) and Manufacturer's Model Name (0008,1090), PS3.3 C.7.5.1.
    """
    header = _header_of_film(path)
    if header is None:
        return ""
    with suppress(RadiogradeError), damage_as_error():
        named = (header.text("Manufacturer"), header.text("ManufacturerModelName"))
        return " ".join(" ".join(filter(None, named)).split())
    return ""


def _header_of_film(path: Path) -> Header | None:
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return None
    try:
        return dicom_header(path)
    except OSError:
        return None


def dicom_header(path: Path) -> Header | None:
    """Return a DICOM file's header up to its pixels; None of any other, and of a damaged one.

    Raises OSError.
    """
    with path.open("rb") as file:
        return read_beginning(file, LAST_TAG, Limits())


def _film_header(header: Header) -> FilmHeader:
    rows, columns = (header.short(name) or 0 for name in ("Rows", "Columns"))
    if not (rows and columns):
        raise MissingPixelsError("The header states no rows and columns. Export the film again.")
    orientation = EXIF_OF_FLIPS[orientation_of(header).flipped]
    return FilmHeader(rows, columns, orientation, _view(header))


def _view(header: Header) -> str:
    with suppress(RadiogradeError), damage_as_error():
        return VIEWS.get(view_of_header(header), "")
    return ""


def _picture_header(path: Path) -> FilmHeader:
    with Image.open(path, formats=("PNG", "JPEG")) as picture:
        turned = _exif(path, picture).get(ExifTags.Base.Orientation, UPRIGHT)
        known = turned if turned in range(UPRIGHT, 9) else UPRIGHT
        return FilmHeader(picture.height, picture.width, known)


def _exif(path: Path, picture: Image.Image) -> Image.Exif:
    """Return a picture's EXIF. Pillow would decode all of a PNG for a chunk behind its pixels."""
    if picture.format != "PNG":
        return picture.getexif()
    with path.open("rb") as file:
        file.seek(len(PNG_SIGNATURE))
        while head := file.read(8):
            length, kind = struct.unpack(">I4s", head)
            if kind == b"eXIf":
                exif = Image.Exif()
                exif.load(file.read(length))
                return exif
            file.seek(length + 4, os.SEEK_CUR)
    return Image.Image.getexif(picture)
