"""The headline figures in a README, between two marks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.tables import agreement_table, shown, trained_on, training_time

BEGIN, END = "<!-- metrics:begin -->", "<!-- metrics:end -->"


def summary(evaluation: Mapping[str, Any]) -> str:
    """Return the README's block: the headline figures in one table and two sentences."""
    headline = ("Brixia, readers' mean", "Brixia, reader S", "extent", "opacity")
    rows = [row for row in evaluation["agreement"] if row["reference"] in headline]
    dice, covered = evaluation["lung_dice"], evaluation["coverage"]["brixia"]
    gate = evaluation["gate"]
    return "\n\n".join(
        [
            "\n".join(agreement_table(rows)),
            f"Lungs: Dice {shown(dice['mean'], '.3f')} on {dice['films']} films. "
            f"{evaluation['intervals']['level']:.0%} intervals of the global score cover "
            f"{shown(covered['share'], '.0%')} of films; their median width is "
            f"{shown(covered['median_width'], '.1f')}. The gate turns away "
            f"{gate['films_rejected']:.1%} of good frontal films (area under the ROC "
            f"{gate['auc']:.3f}). Training took {training_time(evaluation)} on "
            f"{trained_on(evaluation)}.",
        ]
    )


def check_readme(path: Path) -> None:
    """Raise ConfigError unless the file has the marks between which figures go."""
    text = path.read_text()
    if BEGIN not in text or END not in text:
        raise ConfigError(f"{path} lacks the lines {BEGIN} and {END}.")


def fill_readme(path: Path, evaluation: Mapping[str, Any]) -> None:
    """Write the summary between the marks of a README; see ``check_readme``."""
    check_readme(path)
    text = path.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{summary(evaluation)}\n{END}{after}")
