"""Colours and strokes of the pictures, in numpy and Pillow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]

PAPER: Colour = (13, 15, 19)
INK: Colour = (240, 242, 245)
DIM: Colour = (158, 166, 178)

_STOPS = np.array([0.0, 0.35, 0.7, 1.0])
_WARM = np.array([[170, 178, 188], [255, 214, 92], [255, 138, 36], [255, 64, 44]], np.float64)
_FAINT = 0.12
_COVER = 0.68


class Pen:
    """Writes on one picture in Pillow's own typeface, which every installation has."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def text(
        self, at: tuple[float, float], text: str, size: int, colour: Colour, *, anchor: str = "la"
    ) -> float:
        """Write a line and return the x where it ends; anchors are Pillow's."""
        font = ImageFont.load_default(size)
        self._draw.text(at, text, fill=colour, font=font, anchor=anchor)
        return at[0] + float(self._draw.textlength(text, font=font))

    def line(self, start: tuple[int, int], end: tuple[int, int], colour: Colour) -> None:
        """Draw a thin line."""
        self._draw.line((start, end), fill=colour, width=1)


def warmth(share: float) -> Colour:
    """Return the colour of a value at ``share`` (0-1) of its scale: grey, yellow, orange, red."""
    red, green, blue = (round(float(np.interp(share, _STOPS, channel))) for channel in _WARM.T)
    return red, green, blue


def heat(grey: NDArray[np.float32], opacity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the film (H, W) in colour (H, W, 3), in [0, 1], warm where ``opacity`` (H, W) is.

    Colour and cover grow together; traces stay uncoloured, so that the film can be read.
    """
    warm = [np.interp(opacity, _STOPS, channel) for channel in _WARM.T]
    colour: NDArray[np.float64] = np.stack(warm, axis=-1) / 255
    cover = _COVER * np.clip((opacity - _FAINT) / (1 - _FAINT), 0.0, 1.0) ** 0.7
    mixed: NDArray[np.float64] = (
        grey[..., None] * (1 - cover[..., None]) + colour * cover[..., None]
    )
    return mixed.astype(np.float32)


def tint(
    picture: NDArray[np.float32], strength: NDArray[np.float32], colour: Colour
) -> NDArray[np.float32]:
    """Return the picture (H, W, 3) with a colour laid over it, ``strength`` (H, W) in [0, 1]."""
    cover = strength[..., None]
    mixed = picture * (1 - cover) + np.array(colour) / 255 * cover
    return mixed.astype(np.float32)


def contour(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a soft line (H, W) in [0, 1] along the border of a region (H, W)."""
    region = Image.fromarray((inside * 255).astype(np.uint8))
    outer = np.asarray(region.filter(ImageFilter.MaxFilter(3)), np.int16)
    inner = np.asarray(region.filter(ImageFilter.MinFilter(3)), np.int16)
    edge = Image.fromarray((outer - inner).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
    return np.clip(np.asarray(edge) / 255 * 1.2, 0.0, 1.0).astype(np.float32)
