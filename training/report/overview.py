"""The figures that are read first, and the section on what was measured on."""

from __future__ import annotations

from collections.abc import Sequence

from radiograde.training.evaluation.comparators import OURS, ComparatorRow
from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.tables import (
    confidence_interval,
    shown,
    trained_on,
    training_time,
)
from radiograde.training.report.parts import Section, Table, Tile

ERRORS = {
    "Brixia, readers' mean": "Global Brixia, mean absolute error",
    "extent": "Extent, mean absolute error",
    "opacity": "Opacity, mean absolute error",
}


def summary_tiles(result: EvaluationResult) -> list[Tile]:
    """Return the figures for the head of the page; those not measured are left out."""
    metrics, coverage = result.metrics, result.metrics.brixia_coverage
    others = (
        (
            f"Global score within {result.level:.0%} interval",
            coverage.share,
            ".0%",
            f"of films; median width {shown(coverage.median_width, '.1f')} points",
        ),
        (
            "Input check, area under the ROC",
            metrics.input_check.auc,
            ".4f",
            "frontal films, other pictures",
        ),
        (
            "Lungs, Dice",
            metrics.lung_dice.mean,
            ".3f",
            f"{metrics.lung_dice.films} films with masks",
        ),
    )
    return _error_tiles(metrics.agreement) + [
        Tile(label, format(value, form), note)
        for label, value, form, note in others
        if value is not None
    ]


def _error_tiles(rows: Sequence[ComparatorRow]) -> list[Tile]:
    """Return our error on each scale, against the reference that most films have."""
    ours = {row.reference: row for row in rows if row.grader == OURS}
    return [
        Tile(label, f"{ours[reference].agreement.mae:.2f}", _note(ours[reference]))
        for reference, label in ERRORS.items()
        if reference in ours
    ]


def _note(row: ComparatorRow) -> str:
    agreed = row.agreement
    return (
        f"95 % CI {confidence_interval(row)}, bias {agreed.bias:+.2f}, "
        f"r {shown(agreed.r, '.2f')}, {agreed.films} films"
    )


def films_section(result: EvaluationResult) -> Section:
    """Return the films by source, and what ran."""
    metrics, run = result.metrics, result.metrics.run
    facts = [
        ("films", f"{metrics.films}"),
        ("patients", f"{metrics.patients}"),
        ("films with severity scores", f"{metrics.graded_films}"),
        ("folds", f"{len(result.dataset.fold_numbers)}"),
        ("trained on", f"{trained_on(run)}, {training_time(run)}"),
        ("version of radiograde", run.radiograde),
        ("version of torch", run.torch),
        ("version of python", run.python),
        ("sha256 of the manifest", metrics.manifest),
    ]
    return Section(
        "films",
        "Films and run",
        "Every figure on this page is out of fold: each film was graded by a model that saw no "
        "severity score of its patient.",
        tables=[
            Table("Films and run", ("fact", "value"), facts, words=2),
            Table(
                "Films by source",
                ("source", "films"),
                [(source, f"{films}") for source, films in metrics.sources.items()],
            ),
        ],
    )
