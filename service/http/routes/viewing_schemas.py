"""What a viewer is told of a film, described for OpenAPI."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from radiograde.service.http.schemas import Pair, Schema

Flips = Annotated[list[bool], Field(min_length=2, max_length=2)]


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
    flipped: Flips = Field(description="Whether rows, and columns, were turned around")


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
    orientation: Orientation
    maps: MapShape | None
