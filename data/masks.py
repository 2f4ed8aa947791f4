"""Lung and opacity masks of a film, whatever their convention and encoding.

A mask counts in the pixels of the stored film, at its size or another of the same proportions; it
is turned with the film. Where nothing is stated, its values are taken for what they can only be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from radiograde.data.errors import MaskError
from radiograde.data.film import Film
from radiograde.data.film_header import FilmHeader, read_header
from radiograde.data.lung_shapes import behind_heart, right_and_left

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF")
MEANINGS = ("right", "left", "lungs", "ignore")
SOFT_EDGE = 0.05
"""Up to this share of pixels may lie between both values of a mask that was scaled or is a JPEG."""

FEW_VALUES = 4
MOST_VALUES = 1 << 16
UNREADABLE = "The mask cannot be read. Save it as PNG."
MIDDLE_GREYS = (127, 128)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LungMasks:
    """Both lungs of a film as it is shown: head up, the patient's right on the left.

    ``lungs``: (2, H, W), the patient's right and left one, with the lung behind the heart.
    ``known``: (H, W), False where the mask says that nobody knows.
    """

    lungs: Mask
    known: Mask


def read_lungs(film: Film, header: FilmHeader | None = None) -> LungMasks:
    """Return the film's lung masks, of one file or of two.

    Masks without the lung behind the heart are filled up: as ``film.heart_in_mask`` states, and
    where it states nothing in files of the values 1 and 2, which is how JSRT's are passed on.

    Raises:
        MaskError: a mask cannot be read, does not fit the film, or its values mean nothing certain.
        RadiogradeError: the film's header cannot be read.
    """
    header = header or read_header(film.image)
    if film.lung_mask is None:
        sides = [_one_lung(path, header) for path in (film.right_lung_mask, film.left_lung_mask)]
        lungs, known, stated = np.stack(sides), np.ones(sides[0].shape, bool), True
    else:
        values = header.upright(_fitting(_read_values(film.lung_mask), header))
        meanings = _stated(film.mask_values) or _deduced(values)
        lungs = _lungs(values, meanings)
        known = values != meanings.get("ignore", -1)
        stated = meanings.get("right") != 1
    if not lungs.any():
        raise MaskError("No pixel of the mask is lung.")
    _check_sides(lungs)
    heart_in = stated if film.heart_in_mask is None else film.heart_in_mask
    return LungMasks(lungs if heart_in else behind_heart(lungs), known)


def read_region(path: Path, header: FilmHeader) -> Mask:
    """Return where a mask of two values is set, (H, W), as the film is shown; it may be empty.

    Raises MaskError.
    """
    values = header.upright(_fitting(_read_values(path), header))
    return values > 0 if len(_distinct(values)) <= 2 else values > values.max() / 2


def check_meanings(text: str) -> None:
    """Raise MaskError unless ``mask_values`` can be understood."""
    _stated(text)


def check_fit(path: Path, header: FilmHeader) -> None:
    """Raise MaskError unless a mask's size, by its header alone, fits the film."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise MaskError(UNREADABLE) from error
    _check_shape(height, width, header)


def _read_values(path: Path) -> NDArray[np.int32]:
    """Return (H, W) values: greys, or the places in the palette where that is in colour."""
    try:
        with Image.open(path, formats=FORMATS) as file:
            picture: Image.Image = file
            picture.load()
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError) as error:
        raise MaskError(UNREADABLE) from error
    except Image.DecompressionBombError as error:
        raise MaskError("The mask is too large.") from error
    if picture.mode == "P" and not _is_grey(picture.convert("RGB")):
        return np.asarray(picture, np.int32)
    if picture.mode not in ("1", "L", "P", "I", "I;16", "I;16B", "I;16L"):
        picture = picture.convert("RGB")
        if not _is_grey(picture):
            raise MaskError("The mask is in colour. Save it in grey, or with a palette.")
    grey = picture.convert("L") if picture.mode in ("P", "RGB") else picture
    values = np.asarray(grey, np.int32)
    if not (values.size and values.min() >= 0 and values.max() < MOST_VALUES):
        raise MaskError("The mask holds other values than whole numbers from 0 to 65535.")
    return _settled(values)


def _is_grey(picture: Image.Image) -> bool:
    red, green, blue = (np.asarray(band, np.int16) for band in picture.split())
    return bool(np.abs(red - green).max() <= 8 and np.abs(red - blue).max() <= 8)


def _settled(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the values, those of a soft edge between two decided for one of them."""
    found = _distinct(values)
    top = found[-1]
    if len(found) <= FEW_VALUES or top < 16:
        return values
    edge = (values > top / 8) & (values < top * 7 / 8)
    return np.where(values > top / 2, top, 0) if edge.mean() <= SOFT_EDGE else values


def _distinct(values: NDArray[np.int32]) -> list[int]:
    """Return the values that occur, in order; values are 0 or more."""
    return np.flatnonzero(np.bincount(values.ravel())).tolist()


def _fitting(values: NDArray[np.int32], header: FilmHeader) -> NDArray[np.int32]:
    """Return the values. Raises MaskError unless their shape is the film's but for rounding."""
    rows, columns = values.shape
    _check_shape(rows, columns, header)
    return values


def _check_shape(rows: int, columns: int, header: FilmHeader) -> None:
    scale = max(rows / header.rows, columns / header.columns) if header.rows else 0.0
    apart = max(abs(rows - scale * header.rows), abs(columns - scale * header.columns))
    if not scale or apart > 1:
        raise MaskError(
            f"The mask has {columns} x {rows} pixels, its film {header.columns} x {header.rows}: "
            "a mask is drawn on the stored film."
        )


def _stated(text: str) -> Mapping[str, int]:
    """Return the values by meaning, of ``lungs=255 ignore=127`` or ``right=1 left=2``."""
    pairs = [
        re.fullmatch(r"(\w+)=(\d+)", word, re.ASCII) for word in re.split(r"[\s,;]+", text) if word
    ]
    found = {pair[1]: int(pair[2]) for pair in pairs if pair}
    sides = found.keys() - {"ignore"}
    if text and (None in pairs or found.keys() - set(MEANINGS) or not _is_complete(sides)):
        raise MaskError("mask_values is written as lungs=255 or right=1 left=2, and ignore=127.")
    return found


def _is_complete(sides: set[str]) -> bool:
    return sides in ({"lungs"}, {"right", "left"})


def _deduced(values: NDArray[np.int32]) -> Mapping[str, int]:
    """Return the values by meaning. Raises MaskError where they could mean several things."""
    found = _distinct(values)
    inside = [value for value in found if value]
    if not inside:
        raise MaskError("No pixel of the mask is lung.")
    if 0 in found and inside == [1, 2]:
        return {"right": 1, "left": 2}
    if 0 in found and len(inside) == 1:
        return {"lungs": inside[0]}
    if 0 in found and len(inside) == 2 and inside[0] in MIDDLE_GREYS and inside[1] == 255:
        return {"ignore": inside[0], "lungs": 255}
    shown = ", ".join(map(str, found[:FEW_VALUES])) + ("..." if len(found) > FEW_VALUES else "")
    raise MaskError(
        f"The mask holds the values {shown}. Say in mask_values which are lungs, such as "
        "lungs=255 or right=1 left=2."
    )


def _lungs(values: NDArray[np.int32], meanings: Mapping[str, int]) -> Mask:
    if "lungs" in meanings:
        return right_and_left(values == meanings["lungs"])
    return np.stack([values == meanings["right"], values == meanings["left"]])


def _one_lung(path: Path | None, header: FilmHeader) -> Mask:
    if path is None:
        raise MaskError("The mask of the other lung is missing.")
    return read_region(path, header)


def _check_sides(lungs: Mask) -> None:
    """Raise MaskError where the patient's right lung lies on the right of the shown film."""
    if not lungs.any((1, 2)).all():
        return
    right, left = (np.nonzero(lung)[1].mean() for lung in lungs)
    if right >= left:
        raise MaskError(
            "The right lung lies on the wrong side: the patient's right is the film's left."
        )
