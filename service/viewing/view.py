"""What a viewer needs to know of a film beside its pixels."""

from __future__ import annotations

import base64
from typing import Literal

import numpy as np
from pydantic import Field

from radiograde.model.display.viewable import Viewable
from radiograde.model.reading.film_attributes import SpacingOrigin
from radiograde.model.reading.voi import Lut, Window
from radiograde.model.scoring.result import Maps
from radiograde.service.films.map_file import FULL, levels
from radiograde.service.result_schema import Pair, Schema


class NamedWindow(Schema):
    """A window in modality values, DICOM PS3.3 section C.11.2.1.2."""

    name: str = Field(description="The film's explanation; `range`: the range of its pixels")
    center: float
    width: float
    function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


class GreyTable(Schema):
    """The film's own VOI LUT; values before it take its first grey, those behind it its last."""

    first: int = Field(description="Modality value of the first grey")
    values: str = Field(description="Greys 0-255 by whole modality value, base64")


class Orientation(Schema):
    """Which way round the film is shown; it is upright, the patient's right on the left."""

    known: bool = Field(description="Whether the header says where head and sides are")
    flipped: tuple[bool, bool] = Field(description="Whether rows, and columns, were turned around")


class MapShape(Schema):
    """The maps, which cover the film's whole width and height."""

    rows: int
    columns: int
    borders: Pair = Field(
        description="Where the upper zone ends and the lower begins, shares of a lung's height"
    )
    involved: float = Field(description="Opacity 0-1 above which a point of the lung is involved")


class View(Schema):
    """A film before its window. Modality value = pixel * slope + intercept."""

    rows: int
    columns: int
    slope: float
    intercept: float
    inverted: bool = Field(description="Low values are white")
    windows: list[NamedWindow] = Field(
        description="At least one; without `lut` the first is what was graded"
    )
    lut: GreyTable | None = Field(description="Comes before the windows: it is what was graded")
    spacing_mm: Pair | None = Field(description="Row and column spacing")
    spacing_origin: SpacingOrigin | None = Field(
        description="Where it was measured: within the patient, at the detector, on a scanned film"
    )
    orientation: Orientation
    maps: MapShape | None


def view_of(film: Viewable, maps: Maps | None) -> View:
    """Return the film's size, scale, windows and orientation."""
    rows, columns = film.pixels.shape
    return View(
        rows=rows,
        columns=columns,
        slope=film.slope,
        intercept=film.intercept,
        inverted=film.inverted,
        windows=[_window(name, window) for name, window in film.windows],
        lut=None if film.lut is None else _lut(film.lut),
        spacing_mm=film.pixel_spacing_mm,
        spacing_origin=film.spacing_origin,
        orientation=Orientation(known=film.sides_known, flipped=film.flipped),
        maps=None if maps is None else shape_of(maps),
    )


def pixel_bytes(film: Viewable) -> memoryview:
    """Return the pixels row by row, 16-bit little-endian; not copied where they lie so."""
    return np.ascontiguousarray(film.pixels, "<u2").data.cast("B")


def map_bytes(maps: Maps) -> bytes:
    """Return opacity, the patient's right lung and the left lung, a byte a point, 255 = 1."""
    return levels(np.concatenate((maps.opacity[None], maps.lungs))).tobytes()


def _window(name: str, window: Window) -> NamedWindow:
    return NamedWindow(name=name, center=window.centre, width=window.width, function=window.curve)


def _lut(lut: Lut) -> GreyTable:
    greys = np.rint(FULL * lut.entries / lut.highest).astype(np.uint8)
    return GreyTable(first=lut.first, values=base64.b64encode(greys.tobytes()).decode("ascii"))


def shape_of(maps: Maps) -> MapShape:
    """Return the size of the maps and what their levels mean."""
    rows, columns = maps.opacity.shape
    return MapShape(rows=rows, columns=columns, borders=maps.borders, involved=maps.involved)
