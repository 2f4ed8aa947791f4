"""One HTML page that shows a run to a radiologist and to an engineer; it loads nothing."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib import rc_context

from radiograde.training.evaluation.measured import Measured
from radiograde.training.report import agreement_section as agreement
from radiograde.training.report import change, clear, films, robustness
from radiograde.training.report import input_check_section as gate
from radiograde.training.report import interval_section as intervals
from radiograde.training.report import overview as headline
from radiograde.training.report import robustness_sections as subgroups
from radiograde.training.report import score_sections as scores
from radiograde.training.report import worst_films as worst
from radiograde.training.report.style import STYLE

NAME = "report.html"

SECTIONS = (
    agreement.section,
    scores.brixia,
    scores.limits,
    scores.other_scales,
    scores.zones,
    intervals.section,
    subgroups.section,
    change.section,
    clear.section,
    robustness.section,
    gate.section,
    worst.section,
    films.section,
)


def write(
    folder: Path,
    measured: Measured,
) -> Path:
    """Return the path of the page written into ``folder``, which is made where it is absent.

    The page holds pictures of the worst films: it may go where the films may go, and no further.
    Films are named by their row in the manifest; no file name and no patient stands on it.
    """
    with rc_context(STYLE):
        sections = [section(measured) for section in SECTIONS]
    pages = Environment(
        loader=PackageLoader("training", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = pages.get_template(f"{NAME}.j2").render(
        films=measured.evaluation["films"],
        patients=measured.evaluation["patients"],
        tiles=headline.tiles(measured),
        sections=sections,
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / NAME
    page.write_text(text, encoding="utf-8")
    return page
