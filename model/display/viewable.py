"""A film as a viewer shows it: pixels before the window, and the windows it is meant for.

The same steps as in ``radiograde.model.reading.radiograph``, stopped before the window is applied,
so that the first display is what was graded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.display.pixel_scale import scale_of
from radiograde.model.errors import damage_as_error
from radiograde.model.reading.chest_template import is_negative
from radiograde.model.reading.dicom_frame import read_frame
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import (
    SpacingOrigin,
    may_show_chest,
    pixel_spacing_mm,
    spacing_origin,
)
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.reading.greyscale import Codes, is_inverted, shades_of, tabulate
from radiograde.model.reading.orientation import orientation_of
from radiograde.model.reading.picture import read_samples, used_range
from radiograde.model.reading.picture import shades_of as shades_of_picture
from radiograde.model.reading.voi import (
    Display,
    Lut,
    Range,
    VoiLut,
    Window,
    choose_display,
    display_range,
    read_windows,
    shows_the_film,
)

RANGE = "range"
"""Name of the window that the pixels' own range gives."""

MOST_WINDOWS = 8

NamedWindow = tuple[str, Window]


@dataclass(frozen=True, slots=True, eq=False)
class Viewable:
    """A film before its window; nothing in it names the patient.

    ``pixels``: (H, W) uint16, head up, the patient's right on the left. A pixel's modality value
    is ``pixel * slope + intercept``. ``inverted``: what a window or ``lut`` maps to 0 is white.
    ``lut``: the film's own table, which then comes before ``windows``; these are never empty.
    ``flipped``: as in :class:`Radiograph`; ``sides_known``: the header says where head and sides
    are. ``spacing_origin``: where the spacing was measured. ``negative``: the content was inverted
    against what the file says.
    """

    pixels: NDArray[np.uint16]
    slope: float
    intercept: float
    inverted: bool
    windows: tuple[NamedWindow, ...]
    lut: Lut | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    spacing_origin: SpacingOrigin | None = None
    flipped: tuple[bool, bool] = (False, False)
    sides_known: bool = False
    negative: bool = False

    def as_stored(self) -> Viewable:
        """Return it as its file has it: what is no chest has no polarity to settle."""
        return replace(self, inverted=self.inverted != self.negative, negative=False)


def viewable(film: FilmFile) -> Viewable:
    """Return the film in a DICOM, PNG or JPEG file before its window.

    Polarity is settled as for grading, by tag and content. Padding is shown black. Of colour the
    grey is shown, of several frames the first.

    Raises:
        RadiogradeError: as :func:`radiograde.model.reading.film_file.read`.
    """
    with damage_as_error():
        if film.format in ("png", "jpeg"):
            return _of_picture(film)
        return _of_dicom(film)


def _of_picture(film: FilmFile) -> Viewable:
    samples, _ = read_samples(film.content, film.limits)
    shown = used_range(samples)
    negative = is_negative(samples, shades_of_picture(samples, shown))
    pixels = np.ascontiguousarray(samples, dtype=np.uint16)
    return Viewable(pixels, 1.0, 0.0, negative, ((RANGE, _as_window(shown)),), negative=negative)


def _of_dicom(film: FilmFile) -> Viewable:
    file = film.dicom()
    frame = read_frame(file, film.limits)
    header = file.header
    codes = tabulate(frame, header)
    display = choose_display(codes.values, codes.counts, header)
    inverted = is_inverted(header)
    scale = scale_of(codes, frame.codes, display, inverted=inverted)
    orientation = orientation_of(header)
    upright: NDArray[Any] = orientation.upright(frame.codes)
    negative = may_show_chest(header) and is_negative(upright, shades_of(codes, display, header))
    return Viewable(
        pixels=scale.pixels_of(upright),
        slope=scale.slope,
        intercept=scale.intercept,
        inverted=inverted != negative,
        windows=_windows(display, codes, header),
        lut=display.lut if isinstance(display, VoiLut) else None,
        pixel_spacing_mm=pixel_spacing_mm(header),
        spacing_origin=spacing_origin(header),
        flipped=orientation.flipped,
        sides_known=orientation.known,
        negative=negative,
    )


def _windows(display: Display, codes: Codes, header: Header) -> tuple[NamedWindow, ...]:
    """Return the film's windows that show anything; without its own table, the one graded first."""
    values = codes.values
    own = tuple(
        (name, window)
        for name, window in read_windows(header)[:MOST_WINDOWS]
        if shows_the_film(window.apply(values), codes.counts)
    )
    if isinstance(display, Range):
        return ((RANGE, _as_window(display)), *own)
    return own or ((RANGE, _as_window(Range(*display_range(values, codes.counts)))),)


def _as_window(shown: Range) -> Window:
    return Window((shown.low + shown.high) / 2, shown.high - shown.low, "LINEAR_EXACT")
