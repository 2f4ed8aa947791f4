"""Measures a model file on labelled films, as the service would grade them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.model.errors import RadiogradeError
from radiograde.model.scoring.result import ModelFacts
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.figures.film_sample import A_SOURCE, sample_films
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.lung_overlap import LungOverlap, overlaps_of
from radiograde.training.evaluation.film_figures import FilmFigures, film_figures
from radiograde.training.evaluation.processing_shifts import processing_shifts
from radiograde.training.evaluation.served.film_grader import FilmGrader
from radiograde.training.evaluation.served.grading_store import GradingStore
from radiograde.training.evaluation.served.served_grading import ServedGrading
from radiograde.training.evaluation.swap_test import swap_figures


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """What a model file reached on films.

    ``manifest``: sha256 of the films' manifest, or of several. ``trained_on``: of the manifest
    that the model learned from; the same one means that it saw every film. ``level``: share of
    films that its intervals promise to hold.
    """

    model: ModelFacts
    level: float
    manifest: str
    trained_on: str
    figures: FilmFigures

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as types that JSON knows."""
        plain: dict[str, Any] = _ADAPTER.dump_python(self, mode="json", by_alias=True)
        return plain

    def save(self, path: Path) -> None:
        """Write the evaluation as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_short(self.to_json()), indent=1, allow_nan=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> ModelEvaluation:
        """Return what ``save`` wrote. Raises ConfigError for a file that is none."""
        try:
            return _ADAPTER.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ConfigError(
                f"{path} is no evaluation that `radiograde evaluate` wrote."
            ) from error


_ADAPTER = TypeAdapter(ModelEvaluation)


def evaluate_model(
    scorer: Scorer,
    manifest: Manifest,
    folder: Path,
    threads: int = 1,
    a_source: int = A_SOURCE,
) -> tuple[ModelEvaluation, GradedFilms]:
    """Return the evaluation of a model file on a manifest's films, and what it is counted from.

    ``folder``: where gradings are kept. ``threads``: films graded at a time; the scorer should use
    one a film. ``a_source``: films of each source that are graded again with other processing and
    in other surroundings.
    """
    grader = FilmGrader(scorer, GradingStore(folder, scorer.facts.sha256), threads)
    films = manifest.films
    gradings = grader.as_served(films)
    graded = GradedFilms.served(films, gradings)
    overlaps = [_overlaps(*pair) for pair in zip(films, gradings, strict=True)]
    found = film_figures(graded, overlaps, scorer.metadata.thresholds.severity)
    sample = sample_films(films, gradings, a_source)
    found = replace(
        found,
        processing=processing_shifts(grader, sample) if sample else [],
        swaps=swap_figures(grader, sample),
    )
    trained_on = scorer.metadata.raw.get("training", {}).get("manifest_sha256", "")
    evaluation = ModelEvaluation(
        scorer.facts, scorer.metadata.intervals.level, manifest.digest, trained_on, found
    )
    return evaluation, graded


def _overlaps(film: Film, grading: ServedGrading) -> Sequence[LungOverlap]:
    """Return the film's overlaps with its mask; a mask that cannot be used counts as none."""
    if grading.regions is None:
        return []
    try:
        return overlaps_of(film, grading.regions.unpacked()[:2])
    except RadiogradeError:
        return []


def _short(value: Any) -> Any:
    """Return JSON with numbers of four digits behind the point: more says nothing."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, list) else value
