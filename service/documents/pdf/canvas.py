"""One A4 page of a PDF: text, bars, boxes and pictures; y runs down from the top."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Literal

from PIL import Image
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from radiograde.model.scoring.result import ScaleScore
from radiograde.service.documents.drawing import Colour, warmth
from radiograde.service.documents.pdf.text_layout import runs, width

WIDTH, HEIGHT = A4
LEFT = 40.0
RIGHT = WIDTH - LEFT
INNER = RIGHT - LEFT

SMALL, BODY, LEADING = 8.0, 9.5, 10.0

INK: Colour = (24, 27, 32)
DIM: Colour = (98, 106, 118)
FAINT: Colour = (222, 226, 231)
PALE: Colour = (244, 246, 248)
AMBER: Colour = (168, 100, 0)

_JPEG_QUALITY = 92
_SHIFTS = {"left": 0.0, "middle": 0.5, "right": 1.0}

Point = tuple[float, float]
Align = Literal["left", "middle", "right"]


class Page:
    """The page while it is drawn; lengths in points (1/72 inch), positions from its upper left."""

    def __init__(self, title: str, made: datetime) -> None:
        # As ASCII the picture would be a quarter larger, and take most of the time.
        rl_config.useA85 = 0
        self._buffer = io.BytesIO()
        self._canvas = Canvas(self._buffer, pagesize=A4, pageCompression=1, invariant=1, lang="en")
        self._canvas.setTitle(title)
        self._canvas.setAuthor("Radiograde")
        self._canvas.setCreator("Radiograde")
        self._canvas.setSubject("Research use only")
        date = f"D:{made.astimezone(UTC):%Y%m%d%H%M%S}+00'00'"
        self._canvas.setDateFormatter(lambda *_: date)

    def text(
        self,
        at: Point,
        text: str,
        size: float,
        colour: Colour = INK,
        *,
        bold: bool = False,
        align: Align = "left",
    ) -> float:
        """Write a line with its baseline at y, and return the x where it ends."""
        pieces = runs(text, bold=bold)
        wide = width(pieces, size)
        start = at[0] - _SHIFTS[align] * wide
        line = self._canvas.beginText(start, HEIGHT - at[1])
        line.setFillColorRGB(*_parts(colour))
        for piece, face in pieces:
            line.setFont(face, size)
            line.textOut(piece)
        self._canvas.drawText(line)
        return start + wide

    def box(self, at: Point, size: Point, fill: Colour, *, radius: float = 3) -> None:
        """Draw a filled box of ``size`` (width, height) from its upper left corner."""
        (x, y), (wide, high) = at, size
        self._canvas.setFillColorRGB(*_parts(fill))
        radius = min(radius, wide / 2, high / 2)
        self._canvas.roundRect(x, HEIGHT - y - high, wide, high, radius, stroke=0, fill=1)

    def line(self, at: Point, wide: float) -> None:
        """Draw a thin horizontal line."""
        self.box(at, (wide, 0.6), FAINT, radius=0)

    def bar(self, at: Point, wide: float, score: ScaleScore) -> None:
        """Draw a scale from end to end, on it the interval, and a tick at the value."""
        x, y = at
        lowest, highest = score.range

        def x_of(value: float) -> float:
            return x + wide * (value - lowest) / (highest - lowest)

        start, end = (x_of(bound) for bound in score.interval)
        self.box(at, (wide, 5), FAINT)
        self.box((start, y), (max(end - start, 2), 5), warmth(score.value / highest))
        self.box((x_of(score.value) - 1, y - 2), (2, 9), INK, radius=1)

    def picture(self, picture: Image.Image, at: Point, size: Point) -> None:
        """Draw a picture as large as it fits into a box, in its middle."""
        (x, y), (wide, high) = at, size
        scale = min(wide / picture.width, high / picture.height)
        drawn_wide, drawn_high = picture.width * scale, picture.height * scale
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
        self._canvas.drawImage(
            ImageReader(encoded),
            x + (wide - drawn_wide) / 2,
            HEIGHT - y - (high + drawn_high) / 2,
            drawn_wide,
            drawn_high,
        )

    def finish(self) -> bytes:
        """Return the PDF of this one page."""
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()


def _parts(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (part / 255 for part in colour)
    return red, green, blue
