"""What a run is measured by: typed records, as ``evaluation.json`` holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.evaluation.begun_with import Beginning
from radiograde.training.evaluation.comparators import ComparatorRow
from radiograde.training.evaluation.figures.graded_films import ScaleGrades, reader_grades
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.intervals import Coverage, GradedScale, graded_scales
from radiograde.training.evaluation.metrics import ChangeOverTime, UnmeasuredChange
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.evaluation.robustness import PerturbationShift, SubgroupMetrics
from radiograde.training.fit.run_record import RunFacts
from radiograde.training.input_check.held_out import HeldOutPictures, InputCheckMetrics
from radiograde.training.run_paths import RunPaths

IntervalRule = tuple[float, float, float]
"""Base, and what spread and the middle of the scale add (``model.scoring.intervals.Width``)."""


@dataclass(frozen=True, slots=True)
class LungDice:
    """The mean overlap of lungs with masks and its interval over patients; None without masks."""

    films: int
    mean: float | None
    mean_95: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class MeasuredFolds:
    """How many folds of a run the figures are of, of how many, and their films."""

    measured: int
    of: int
    films: int

    @property
    def words(self) -> str:
        """What a reader of the figures must know; '' where all folds were measured."""
        if self.measured == self.of:
            return ""
        return (
            f"These are figures of the {self.films} films of {self.measured} of {self.of} folds: "
            "the models of the others are not trained."
        )


@dataclass(frozen=True, slots=True)
class NormalFilms:
    """Global scores of films that should score 0, by source and finding.

    ``unseen``: whether training was given their label in other folds alone.
    """

    source: str
    finding: str
    unseen: bool
    films: int
    mean_brixia: float
    p95_brixia: float


@dataclass(frozen=True, slots=True)
class IntervalRules:
    """The rules for intervals of ``level`` (0-1), which ship with the model."""

    level: float
    zones: IntervalRule
    brixia: IntervalRule
    geographic_extent: IntervalRule
    opacity: IntervalRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedMetrics:
    """The figures that the model file carries; what could not be measured is None or empty.

    ``zone_kappa``: pair of graders to quadratic kappa, ``zone_kappa_95`` to its interval over
    patients. ``zone_mae``: in points, 0-3. ``coverage``: by the scale's name.
    """

    agreement: Sequence[ComparatorRow]
    zone_kappa: Mapping[str, float | None]
    zone_kappa_95: Mapping[str, tuple[float, float] | None] = field(default_factory=dict)
    zone_mae: float | None
    lung_dice: LungDice
    normal_films: Annotated[Sequence[NormalFilms], Field(alias="clear")]
    coverage: Mapping[str, Coverage]
    subgroups: Sequence[SubgroupMetrics]
    change: Annotated[ChangeOverTime | UnmeasuredChange, Field(union_mode="left_to_right")]
    input_check: Annotated[InputCheckMetrics, Field(alias="gate")]
    robustness: Sequence[PerturbationShift]

    @classmethod
    def of_model(cls, metadata: ModelMetadata) -> ReleasedMetrics:
        """Return the figures in a model file."""
        return _RELEASED.validate_python(metadata.metrics)

    def released(self) -> dict[str, Any]:
        """Return these figures as types that JSON knows, and no others of a subclass."""
        plain: dict[str, Any] = _RELEASED.dump_python(self, by_alias=True, exclude_defaults=True)
        return plain

    @property
    def repeatability(self) -> float | None:
        """The change of the global score within which an unchanged patient's films lie."""
        return self.change.repeatability if isinstance(self.change, ChangeOverTime) else None

    @property
    def brixia_coverage(self) -> Coverage:
        """How well the intervals of the global score hold."""
        return self.coverage[BRIXIA.name]


_RELEASED = TypeAdapter(ReleasedMetrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationMetrics(ReleasedMetrics):
    """Every figure of a run.

    ``least_lung``: share of lung under which a picture is no chest film. ``manifest``: its sha256.
    ``by_source``: the same grades, each source alone; None in evaluations of earlier versions.
    ``began_with``: whose weights the networks began with; None for ImageNet's. ``folds``: those
    that the figures are of; None in evaluations of earlier versions, which measured all.
    """

    films: int
    patients: int
    sources: Mapping[str, int]
    graded_films: int
    least_lung: float
    intervals: IntervalRules
    manifest: str
    run: RunFacts
    by_source: FilmFigures | None = None
    began_with: Beginning | None = None
    folds: MeasuredFolds | None = None

    @property
    def warning(self) -> str:
        """What a beginning and untrained folds make of these figures, in words; '' for nothing."""
        found = (
            []
            if self.began_with is None
            else [self.began_with.warning(self.manifest, list(self.sources))]
        )
        if self.folds is not None:
            found.append(self.folds.words)
        return " ".join(filter(None, found))

    def to_json(self) -> dict[str, Any]:
        """Return the figures as types that JSON knows."""
        plain: dict[str, Any] = _ADAPTER.dump_python(self, by_alias=True)
        return plain

    def save(self, path: Path) -> None:
        """Write the figures as JSON."""
        path.write_text(json.dumps(self.to_json(), indent=2, allow_nan=False) + "\n")

    @classmethod
    def load(cls, paths: RunPaths) -> EvaluationMetrics:
        """Return the figures of a run.

        Raises:
            UnfinishedRunError: the run is not measured yet.
        """
        if not paths.evaluation.exists():
            raise UnfinishedRunError(
                f"{paths.run} is not measured yet: run `radiograde evaluate` first."
            )
        return _ADAPTER.validate_json(paths.evaluation.read_bytes())


_ADAPTER = TypeAdapter(EvaluationMetrics)


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """A run's figures together with what they were counted from; films are in one order."""

    metrics: EvaluationMetrics
    dataset: FilmDataset
    predictions: Predictions
    reference_standard: ReferenceStandard
    held_out_pictures: HeldOutPictures

    @property
    def level(self) -> float:
        """Share of films that an interval promises to hold, 0-1."""
        return self.metrics.intervals.level

    @property
    def scales(self) -> dict[str, GradedScale]:
        """Each scale's gradings beside their references, by its name in the metrics."""
        folds = self.dataset.folds.numpy()
        return graded_scales(self.predictions, self.reference_standard, folds)

    def grades(self, name: str) -> ScaleGrades:
        """Return a scale of whole films with the intervals that the other folds set."""
        scale = self.scales[name]
        readers, _ = reader_grades(self.dataset.manifest.films, scale.scale)
        return ScaleGrades(scale.scale, scale.values, *scale.ends(), scale.truth, readers)
