"""What a grading returns: typed, frozen, and its JSON (schema ``radiograde.result/1``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reasons import Reason, shows_no_chest
from radiograde.model.scoring.film_trace import FilmTrace

SCHEMA = "radiograde.result/1"
NOTICE = "Research use only. Grades visible involvement; not a diagnosis."

Status = Literal["scored", "rejected", "failed"]


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether the film is in scope, and everything that was noticed about it."""

    reasons: tuple[Reason, ...] = ()

    @property
    def in_scope(self) -> bool:
        """True unless a reason rejects the film."""
        return all(reason.level != "reject" for reason in self.reasons)

    @property
    def no_chest(self) -> bool:
        """True where the picture was rejected because it is not of a chest."""
        return shows_no_chest(self.reasons)


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """A value on a scale with its prediction interval at ``level`` (0-1)."""

    value: float
    range: tuple[float, float]
    interval: tuple[float, float]
    level: float


@dataclass(frozen=True, slots=True)
class Involvement:
    """Percent of each lung's area that the opacity map marks, 0-100; None: lung not seen."""

    right: float | None
    left: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Every scale of one film; ``zones`` is keyed A-F."""

    brixia: ScaleScore
    zones: Mapping[str, ScaleScore]
    geographic_extent: ScaleScore
    opacity: ScaleScore
    lung_involvement_percent: Involvement


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Where the score comes from, over the film's full width and height.

    ``opacity``: (h, w) float32 in [0, 1]. ``lungs``: (2, h, w) float32 in [0, 1],
    patient's right lung first. h and w follow the film's aspect, not its resolution.
    ``borders``: where the upper zone ends and the lower begins, as shares of a lung's height.
    ``involved``: opacity above which a point of the lung counts as involved.
    """

    opacity: NDArray[np.float32]
    lungs: NDArray[np.float32]
    borders: tuple[float, float] = (1 / 3, 2 / 3)
    involved: float = 0.25


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of the film, without the patient."""

    source: str
    sha256: str
    rows: int
    columns: int
    view: str
    pixel_spacing_mm: tuple[float, float] | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Which model graded: sha256 is of the ONNX file."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be graded: the error's code and message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SeverityResult:
    """The answer for one file.

    ``scored``: ``scores`` and ``severity`` are set. ``rejected``: ``gate`` says why, no
    scores. ``failed``: ``error`` says why; ``image`` may be absent. ``id`` and ``timing_ms`` are
    set by whoever keeps the result. ``trace``: what the film went through, of a film that was read
    just now.
    """

    status: Status
    model: ModelFacts
    image: ImageFacts | None = None
    gate: GateVerdict | None = None
    scores: Scores | None = None
    severity: str | None = None
    error: Failure | None = None
    id: str | None = None
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    maps: Maps | None = field(default=None, compare=False, repr=False)
    trace: FilmTrace | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON types, in the schema's order; maps stay out."""
        document: dict[str, Any] = {"schema": SCHEMA, "id": self.id, "status": self.status}
        if self.image is not None:
            document["image"] = _image_json(self.image)
        document["model"] = {
            "name": self.model.name,
            "version": self.model.version,
            "sha256": self.model.sha256,
        }
        if self.gate is not None:
            document["gate"] = _gate_json(self.gate)
        if self.scores is not None:
            document["scores"] = _scores_json(self.scores)
            document["severity"] = self.severity
        if self.error is not None:
            document["error"] = {"code": self.error.code, "message": self.error.message}
        document["timing_ms"] = {name: round(ms, 1) for name, ms in self.timing_ms.items()}
        document["notice"] = NOTICE
        return document


def _image_json(image: ImageFacts) -> dict[str, Any]:
    document: dict[str, Any] = {"source": image.source}
    if image.source == "dicom":
        document["sop_instance_uid"] = image.sop_instance_uid
        document["study_instance_uid"] = image.study_instance_uid
    spacing = image.pixel_spacing_mm
    return document | {
        "view": image.view,
        "rows": image.rows,
        "columns": image.columns,
        "pixel_spacing_mm": None if spacing is None else list(spacing),
        "sha256": image.sha256,
    }


def _gate_json(gate: GateVerdict) -> dict[str, Any]:
    reasons = [
        {"code": reason.code, "level": reason.level, "message": reason.message}
        for reason in gate.reasons
    ]
    return {"in_scope": gate.in_scope, "reasons": reasons}


def _scale_json(score: ScaleScore) -> dict[str, Any]:
    return {
        "value": round(score.value, 2),
        "range": list(score.range),
        "interval": [round(bound, 2) for bound in score.interval],
        "level": score.level,
    }


def _scores_json(scores: Scores) -> dict[str, Any]:
    zones = {name: _scale_json(zone) for name, zone in scores.zones.items()}
    involvement = scores.lung_involvement_percent
    return {
        "brixia": _scale_json(scores.brixia) | {"zones": zones},
        "geographic_extent": _scale_json(scores.geographic_extent),
        "opacity": _scale_json(scores.opacity),
        "lung_involvement_percent": {
            "right": None if involvement.right is None else round(involvement.right, 1),
            "left": None if involvement.left is None else round(involvement.left, 1),
            "total": round(involvement.total, 1),
        },
    }
