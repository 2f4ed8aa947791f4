"""A run's evaluation together with what it was counted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from radiograde.training.dataset.film_dataset import Study
from radiograde.training.evaluation.graded_scale import GradedScale, graded_scales
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import References
from radiograde.training.input_check.held_out import Trial


@dataclass(frozen=True, slots=True)
class Measured:
    """``evaluation``: the figures as plain JSON types; films of all parts are in one order."""

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
