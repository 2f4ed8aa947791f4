"""The figures that are read first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from radiograde.training.evaluation.comparators import OURS
from radiograde.training.evaluation.measured import Measured
from radiograde.training.evaluation.tables import shown
from radiograde.training.report.parts import Tile

ERRORS = {
    "Brixia, readers' mean": "Global Brixia, mean absolute error",
    "extent": "Extent, mean absolute error",
    "opacity": "Opacity, mean absolute error",
}


def tiles(measured: Measured) -> list[Tile]:
    """Return the figures for the head of the page; those not measured are left out."""
    evaluation = measured.evaluation
    coverage = evaluation["coverage"]["brixia"]
    dice, gate = evaluation["lung_dice"], evaluation["gate"]
    others = (
        (
            f"Global score within {measured.level:.0%} interval",
            coverage["share"],
            ".0%",
            f"of films; median width {shown(coverage['median_width'], '.1f')} points",
        ),
        (
            "Gate, area under the ROC",
            gate.get("auc"),
            ".4f",
            "frontal films, other pictures",
        ),
        ("Lungs, Dice", dice["mean"], ".3f", f"{dice['films']} films with masks"),
    )
    return _errors(evaluation["agreement"]) + [
        Tile(label, format(value, form), note)
        for label, value, form, note in others
        if value is not None
    ]


def _errors(rows: Sequence[Mapping[str, Any]]) -> list[Tile]:
    """Return our error on each scale, against the reference that most films have."""
    found = {row["reference"]: row["agreement"] for row in rows if row["grader"] == OURS}
    return [
        Tile(label, f"{found[reference]['mae']:.2f}", _beside(found[reference]))
        for reference, label in ERRORS.items()
        if reference in found
    ]


def _beside(agreed: Mapping[str, Any]) -> str:
    low, high = agreed["mae_95"]
    return (
        f"95 % CI {low:.2f}-{high:.2f}, bias {agreed['bias']:+.2f}, r {shown(agreed['r'], '.2f')}, "
        f"{agreed['films']} films"
    )
