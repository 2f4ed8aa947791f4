"""What an ONNX file says of itself: the JSON under ``metadata_props["radiograde"]``.

Nothing that belongs to a model is a constant in code: preprocessing, scales, intervals and
thresholds are read from here. The format is described in docs/reference/onnx-file.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.intervals import Intervals
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.model.scoring.scales import ZONES

KEY = "radiograde"
FORMAT = "radiograde.model/2"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a continuous answer becomes a word.

    ``severity``: global scores at which mild, moderate and severe begin.
    ``involved``: opacity above which a point of the lung counts as involved.
    ``least_lung``: share of the film that must be lung for it to be graded at all.
    ``frontal``: probability of a frontal adult film from which a picture counts as one.
    ``repeatability``: change of the global score that an unchanged patient's films stay below
    in 95 of 100 cases; None where it was not measured.
    """

    severity: tuple[float, float, float]
    involved: float
    least_lung: float
    frontal: float
    repeatability: float | None = None


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """The facts and constants of one model; ``raw`` is the whole JSON.

    ``zone_borders``: where the upper zone ends and the lower begins, shares of a lung's height.
    """

    name: str
    version: str
    created: str
    licence: str
    preprocessing: Preprocessing
    zone_borders: tuple[float, float]
    intervals: Intervals
    thresholds: Thresholds
    metrics: Mapping[str, Any]
    raw: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the metadata in a JSON text.

        Raises:
            ModelFileError: not JSON, another format, a key missing, or another order of zones or
                scope.
        """
        try:
            raw = json.loads(text)
            if raw["format"] != FORMAT:
                raise ModelFileError(
                    f"The model file has format {raw['format']!r}; this version reads {FORMAT!r}."
                )
            if tuple(raw["zones"]) != ZONES:
                raise ModelFileError(f"The model's zones must be {', '.join(ZONES)}.")
            if tuple(raw["scope"]) != CLASSES:
                raise ModelFileError(f"The model's scope must be {', '.join(CLASSES)}.")
            return cls(
                name=raw["name"],
                version=raw["version"],
                created=raw["created"],
                licence=raw["licence"],
                preprocessing=Preprocessing(**raw["preprocessing"]),
                zone_borders=_borders(raw["zone_borders"]),
                intervals=Intervals.parse(raw["intervals"]),
                thresholds=_thresholds(raw["thresholds"]),
                metrics=raw["metrics"],
                raw=raw,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(
                f"The model file's metadata cannot be used ({error!r}). Export it again."
            ) from error


def _borders(raw: Sequence[float]) -> tuple[float, float]:
    upper, lower = raw
    return upper, lower


def _thresholds(raw: Mapping[str, Any]) -> Thresholds:
    mild, moderate, severe = raw["severity"]
    return Thresholds(
        (mild, moderate, severe),
        raw["involved"],
        raw["least_lung"],
        raw["frontal"],
        raw.get("repeatability"),
    )
