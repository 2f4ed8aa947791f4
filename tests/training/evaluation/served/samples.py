"""Gradings and graders made up for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import NO_LUNGS
from radiograde.model.scoring.result import (
    GateVerdict,
    ImageFacts,
    Involvement,
    Maps,
    ScaleScore,
    Scores,
    SeverityResult,
)
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES, Scale
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.evaluation.served.served_grading import (
    PackedMasks,
    ServedGrading,
    ServedScore,
)

Film = NDArray[np.float32]


def graded(
    brixia: float,
    extent: float | None = None,
    opacity: float | None = None,
    half: float = 1.0,
    painted: float = 0.0,
    regions: NDArray[np.bool_] | None = None,
) -> ServedGrading:
    """Return a grading; extent and opacity follow the global score unless they are given."""
    values = {
        "brixia": brixia,
        "geographic_extent": brixia * 8 / 18 if extent is None else extent,
        "opacity": brixia * 8 / 18 if opacity is None else opacity,
    }
    return ServedGrading(
        "scored",
        scores={name: ServedScore(one, one - half, one + half) for name, one in values.items()},
        painted=(painted, painted, painted),
        regions=PackedMasks.of(np.zeros((3, 4, 4), bool) if regions is None else regions),
    )


def turned_away(*codes: str) -> ServedGrading:
    """Return the grading of a film that the input check rejects."""
    return ServedGrading("rejected", codes)


class DrawnScorer(Scorer):
    """A scorer whose global score is what ``look`` sees of the film; None: no lungs, no score.

    Its lungs are two boxes: the film's middle, left and right.
    """

    def __init__(self, look: Callable[[Film], float | None]) -> None:
        bundled = Scorer(threads=1)
        self.facts, self.metadata, self.look = bundled.facts, bundled.metadata, look
        self.scored = 0

    def score(self, radiograph: Radiograph) -> SeverityResult:
        self.scored += 1
        rows, columns = radiograph.pixels.shape
        image = ImageFacts("png", "0" * 64, rows, columns, "UNKNOWN")
        value = self.look(radiograph.pixels)
        if value is None:
            return SeverityResult("rejected", self.facts, image, GateVerdict((NO_LUNGS,)))
        maps = Maps(np.zeros(radiograph.pixels.shape, np.float32), box_lungs(radiograph.pixels))
        scores = Scores(
            _on(BRIXIA, value),
            {zone: _on(ZONE, value / 6) for zone in ZONES},
            _on(EXTENT, value * 8 / 18),
            _on(OPACITY, value * 8 / 18),
            Involvement(0.0, 0.0, 0.0),
        )
        return SeverityResult(
            "scored", self.facts, image, GateVerdict(()), scores, "mild", maps=maps
        )


def box_lungs(film: Film) -> NDArray[np.float32]:
    """Return two lungs (2, H, W): boxes left and right of the film's middle."""
    rows, columns = film.shape
    lungs = np.zeros((2, rows, columns), np.float32)
    top, bottom = rows // 4, rows * 3 // 4
    lungs[0, top:bottom, columns // 6 : columns * 2 // 5] = 1
    lungs[1, top:bottom, columns * 3 // 5 : columns * 5 // 6] = 1
    return lungs


def write_film(path: Path, pixels: Film) -> Path:
    """Write a film (H, W) in [0, 1] as PNG and return its path."""
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(path)
    return path


def _on(scale: Scale, value: float) -> ScaleScore:
    return ScaleScore(value, (scale.low, scale.high), (value, value), 0.9)
