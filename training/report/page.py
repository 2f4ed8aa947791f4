"""One HTML page that shows a run to a radiologist and to an engineer; it loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib import rc_context

from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.report.agreement_section import agreement_section
from radiograde.training.report.input_check_section import input_check_section
from radiograde.training.report.interval_section import interval_section
from radiograde.training.report.overview import films_section, summary_tiles
from radiograde.training.report.parts import STYLE, Section, Tile
from radiograde.training.report.robustness_sections import (
    change_section,
    perturbation_section,
    subgroup_section,
)
from radiograde.training.report.score_sections import (
    bland_altman_section,
    brixia_section,
    extent_opacity_section,
    normal_films_section,
    zone_section,
)
from radiograde.training.report.source_sections import (
    source_plots_section,
    source_sections,
    source_tiles,
    worst_served_section,
)
from radiograde.training.report.worst_films import worst_films_section

NAME = "report.html"

SECTIONS = (
    agreement_section,
    brixia_section,
    bland_altman_section,
    extent_opacity_section,
    zone_section,
    interval_section,
    subgroup_section,
    change_section,
    normal_films_section,
    perturbation_section,
    input_check_section,
    worst_films_section,
    films_section,
)


OUT_OF_FOLD = "each graded by a model that saw no severity score of its patient"


def write_report(folder: Path, result: EvaluationResult, *, pictures: bool = True) -> Path:
    """Return the path of a run's page written into ``folder``, which is made where it is absent.

    With ``pictures`` of the worst films it may go where the films may go, and no further.
    Films are named by their row in the manifest; no file name and no patient stands on it.
    """
    metrics = result.metrics
    with rc_context(STYLE):
        chosen = [one for one in SECTIONS if pictures or one is not worst_films_section]
        sections = [section(result) for section in chosen]
    if metrics.by_source is not None:
        sections += source_sections(metrics.by_source)
    counts = (metrics.films, metrics.patients)
    return _write(folder, OUT_OF_FOLD, counts, summary_tiles(result), sections)


def write_model_report(
    folder: Path, evaluation: ModelEvaluation, graded: GradedFilms, *, pictures: bool = True
) -> Path:
    """Return the path of the page of a model file; see ``write_report``."""
    model = evaluation.model
    with rc_context(STYLE):
        plots = source_plots_section(graded, evaluation.level)
        tables = source_sections(evaluation.figures)
        worst = [worst_served_section(graded)] if pictures else []
        sections = [*tables[:1], plots, *tables[1:], *worst]
    how = (
        f"each graded by {model.name} {model.version} (sha256 {model.sha256[:16]}) as it is served"
    )
    counts = (evaluation.figures.films, evaluation.figures.patients)
    return _write(folder, how, counts, source_tiles(evaluation), sections)


def _write(
    folder: Path,
    how: str,
    counts: tuple[int, int],
    tiles: Sequence[Tile],
    sections: Sequence[Section],
) -> Path:
    pages = Environment(
        loader=PackageLoader("radiograde.training", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    films, patients = counts
    text = pages.get_template(f"{NAME}.j2").render(
        films=films, patients=patients, how=how, tiles=tiles, sections=sections
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / NAME
    page.write_text(text, encoding="utf-8")
    return page
