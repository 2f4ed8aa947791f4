"""A film as the product sees it: grey pixels with their polarity settled, and a few facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.result import Reason

Source = Literal["dicom", "png", "jpeg"]
View = Literal["PA", "AP", "LATERAL", "OTHER", "UNKNOWN"]


@dataclass(frozen=True, slots=True, eq=False)
class Radiograph:
    """One image, ready to be graded; nothing in it names the patient.

    ``pixels``: (H, W) float32 in [0, 1], 0 = air (black), 1 = dense (white).
    ``notes``: what reading noticed and corrected, for the gate to repeat.
    """

    pixels: NDArray[np.float32]
    source: Source
    sha256: str
    view: View = "UNKNOWN"
    modality: str | None = None
    body_part: str | None = None
    age_years: float | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    frames: int = 1
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    notes: tuple[Reason, ...] = ()
