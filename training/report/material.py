"""All that a report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.graded_scale import GradedScale, graded_scales
from training.predict import Predictions
from training.references import References
from training.scope_evaluation import Trial
from training.study import Study

SCALE_NAMES = {
    "zones": "zones",
    "brixia": "global Brixia",
    "geographic_extent": "extent",
    "opacity": "opacity",
}
"""What the evaluation's scales are called on the page."""


@dataclass(frozen=True, slots=True)
class Material:
    """An evaluation and what it was counted from; films of all parts are in one order."""

    evaluation: Mapping[str, Any]
    study: Study
    found: Predictions
    references: References
    trial: Trial

    @property
    def level(self) -> float:
        """Share of films that an interval promises to hold, 0-1."""
        return float(self.evaluation["intervals"]["level"])

    @property
    def scales(self) -> dict[str, GradedScale]:
        """Each scale's gradings beside their references, by its name in the evaluation."""
        return graded_scales(self.found, self.references, self.study.folds.numpy())
