"""The record of an acceptance test as tables, for the terminal and the page alike."""

from __future__ import annotations

from radiograde.training.acceptance.acceptance_record import AcceptanceRecord
from radiograde.training.acceptance.criteria import Criterion
from radiograde.training.evaluation.worded_figures import FigureTable, figure, scale_name


def criteria_table(record: AcceptanceRecord) -> FigureTable:
    """Return each figure beside its limit."""
    return FigureTable(
        "criteria",
        f"Verdict: {record.verdict}",
        "Certain: the whole 95 % interval lies on one side of the limit.",
        ("scale", "figure", "measured", "limit", "outcome"),
        [
            (
                scale_name(one.scale),
                one.what,
                figure(one.figure, one.form),
                one.limit,
                _outcome(one),
            )
            for one in record.criteria
        ],
        words=2,
    )


def scales_table(record: AcceptanceRecord) -> FigureTable:
    """Return agreement and intervals on every scale that readers graded."""
    return FigureTable(
        "scales",
        "Beside the readers' mean",
        "Points of the scale; bias is the model minus the readers, kappa has quadratic weights.",
        ("scale", "films", "MAE", "bias", "r", "kappa", "intervals that hold"),
        [
            (
                scale_name(one.scale),
                f"{one.films}",
                figure(one.mae),
                figure(one.bias, "+.2f"),
                figure(one.r, ".3f"),
                figure(one.kappa, ".3f"),
                figure(one.coverage, ".0%"),
            )
            for one in record.figures.scales
        ],
    )


def groups_table(record: AcceptanceRecord) -> FigureTable:
    """Return the figures of each group of films."""
    scales = record.figures.scales
    return FigureTable(
        "groups",
        f"By group, {scale_name(scales[0].scale)}" if scales else "By group",
        "No limit is asked of a group: with few films one of many stands out by chance.",
        ("group", "films", "MAE", "bias", "intervals that hold", "not graded"),
        [
            (
                f"{one.by}: {one.name}",
                f"{one.films}",
                figure(one.mae),
                figure(one.bias, "+.2f"),
                figure(one.coverage, ".0%"),
                figure(one.lost, ".1%"),
            )
            for one in record.figures.groups
        ],
    )


def losses_words(record: AcceptanceRecord) -> str:
    """Return how many films were not graded, and why."""
    losses = record.figures.losses
    reasons = ", ".join(f"{code} {times}" for code, times in losses.reasons.items())
    said = f": {reasons}" if reasons else ""
    return f"Not graded: {losses.lost} of {losses.films} films{said}."


def _outcome(criterion: Criterion) -> str:
    if criterion.figure.value is None:
        return "not measured"
    return f"{criterion.outcome}, {'certain' if criterion.certain else 'not certain'}"
