"""The comparison of two model files as JSON, and as tables for terminal and page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from radiograde.model.scoring.result import ModelFacts
from radiograde.training.comparison.paired_figures import MOST_LOST, PairedFigures, Verdict
from radiograde.training.evaluation.json_record import JsonRecord
from radiograde.training.evaluation.worded_figures import FigureTable, figure, scale_name

FORMAT: Literal["radiograde.comparison/1"] = "radiograde.comparison/1"


@dataclass(frozen=True, slots=True)
class ComparisonRecord(JsonRecord):
    """Two models, the films' manifest (sha256), the verdict on B, and the figures."""

    format: Literal["radiograde.comparison/1"]
    verdict: Verdict
    a: ModelFacts
    b: ModelFacts
    manifest: str
    when: str
    program: str
    figures: PairedFigures


def comparison_tables(figures: PairedFigures) -> list[FigureTable]:
    """Return the differences on every scale, B minus A: of errors, then of all else."""
    return [_errors_table(figures), _differences_table(figures)]


def _errors_table(figures: PairedFigures) -> FigureTable:
    return FigureTable(
        "paired",
        f"B beside A: {figures.verdict}",
        "Mean distance to the readers' mean on the same films, in points of the scale, with 95 % "
        "intervals over patients. Not worse: the whole interval of B minus A is below the margin. "
        f"Films not graded, B minus A: {figure(figures.lost, '+.1%')}, margin {MOST_LOST:.0%}.",
        ("scale", "films", "error of A", "error of B", "B minus A", "margin", "verdict"),
        [
            (
                scale_name(one.scale),
                f"{one.films}",
                figure(one.error_a),
                figure(one.error_b),
                figure(one.error, "+.2f"),
                f"{one.margin:g}",
                one.verdict,
            )
            for one in figures.scales
        ],
    )


def _differences_table(figures: PairedFigures) -> FigureTable:
    return FigureTable(
        "differences",
        "Other differences, B minus A",
        "Moved: how far B's score is from A's, on average.",
        ("scale", "bias", "r", "intervals that hold", "moved"),
        [
            (
                scale_name(one.scale),
                figure(one.bias, "+.2f"),
                figure(one.r, "+.3f"),
                figure(one.coverage, "+.0%"),
                figure(one.moved),
            )
            for one in figures.scales
        ],
    )
