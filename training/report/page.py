"""One HTML page that shows a run to a radiologist and to an engineer; it loads nothing."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib import rc_context

from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.report.agreement_section import agreement_section
from radiograde.training.report.input_check_section import input_check_section
from radiograde.training.report.interval_section import interval_section
from radiograde.training.report.overview import films_section, summary_tiles
from radiograde.training.report.parts import STYLE
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


def write_report(folder: Path, result: EvaluationResult) -> Path:
    """Return the path of the page written into ``folder``, which is made where it is absent.

    The page holds pictures of the worst films: it may go where the films may go, and no further.
    Films are named by their row in the manifest; no file name and no patient stands on it.
    """
    with rc_context(STYLE):
        sections = [section(result) for section in SECTIONS]
    pages = Environment(
        loader=PackageLoader("radiograde.training", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = pages.get_template(f"{NAME}.j2").render(
        films=result.metrics.films,
        patients=result.metrics.patients,
        tiles=summary_tiles(result),
        sections=sections,
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / NAME
    page.write_text(text, encoding="utf-8")
    return page
