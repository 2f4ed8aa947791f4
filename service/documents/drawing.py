"""Colours and strokes of the pictures, in numpy and Pillow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from radiograde.model.scoring.result import ScaleScore

Colour = tuple[int, int, int]

PAPER: Colour = (13, 15, 19)
INK: Colour = (240, 242, 245)
DIM: Colour = (158, 166, 178)
FAINT: Colour = (46, 51, 60)
WARNING: Colour = (255, 200, 90)

_STOPS = (0.0, 0.35, 0.7, 1.0)
_WARM = ((170, 178, 188), (255, 214, 92), (255, 138, 36), (255, 64, 44))
COVER = 0.2
"""How much complete opacity covers the film: as on the page when a film is opened."""

_CONTOUR = (255, 138, 36)

LUNG = 0.5
"""From where on a point of a lung map is lung, as in ``scorer.involvement``."""


class DrawingContext:
    """Writes on one picture in Pillow's own typeface, which every installation has."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw
        self._fonts: dict[int, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}

    def text(
        self, at: tuple[float, float], text: str, size: int, colour: Colour, *, anchor: str = "la"
    ) -> float:
        """Write a line and return the x where it ends; anchors are Pillow's."""
        self._draw.text(at, text, fill=colour, font=self._font(size), anchor=anchor)
        return at[0] + self.width(text, size)

    def width(self, text: str, size: int) -> float:
        """Return how wide a line is, in pixels."""
        return float(self._draw.textlength(text, font=self._font(size)))

    def fitted(self, text: str, size: int, width: float) -> str:
        """Return the text, its end cut off where it is wider than ``width``."""
        if self.width(text, size) <= width:
            return text
        while text and self.width(f"{text}...", size) > width:
            text = text[:-1]
        return f"{text}..."

    def wrapped(self, text: str, size: int, width: float) -> list[str]:
        """Return the text in lines that are no wider than ``width``, if each word fits."""
        lines: list[str] = []
        for word in text.split():
            if lines and self.width(f"{lines[-1]} {word}", size) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def bar(
        self, at: tuple[float, float], width: int, score: ScaleScore, *, height: int = 6
    ) -> None:
        """Draw a scale from end to end, on it the interval, and a tick at the value."""
        x, y = at
        low, high = score.range

        def x_of(value: float) -> float:
            return x + width * (value - low) / (high - low)

        colour = warmth(score.value / high)
        self._draw.rounded_rectangle((x, y, x + width, y + height), height / 2, fill=FAINT)
        start, end = (x_of(bound) for bound in score.interval)
        self._draw.rounded_rectangle(
            (start, y, max(end, start + height), y + height), height / 2, fill=_dimmed(colour)
        )
        tick = x_of(score.value)
        self._draw.rounded_rectangle((tick - 2, y - 4, tick + 2, y + height + 4), 2, fill=colour)

    def line(self, start: tuple[int, int], end: tuple[int, int], colour: Colour) -> None:
        """Draw a thin line."""
        self._draw.line((start, end), fill=colour, width=1)

    def _font(self, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        # Each loading reads the whole typeface anew.
        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size)
        return self._fonts[size]


def sheet(width: int, height: int) -> tuple[Image.Image, DrawingContext]:
    """Return an empty RGB picture and what writes on it."""
    picture = Image.new("RGB", (width, height), PAPER)
    return picture, DrawingContext(ImageDraw.Draw(picture))


def stacked(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return pictures of one width, one below the other."""
    whole = Image.new("RGB", (pictures[0].width, sum(picture.height for picture in pictures)))
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    return whole


def warmth(share: float) -> Colour:
    """Return the colour of a value at ``share`` (0-1) of its scale: grey, yellow, orange, red."""
    red, green, blue = (
        round(float(np.interp(share, _STOPS, channel))) for channel in zip(*_WARM, strict=True)
    )
    return red, green, blue


def _dimmed(colour: Colour) -> Colour:
    red, green, blue = (
        round(0.45 * part + 0.55 * paper) for part, paper in zip(colour, PAPER, strict=True)
    )
    return red, green, blue


def draw_opacity(
    picture: Image.Image, opacity: NDArray[np.float32], inside: NDArray[np.bool_]
) -> None:
    """Fill an RGB picture lightly where it is ``inside`` what is involved, and draw its contour.

    ``opacity``: (H, W) in [0, 1]; warmer and denser where there is more. The film stays readable.
    """
    colours = np.array([warmth(share / 255) for share in range(256)], np.uint8)
    levels = grey_levels(np.where(inside, opacity, np.float32(0)))
    cover = Image.fromarray((COVER * levels + 0.5).astype(np.uint8))
    picture.paste(Image.fromarray(colours[levels]), mask=cover)
    picture.paste(_CONTOUR, mask=contour(inside))


def grey_levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return values in [0, 1] as 0-255; those beyond are clipped."""
    return (np.clip(values, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def contour(inside: NDArray[np.bool_]) -> Image.Image:
    """Return a soft line (mode L) along the border of a region (H, W)."""
    region = Image.fromarray(inside.astype(np.uint8) * 255)
    wide = region.filter(ImageFilter.BoxBlur(1))
    edge = np.array([min(255, 5 * min(level, 255 - level)) for level in range(256)], np.uint8)
    return Image.fromarray(edge[np.asarray(wide)])


def resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return an (h, w) array drawn at ``size`` (width, height)."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32)
