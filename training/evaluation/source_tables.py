"""Tables of figures of each source alone; see ``figure_tables``."""

from __future__ import annotations

from collections.abc import Sequence

from radiograde.training.evaluation.figures.source_figures import SourceFigures
from radiograde.training.evaluation.worded_figures import (
    FigureTable,
    figure,
    grader_name,
    scale_name,
)


def agreement_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return error, bias, correlation and kappa of each source."""
    return FigureTable(
        "sources",
        "Agreement with readers, by source",
        "Points of the scale; bias is grader minus reference. Readers stand beside each other on "
        "the films that we graded.",
        ("source", "scale", "reference", "grader", "films", "MAE", "bias", "r", "kappa"),
        [
            (
                source.source,
                scale_name(row.scale),
                grader_name(row.reference),
                grader_name(row.grader),
                f"{row.films}",
                figure(row.mae),
                figure(row.bias, "+.2f"),
                figure(row.r, ".3f"),
                figure(row.kappa, ".3f"),
            )
            for source in sources
            for row in source.agreement
        ],
        words=4,
    )


def ceiling_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return what a grader who knows the truth would reach against two readers' mean."""
    return FigureTable(
        "ceiling",
        "What a perfect grader would reach",
        "Against the mean of two readers, whose errors are taken to be independent: what is left "
        "between this and our figures is the model's, not the labels'.",
        ("source", "scale", "readers", "films", "readers differ by (SD)", "MAE", "r"),
        [
            (
                source.source,
                scale_name(row.scale),
                " and ".join(row.readers),
                f"{row.films}",
                figure(row.apart),
                figure(row.mae),
                figure(row.r, ".3f"),
            )
            for source in sources
            for row in source.ceilings
        ],
        words=3,
    )


def clear_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return what films that radiologists read as clear are given."""
    return FigureTable(
        "clear",
        "Films that radiologists read as clear",
        "All of these should be graded none, 0 of 18, with nothing painted.",
        (
            "source", "read", "films", "graded none", "moderate or severe", "mean Brixia",
            "95th percentile", "lung painted", "95th percentile",
        ),
        [
            (
                source.source,
                row.read,
                f"{row.films}",
                figure(row.specificity, ".0%"),
                figure(row.moderate, ".1%"),
                figure(row.mean),
                figure(row.p95, ".1f"),
                figure(row.painted, ".0%"),
                figure(row.painted_p95, ".0%"),
            )
            for source in sources
            for row in source.clear
        ],
        words=2,
    )  # fmt: skip


def separation_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return how films with a finding are told from clear ones."""
    return FigureTable(
        "separation",
        "Films with a finding beside clear films of the same source",
        "Area under the ROC: the chance that the film with the finding scores higher.",
        ("source", "finding", "scale", "films", "clear films", "area"),
        [
            (
                source.source,
                row.read,
                scale_name(row.scale),
                f"{row.films}",
                f"{row.clear}",
                figure(row.auc, ".3f"),
            )
            for source in sources
            for row in source.separation
        ],
        words=3,
    )


def two_scales_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return whether opacity says more than extent."""
    return FigureTable(
        "two-scales",
        "Are extent and opacity two things?",
        "Correlation of a grader's own two scales; and how a grader's opacity agrees with the "
        "reference's beyond what the extent of each says: 0, and opacity says nothing of its own.",
        ("source", "reference", "grader", "films", "extent with opacity", "opacity beyond extent"),
        [
            (
                source.source,
                grader_name(row.reference),
                grader_name(row.grader),
                f"{row.films}",
                figure(row.together, ".3f"),
                figure(row.opacity_beyond_extent),
            )
            for source in sources
            for row in source.two_scales
        ],
        words=3,
    )


def each_lung_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return how each lung's score agrees with the readers'."""
    return FigureTable(
        "each-lung",
        "Each lung's score",
        "Correlation of a lung's score with the readers' mean of that lung, of the difference "
        "between the lungs with theirs, and the share of films, of those in which readers see one "
        "lung as worse, in which the same lung is graded worse: half, and sides are guessed.",
        (
            "source", "readers' scale", "graded by", "films", "MAE a lung", "right lung",
            "left lung", "right minus left", "same side",
        ),
        [
            (
                source.source,
                scale_name(row.scale),
                row.graded_by,
                f"{row.films}",
                figure(row.mae),
                *(figure(one, ".3f") for one in (row.right, row.left, row.difference)),
                f"{figure(row.same_side, '.0%')} of {row.worse}",
            )
            for source in sources
            for row in source.lung_scores
        ],
        words=3,
    )  # fmt: skip


def intervals_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return whether intervals hold the readers' mean."""
    return FigureTable(
        "source-intervals",
        "Prediction intervals, by source",
        "Share of films whose interval holds the readers' mean, and whether the interval is wider "
        "where the error is larger (correlation).",
        ("source", "scale", "films", "covered", "mean width", "width with error"),
        [
            (
                source.source,
                scale_name(row.scale),
                f"{row.films}",
                figure(row.coverage, ".0%"),
                figure(row.width),
                figure(row.width_and_error),
            )
            for source in sources
            for row in source.intervals
        ],
        words=2,
    )


def lungs_table(sources: Sequence[SourceFigures]) -> FigureTable:
    """Return the overlap of lungs with drawn masks."""
    return FigureTable(
        "lungs",
        "Lungs beside drawn masks, each lung apart",
        "Dice. Whoever drew the masks left the lung behind the heart in or out; the last column is "
        "the share of films whose lungs fit better when right and left are exchanged.",
        (
            "source", "masks", "films", "right lung", "left lung", "both", "5th percentile",
            "exchanged",
        ),
        [
            (
                source.source,
                row.convention,
                f"{row.films}",
                *(figure(one, ".3f") for one in (row.right, row.left, row.both, row.both_p5)),
                figure(row.swapped, ".1%"),
            )
            for source in sources
            for row in source.lungs
        ],
        words=2,
    )  # fmt: skip
