"""How the lungs that were found agree with drawn masks: each lung apart, so that a swap shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.data.film import Film
from radiograde.data.film_header import read_header
from radiograde.data.masks import read_lungs
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate, estimate

HEART_IN = "heart in"
HEART_OUT = "heart out"
HEART_NOT_COUNTED = "heart out, the heart's place not counted"
HEART_OUT_FILLED = "heart out, filled up by the film"
CONVENTIONS = (HEART_IN, HEART_OUT, HEART_NOT_COUNTED, HEART_OUT_FILLED)
FEWEST = 5

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LungOverlap:
    """Dice of one film's lungs with its mask, 0-1, NaN for a lung without a mask.

    ``convention``: whether the lung behind the heart was drawn. ``exchanged``: mean Dice of each
    lung with the other one's mask.
    """

    convention: str
    right: float
    left: float
    both: float
    exchanged: float


@dataclass(frozen=True, slots=True)
class LungFigures:
    """Dice of a source's lungs under one convention of its masks.

    ``both_p5``: what 95 % of the films reach. ``swapped``: share of films whose lungs fit better
    when right and left are exchanged.
    """

    convention: str
    films: int
    patients: int
    right: Estimate
    left: Estimate
    both: Estimate
    both_p5: Estimate
    swapped: Estimate


def overlaps_of(film: Film, found: Mask) -> list[LungOverlap]:
    """Return the overlap of lungs (2, h, w) with the film's mask under each convention.

    Where the mask leaves the heart out, once as drawn and once with the heart's place in neither.
    Nothing where the film has no mask.

    Raises:
        MaskError: the mask cannot be used.
    """
    if not film.has_lung_masks:
        return []
    header = read_header(film.image)
    drawn = read_lungs(replace(film, heart_in_mask=True), header)
    heart = (read_lungs(film, header).lungs & ~drawn.lungs).any(0)
    shape = (drawn.lungs.shape[2], drawn.lungs.shape[1])
    lungs = np.stack([_resized(lung, shape) for lung in found])
    if not heart.any():
        return [_overlap(HEART_IN, lungs, drawn.lungs, drawn.known)]
    return [
        _overlap(HEART_OUT, lungs, drawn.lungs, drawn.known),
        _overlap(HEART_NOT_COUNTED, lungs, drawn.lungs, drawn.known & ~heart),
    ]


def lung_figures(
    patients: Sequence[str], overlaps: Iterable[Sequence[LungOverlap]]
) -> list[LungFigures]:
    """Return the figures of every convention that the films' masks follow."""
    pairs = [
        (patient, overlap)
        for patient, film in zip(patients, overlaps, strict=True)
        for overlap in film
    ]
    found = []
    for convention in CONVENTIONS:
        chosen = [pair for pair in pairs if pair[1].convention == convention]
        if len(chosen) >= FEWEST:
            found.append(
                _figures(convention, [pair[0] for pair in chosen], [pair[1] for pair in chosen])
            )
    return found


def _figures(convention: str, patients: list[str], overlaps: Sequence[LungOverlap]) -> LungFigures:
    columns = {
        name: np.array([getattr(overlap, name) for overlap in overlaps], float)
        for name in ("right", "left", "both", "exchanged")
    }
    right, left, both = (columns[name] for name in ("right", "left", "both"))
    fits_exchanged = (columns["exchanged"] > (right + left) / 2).astype(float)
    return LungFigures(
        convention,
        len(overlaps),
        len(set(patients)),
        right=estimate(statistics.mean, patients, right),
        left=estimate(statistics.mean, patients, left),
        both=estimate(statistics.mean, patients, both),
        both_p5=estimate(statistics.percentile_5, patients, both),
        swapped=estimate(statistics.mean, patients, fits_exchanged),
    )


def _overlap(convention: str, found: Mask, drawn: Mask, counted: Mask) -> LungOverlap:
    ours, theirs = found & counted, drawn & counted
    return LungOverlap(
        convention,
        right=dice(ours[0], theirs[0]),
        left=dice(ours[1], theirs[1]),
        both=dice(ours[0] | ours[1], theirs[0] | theirs[1]),
        exchanged=(dice(ours[0], theirs[1]) + dice(ours[1], theirs[0])) / 2,
    )


def dice(found: Mask, drawn: Mask) -> float:
    """Return the Dice overlap of two masks (H, W), NaN where the drawn one is empty."""
    if not drawn.any():
        return float("nan")
    return 2 * float((found & drawn).sum()) / float(found.sum() + drawn.sum())


def _resized(mask: Mask, size: tuple[int, int]) -> Mask:
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    resized: Mask = np.asarray(picture.resize(size, Image.Resampling.BILINEAR)) >= 128
    return resized
