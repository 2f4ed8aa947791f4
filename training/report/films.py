"""The section on what was measured on: films, run, versions."""

from __future__ import annotations

from radiograde.training.evaluation.measured import Measured
from radiograde.training.evaluation.tables import trained_on, training_time
from radiograde.training.report.parts import Section, Table

VERSIONS = ("radiograde", "torch", "python")


def section(measured: Measured) -> Section:
    """Return the films by source, and what ran."""
    evaluation, run = measured.evaluation, measured.evaluation["run"]
    facts = [
        ("films", f"{evaluation['films']}"),
        ("patients", f"{evaluation['patients']}"),
        ("films with severity scores", f"{evaluation['graded_films']}"),
        ("folds", f"{len(measured.study.fold_numbers)}"),
        ("trained on", f"{trained_on(evaluation)}, {training_time(evaluation)}"),
        *((f"version of {name}", f"{run[name]}") for name in VERSIONS if name in run),
        ("sha256 of the manifest", evaluation["manifest"]),
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
                [(source, f"{films}") for source, films in evaluation["sources"].items()],
            ),
        ],
    )
