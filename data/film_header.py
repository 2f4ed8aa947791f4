"""What a film's file says before its pixels are decoded: size, view, and which way it lies."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from radiograde.data.film import Box
from radiograde.model.errors import RadiogradeError, UnreadableError, damage_as_error
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import looks_like_dicom, parse
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.orientation import orientation_of
from radiograde.model.reading.picture import PNG_SIGNATURE
from radiograde.model.reading.view_position import view_of as view_of_header

Sample = TypeVar("Sample", bound=np.generic)

UPRIGHT = 1
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

    def upright(self, pixels: NDArray[Sample]) -> NDArray[Sample]:
        """Return (H, W) pixels of the stored film as the film is shown: head up, right on left."""
        turned = pixels.T if self.orientation >= 5 else pixels
        across, down = MIRRORED[self.orientation]
        return np.ascontiguousarray(turned[:: -1 if down else 1, :: -1 if across else 1])

    def upright_box(self, box: Box) -> Box:
        """Return a box of the stored film in pixels of the film as it is shown."""
        x, y = (box.x0, box.x1), (box.y0, box.y1)
        width, height = self.columns, self.rows
        if self.orientation >= 5:
            x, y, width, height = y, x, height, width
        across, down = MIRRORED[self.orientation]
        x = (width - x[1], width - x[0]) if across else x
        y = (height - y[1], height - y[0]) if down else y
        return Box(x[0], y[0], x[1], y[1])


def read_header(path: Path) -> FilmHeader:
    """Return what the file's header says; no pixel is decoded.

    Raises UnreadableError, or another of the family, for a file without a usable header.
    """
    with damage_as_error():
        header = dicom_header(path)
        if header is not None:
            rows, columns = (header.short(name) or 0 for name in ("Rows", "Columns"))
            orientation = EXIF_OF_FLIPS[orientation_of(header).flipped]
            return FilmHeader(rows, columns, orientation, VIEWS.get(view_of_header(header), ""))
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            turned = _exif(path, picture).get(ExifTags.Base.Orientation, UPRIGHT)
            known = turned if turned in range(UPRIGHT, 9) else UPRIGHT
            return FilmHeader(picture.height, picture.width, known)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, struct.error) as error:
        raise UnreadableError("The file is neither a DICOM film nor PNG nor JPEG.") from error


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


def view_of(path: Path) -> str:
    """Return the view of a DICOM film, PA, AP or L; '' where nothing says it."""
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return ""
    try:
        with damage_as_error():
            header = dicom_header(path)
    except (RadiogradeError, OSError):
        return ""
    return "" if header is None else VIEWS.get(view_of_header(header), "")


def dicom_header(path: Path) -> Header | None:
    """Return the header of a DICOM file, None of any other; a damaged one raises anything."""
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
        with damage_as_error():
            parsed = parse(data, Limits())
    except RadiogradeError:
        if whole:
            raise
        return None
    return parsed.header if parsed.pixels is not None or whole else None
