"""Measures a model file on labelled films, as the service would grade them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.model.errors import RadiogradeError
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.evaluation.begun_with import Beginning
from radiograde.training.evaluation.figures.film_sample import A_SOURCE, sample_films
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.lung_overlap import LungOverlap, overlaps_of
from radiograde.training.evaluation.film_figures import film_figures
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.evaluation.processing_shifts import processing_shifts
from radiograde.training.evaluation.served.film_grader import FilmGrader
from radiograde.training.evaluation.served.film_summaries import film_summaries
from radiograde.training.evaluation.served.grading_store import GradingStore
from radiograde.training.evaluation.served.served_grading import ServedGrading
from radiograde.training.evaluation.source_probe import A_SOURCE as PROBED
from radiograde.training.evaluation.source_probe import SourceProbe, source_probe
from radiograde.training.evaluation.swap_test import swap_figures


def evaluate_model(
    scorer: Scorer,
    manifest: Manifest,
    folder: Path,
    threads: int = 1,
    a_source: int = A_SOURCE,
    model: Path | None = None,
) -> tuple[ModelEvaluation, GradedFilms]:
    """Return the evaluation of a model file on a manifest's films, and what it is counted from.

    ``folder``: where gradings are kept. ``threads``: films graded at a time; the scorer should use
    one a film. ``a_source``: films of each source that are graded again with other processing and
    in other surroundings. ``model``: the scorer's file; given, sources are probed for in it.
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
        probe=_probe(model, scorer, films, gradings) if sample and model is not None else None,
    )
    training = scorer.metadata.raw.get("training", {})
    evaluation = ModelEvaluation(
        scorer.facts,
        scorer.metadata.intervals.level,
        manifest.digest,
        training.get("manifest_sha256", ""),
        training.get("sources", []),
        found,
        began_with=Beginning.parse(training),
    )
    return evaluation.rounded(), graded


def _probe(
    model: Path, scorer: Scorer, films: Sequence[Film], gradings: Sequence[ServedGrading]
) -> SourceProbe | None:
    sample = sample_films(films, gradings, PROBED)
    spec = scorer.metadata.preprocessing
    return source_probe(sample, film_summaries(model, [one.film for one in sample], spec))


def _overlaps(film: Film, grading: ServedGrading) -> Sequence[LungOverlap]:
    """Return the film's overlaps with its mask; a mask that cannot be used counts as none."""
    if grading.regions is None:
        return []
    try:
        return overlaps_of(film, grading.regions.unpacked()[:2])
    except RadiogradeError:
        return []
