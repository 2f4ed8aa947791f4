"""What the ONNX file says of itself; none of it is typed in, all comes from the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from radiograde import __version__
from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.metadata import FORMAT
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics
from radiograde.training.evaluation.thresholds import INVOLVED, SEVERITY


def model_metadata(
    metrics: EvaluationMetrics, name: str, licence: str, size: int, borders: Sequence[float]
) -> dict[str, Any]:
    """Return what the ONNX file says of itself (docs/reference/onnx-file.md).

    ``size``: side of the square film, pixels. ``borders``: where the upper zone ends and the
    lower begins, as shares of a lung's height.
    """
    spec = Preprocessing(size=size)
    return {
        "format": FORMAT,
        "name": name,
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "licence": licence,
        "notice": "Research use only. Grades visible involvement; not a diagnosis.",
        "training": {
            "manifest_sha256": metrics.manifest,
            "films": metrics.films,
            "sources": list(metrics.sources),
        },
        "preprocessing": {"size": spec.size, "low": spec.low, "high": spec.high},
        "zones": list(ZONES),
        "zone_borders": [round(border, 4) for border in borders],
        "scales": {
            scale.name: {"range": [scale.low, scale.high], "meaning": scale.meaning}
            for scale in (ZONE, BRIXIA, EXTENT, OPACITY)
        },
        "scope": list(CLASSES),
        "intervals": metrics.to_json()["intervals"],
        "thresholds": {
            "severity": list(SEVERITY),
            "involved": INVOLVED,
            "least_lung": metrics.least_lung,
            "frontal": metrics.input_check.threshold,
            "repeatability": metrics.repeatability,
        },
        "metrics": metrics.released(),
    }
