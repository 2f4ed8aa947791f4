"""What one film went through while it was graded, stage by stage, for who asks a year later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.digest import pixel_digest
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.grey_levels import GreyLevels, grey_levels
from radiograde.model.scoring.preprocess import Letterbox

DIGITS = 8
"""After the point: the network's numbers lie between 0 and 18."""


class Grading(NamedTuple):
    """The graph's answer for one film; the maps cover the whole square.

    ``zones``: (6,) in [0, 3]. ``scales``: (2,) extent and opacity in [0, 8].
    ``spread``: (9,) how far the passes disagree on zones, global score, extent and opacity.
    ``opacity``: (h, w) in [0, 1]. ``lungs``: (2, h, w) in [0, 1].
    ``scope``: (K,) probabilities of what the picture is, see ``input_check.CLASSES``.
    """

    zones: NDArray[np.float32]
    scales: NDArray[np.float32]
    spread: NDArray[np.float32]
    opacity: NDArray[np.float32]
    lungs: NDArray[np.float32]
    scope: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FilmTrace:
    """The stages of one grading; those that a film did not come to are None.

    ``decoded``: rows and columns of what was decoded. ``pixels``: its digest. ``shades``: that of
    the grey of each code. ``crop``: where the film lies in the network's square. ``square``:
    digest of the square. ``passes``: how far the network's passes disagree, see ``Grading.spread``.
    ``network``: zones, extent and opacity before rounding. ``scope``: the input check's
    probabilities by class. ``levels``: how bright and grainy the film is; no stage, and not in the
    JSON.
    """

    decoded: tuple[int, int]
    pixels: str
    shades: str | None
    crop: Letterbox | None = None
    square: str | None = None
    network: tuple[float, ...] | None = None
    passes: tuple[float, ...] | None = None
    scope: Mapping[str, float] | None = None
    levels: GreyLevels | None = None

    @classmethod
    def begin(cls, film: Radiograph) -> FilmTrace:
        """Return the trace of a film that was read."""
        pixels, shades = film.grey.digests()
        return cls(film.grey.stored, pixels, shades, levels=grey_levels(film.grey))

    def prepared(self, square: NDArray[np.float32], crop: Letterbox) -> FilmTrace:
        """Return the trace with the network's input."""
        return replace(self, crop=crop, square=pixel_digest(square))

    def graded(self, grading: Grading, classes: Sequence[str]) -> FilmTrace:
        """Return the trace with what the network answered; ``classes``: of ``scope``."""
        return replace(
            self,
            network=_numbers(grading.zones, grading.scales),
            passes=_numbers(grading.spread),
            scope=dict(zip(classes, _numbers(grading.scope), strict=True)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the stages in their order, as plain JSON types."""
        crop = self.crop
        return {
            "decoding": {"shape": list(self.decoded), "pixels": self.pixels},
            "greyscale": {"shades": self.shades},
            "preparation": crop
            and {
                "crop": [crop.top, crop.left, crop.height, crop.width],
                "square": self.square,
            },
            "network": self.network
            and {
                "values": list(self.network),
                "passes": list(self.passes or ()),
                "scope": dict(self.scope or {}),
            },
        }


def _numbers(*arrays: NDArray[np.float32]) -> tuple[float, ...]:
    """Return the numbers with so many digits that two float32 differ, but for the smallest."""
    return tuple(round(value, DIGITS) for array in arrays for value in array.tolist())
