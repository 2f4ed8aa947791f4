"""Each scale that has intervals: gradings beside their references, and how they are held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.intervals import Width
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES, Scale
from radiograde.training.evaluation import intervals as conformal
from radiograde.training.evaluation.metrics import Array
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import References


@dataclass(frozen=True, slots=True)
class GradedScale:
    """One scale of M gradings beside their references; zones of all films stand in one row.

    ``values``, ``spread``, ``truth``: (M,), truth NaN where there is none. ``folds``: (M,).
    """

    scale: Scale
    values: Array
    spread: Array
    truth: Array
    folds: NDArray[np.int64]

    def rule(self) -> Width:
        """Return the rule for this scale's intervals."""
        return conformal.fit(self.values, self.spread, self.truth, self.scale)

    def covered(self) -> NDArray[np.bool_]:
        """Return which gradings an interval holds whose rule was set on the other folds, (M,)."""
        return conformal.covered(self.values, self.spread, self.truth, self.folds, self.scale)

    def widths(self) -> Array:
        """Return how wide the intervals are after they are cut at the ends of the scale, (M,)."""
        half = self.rule().half(self.values, self.spread, self.scale)
        low = np.maximum(self.values - half, self.scale.low)
        width: Array = np.minimum(self.values + half, self.scale.high) - low
        return width

    def figures(self, covered: NDArray[np.bool_]) -> dict[str, float | None]:
        """Return the share covered and the median width, None where nothing was graded."""
        known = ~np.isnan(self.truth)
        if not known.any():
            return {"share": None, "median_width": None}
        return {
            "share": float(covered[known].mean()),
            "median_width": float(np.median(self.widths()[known])),
        }


def graded_scales(
    found: Predictions, references: References, folds: NDArray[np.int64]
) -> dict[str, GradedScale]:
    """Return each scale that has intervals, by its name in the model's metadata."""
    count, spread = len(ZONES), found.spread.astype(float)
    return {
        "zones": GradedScale(
            ZONE,
            found.zones.astype(float).ravel(),
            spread[:, :count].ravel(),
            references.zones.ravel(),
            folds.repeat(count),
        )
    } | {
        scale.name: GradedScale(scale, values.astype(float), spread[:, count + n], truth, folds)
        for n, (scale, values, truth) in enumerate(
            (
                (BRIXIA, found.brixia, references.brixia),
                (EXTENT, found.extent, references.extent),
                (OPACITY, found.opacity, references.opacity),
            )
        )
    }
