"""How a film is meant to be shown, for a presentation state: it shows the film as others do.

The modality, VOI and presentation transformations of PS3.3 C.11.1, C.11.8 and C.11.6. A
presentation state without them shows raw values, whatever the film's own header says.
"""

from __future__ import annotations

import numpy as np
from highdicom import (
    VOILUT,
    ModalityLUT,
    ModalityLUTTransformation,
    PresentationLUTTransformation,
)
from highdicom.pr import SoftcopyVOILUTTransformation

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.greyscale import is_inverted
from radiograde.model.reading.voi import read_lut, read_windows


def modality_transformation(header: Header) -> ModalityLUTTransformation | None:
    """Return the film's modality table or rescaling; None where values are taken as stored."""
    table = _table(header, "ModalityLUTSequence")
    if table is not None:
        first, entries = table
        return ModalityLUTTransformation(modality_lut=ModalityLUT("US", first, entries))
    slope, intercept = header.number("RescaleSlope"), header.number("RescaleIntercept")
    if not slope or intercept is None:
        return None
    return ModalityLUTTransformation(
        rescale_slope=slope, rescale_intercept=intercept, rescale_type="US"
    )


def voi_transformations(header: Header) -> list[SoftcopyVOILUTTransformation] | None:
    """Return the film's first window, else its table of greys; None where it has neither."""
    windows = read_windows(header)
    if windows:
        _, window = windows[0]
        function = None if window.curve == "LINEAR" else window.curve
        return [
            SoftcopyVOILUTTransformation(
                window_center=window.centre, window_width=window.width, voi_lut_function=function
            )
        ]
    table = _table(header, "VOILUTSequence")
    if table is None:
        return None
    first, entries = table
    return [SoftcopyVOILUTTransformation(voi_luts=[VOILUT(first, entries)])]


def presentation_transformation(header: Header) -> PresentationLUTTransformation:
    """Return the shape INVERSE where the lowest value is white, else IDENTITY."""
    shape = "INVERSE" if is_inverted(header) else "IDENTITY"
    return PresentationLUTTransformation(presentation_lut_shape=shape)


def _table(header: Header, keyword: str) -> tuple[int, np.ndarray] | None:
    """Return the first value and the entries of a sequence's first usable table."""
    for item in header.readable_items(keyword):
        lut = read_lut(item, signed=header.short("PixelRepresentation") == 1)
        if lut is not None and lut.first >= 0:
            return lut.first, lut.entries.astype(np.uint16)
    return None
