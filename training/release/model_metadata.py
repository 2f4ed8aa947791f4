"""What the ONNX file says of itself; none of it is typed, all comes from the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from radiograde.model.scoring.metadata import FORMAT
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES
from radiograde.model.scoring.scope import CLASSES
from radiograde.training.config import TrainConfig

SEVERITY = (1.0, 6.5, 12.5)
"""Global Brixia scores of 1-6 count as mild, 7-12 as moderate, 13-18 as severe; a continuous
score is worded as the whole score it is nearest to."""

INVOLVED = 0.25
"""Opacity from which a point of the lung counts as involved: the middle of the soft step that
the network's share of involvement uses."""


def metadata(
    config: TrainConfig,
    evaluation: Mapping[str, Any],
    name: str,
    licence: str,
    borders: Sequence[float],
) -> dict[str, Any]:
    """Return what the ONNX file says of itself (docs/reference/onnx-file.md)."""
    spec = Preprocessing(size=config.network.input_size)
    return {
        "format": FORMAT,
        "name": name,
        "version": version("radiograde"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "licence": licence,
        "notice": "Research use only. Grades visible involvement; not a diagnosis.",
        "training": {"manifest_sha256": evaluation["manifest"], "films": evaluation["films"]},
        "preprocessing": {"size": spec.size, "low": spec.low, "high": spec.high},
        "zones": list(ZONES),
        "zone_borders": [round(border, 4) for border in borders],
        "scales": {
            scale.name: {"range": [scale.low, scale.high], "meaning": scale.meaning}
            for scale in (ZONE, BRIXIA, EXTENT, OPACITY)
        },
        "scope": list(CLASSES),
        "intervals": evaluation["intervals"],
        "thresholds": {
            "severity": list(SEVERITY),
            "involved": INVOLVED,
            "least_lung": evaluation["least_lung"],
            "frontal": evaluation["gate"]["threshold"],
            "repeatability": evaluation["change"].get("repeatability"),
        },
        "metrics": {
            key: evaluation[key]
            for key in (
                *("agreement", "zone_kappa", "zone_mae", "lung_dice", "clear", "coverage"),
                *("subgroups", "change", "gate", "robustness"),
            )
        },
    }


def least_lung(shares: Sequence[float]) -> float:
    """Return the share of lung under which a picture is no chest film.

    Half of what nearly every frontal film has.
    """
    return round(float(np.percentile(np.asarray(shares), 1)) / 2, 3)
