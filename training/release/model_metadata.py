"""What the ONNX file says of itself; none of it is typed in, all comes from the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from radiograde import __version__
from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.metadata import FORMAT
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES
from radiograde.training.evaluation.begun_with import KEY, Beginning
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics
from radiograde.training.evaluation.thresholds import INVOLVED, SEVERITY


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What a model says of itself that was not measured.

    ``size``: side of the square film, pixels. ``borders``: where the upper zone ends and the lower
    begins, as shares of a lung's height.
    """

    name: str
    licence: str
    size: int
    borders: Sequence[float]


@dataclass(frozen=True, slots=True)
class LearnedFrom:
    """The films that a model learned from: their manifest's sha256, how many, and whose.

    ``began_with``: whose weights it began with, None for ImageNet's.
    """

    manifest: str
    films: int
    sources: Sequence[str]
    began_with: Beginning | None = None


def model_metadata(metrics: EvaluationMetrics, facts: GraphFacts) -> dict[str, Any]:
    """Return what the ONNX file says of itself (docs/reference/onnx-file.md)."""
    learned = LearnedFrom(
        metrics.manifest, metrics.films, list(metrics.sources), metrics.began_with
    )
    thresholds = {
        "least_lung": metrics.least_lung,
        "frontal": metrics.input_check.threshold,
        "repeatability": metrics.repeatability,
    }
    intervals = metrics.to_json()["intervals"]
    return metadata_of(facts, learned, intervals, thresholds) | {"metrics": metrics.released()}


def metadata_of(
    facts: GraphFacts,
    learned: LearnedFrom,
    intervals: Mapping[str, Any],
    thresholds: Mapping[str, float | None],
) -> dict[str, Any]:
    """Return what an ONNX file says of itself, without figures.

    ``intervals``: the level and each scale's rule. ``thresholds``: the measured ones.
    """
    spec = Preprocessing(size=facts.size)
    return {
        "format": FORMAT,
        "name": facts.name,
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "licence": facts.licence,
        "notice": "Research use only. Grades visible involvement; not a diagnosis.",
        "training": {
            "manifest_sha256": learned.manifest,
            "films": learned.films,
            "sources": list(learned.sources),
            KEY: None if learned.began_with is None else asdict(learned.began_with),
        },
        "preprocessing": {"size": spec.size, "low": spec.low, "high": spec.high},
        "zones": list(ZONES),
        "zone_borders": [round(border, 4) for border in facts.borders],
        "scales": {
            scale.name: {"range": [scale.low, scale.high], "meaning": scale.meaning}
            for scale in (ZONE, BRIXIA, EXTENT, OPACITY)
        },
        "scope": list(CLASSES),
        "intervals": dict(intervals),
        "thresholds": {"severity": list(SEVERITY), "involved": INVOLVED, **thresholds},
        "metrics": {},
    }
