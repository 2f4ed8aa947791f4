"""The maps of a result drawn at a film's own size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Maps
from radiograde.service.documents.drawing import grey_levels

LUNG = 0.5
"""From where on a point of a lung map is lung, as in ``model.scoring.scorer.involvement``."""


def resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return an (h, w) array drawn at ``size`` (width, height)."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32)


def masks_as_stored(film: Radiograph, maps: Maps) -> NDArray[np.bool_]:
    """Return (3, H, W) masks: the patient's right lung, left lung, and what of them is involved.

    They lie pixel for pixel on the film's stored object, mirrored or upside down where it is.
    Involved is what ``lung_involvement_percent`` counts: lung whose opacity exceeds
    ``maps.involved``.
    """
    rows, columns = film.pixels.shape
    masks = np.empty((3, rows, columns), np.bool_)
    _mark(masks[0], maps.lungs[0], LUNG)
    _mark(masks[1], maps.lungs[1], LUNG)
    _mark(masks[2], maps.opacity, maps.involved)
    masks[2] &= masks[0] | masks[1]
    flipped = tuple(axis for axis, flip in enumerate(film.flipped, 1) if flip)
    return np.flip(masks, flipped) if flipped else masks


def _mark(mask: NDArray[np.bool_], values: NDArray[np.float32], threshold: float) -> None:
    """Set in ``mask`` (H, W) where a map, drawn at that size, exceeds the threshold.

    In steps of 1/255: finer than a map knows, and four times as fast as floating point.
    """
    rows, columns = mask.shape
    levels = Image.fromarray(grey_levels(values))
    drawn = levels.resize((columns, rows), Image.Resampling.BILINEAR)
    np.greater(np.asarray(drawn), int(255 * threshold), out=mask)
