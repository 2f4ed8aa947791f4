"""Compares two model files on the same films."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from radiograde import __version__
from radiograde.data.manifest import Manifest
from radiograde.model.scoring.scales import BRIXIA, Scale
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.acceptance.acceptance_limits import Limits
from radiograde.training.comparison.comparison_page import comparison_page
from radiograde.training.comparison.comparison_record import FORMAT, ComparisonRecord
from radiograde.training.comparison.moved_films import moved_films
from radiograde.training.comparison.paired_figures import PairedFigures, paired_figures
from radiograde.training.evaluation.figures.graded_films import SCALES, GradedFilms
from radiograde.training.evaluation.served.film_grader import FilmGrader
from radiograde.training.evaluation.served.grading_store import GradingStore
from radiograde.training.evaluation.worded_figures import scale_name

RECORD, PAGE = "comparison.json", "comparison.html"


def compare_models(
    models: tuple[Scorer, Scorer], manifest: Manifest, limits: Limits, folder: Path, threads: int
) -> ComparisonRecord:
    """Return the comparison; record, page and gradings are written into ``folder``.

    ``threads``: films graded at a time; the scorers should use one a film.
    """
    films = manifest.films
    first, second = (
        FilmGrader(model, GradingStore(folder, model.facts.sha256), threads).as_served(films, what)
        for model, what in zip(models, ("Grading by A", "Grading by B"), strict=True)
    )
    graded = GradedFilms.served(films, first), GradedFilms.served(films, second)
    figures = paired_figures(*graded, limits)
    a, b = (model.facts for model in models)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    record = ComparisonRecord(
        FORMAT, figures.verdict, a, b, manifest.digest, when, __version__, figures
    )
    scale = _shown_scale(figures)
    moved = moved_films(graded, (first, second), scale)
    (folder / RECORD).write_bytes(record.to_bytes())
    page = comparison_page(record, moved, scale_name(scale.name))
    (folder / PAGE).write_text(page, encoding="utf-8")
    return record


def _shown_scale(figures: PairedFigures) -> Scale:
    """Return the first scale that readers graded; the global score where they graded none."""
    measured = {one.scale for one in figures.scales}
    return next((scale for scale in SCALES if scale.name in measured), BRIXIA)
