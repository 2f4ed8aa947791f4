"""The sections on the scores: global, extent, opacity, zones, and those of normal films."""

from __future__ import annotations

from collections.abc import Iterable

from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.dataset.targets import READERS
from radiograde.training.evaluation.comparators import OURS
from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.tables import shown
from radiograde.training.report.parts import Plot, Section, Table
from radiograde.training.report.score_plots import (
    GraderPair,
    against_readers,
    bland_altman,
    two_readers,
)


def brixia_section(result: EvaluationResult) -> Section:
    """Return the global score beside the readers' mean."""
    grades = result.grades("brixia")
    return Section(
        "brixia",
        "Global Brixia score",
        "A dot is a film: on the dashed line it is graded as the readers' mean, above it "
        f"higher. The thin bar is its {result.level:.0%} interval, set on the other folds; equal "
        "scores are drawn a little apart. Beside it, two readers on "
        "the same films: a larger dot is more films.",
        _drawn(
            [
                against_readers(grades, "Radiograde and readers' mean", result.level),
                two_readers(result.reference_standard),
            ]
        ),
    )


def bland_altman_section(result: EvaluationResult) -> Section:
    """Return how our differences from a reader compare with those of two readers."""
    graded, standard = result.scales["brixia"], result.reference_standard
    senior, junior = (standard.of_reader(reader) for reader in READERS)
    names = [f"reader {reader}" for reader in READERS]
    pairs = (
        GraderPair(graded.values, graded.truth, (OURS, "readers' mean")),
        GraderPair(graded.values, senior, (OURS, names[0])),
        GraderPair(graded.values, junior, (OURS, names[1])),
        GraderPair(junior, senior, (names[1], names[0])),
    )
    reach = 1.1 * max(pair.reach for pair in pairs) or 1.0
    return Section(
        "bland-altman",
        "Limits of agreement",
        "Each dot is a film; the band holds 95 % of the differences if they are normal. A slope in "
        "the cloud means that mild films are graded too high and severe ones too low, or the other "
        "way round. All plots share one scale, so that ours compare with two readers'.",
        _drawn(bland_altman(pair, BRIXIA, reach) for pair in pairs),
    )


def extent_opacity_section(result: EvaluationResult) -> Section:
    """Return extent and opacity beside the readers."""
    return Section(
        "extent-opacity",
        "Extent and opacity",
        "As for the global score: dots on the dashed line agree with the readers, bars are "
        f"{result.level:.0%} intervals.",
        _drawn(
            against_readers(result.grades(name), title, result.level)
            for name, title in (
                ("geographic_extent", "Geographic extent"),
                ("opacity", "Opacity"),
            )
        ),
    )


def zone_section(result: EvaluationResult) -> Section:
    """Return how the six zones agree."""
    metrics, dice = result.metrics, result.metrics.lung_dice
    others = [
        ("mean absolute error of a zone, 0-3", metrics.zone_mae, ".3f"),
        (f"Dice of both lungs, {dice.films} films with masks", dice.mean, ".3f"),
    ]
    return Section(
        "zones",
        "Zones and lungs",
        "Kappa with quadratic weights over all zones: 1 is full agreement, 0 is what chance gives; "
        "two readers' kappa is what any grader can reach.",
        tables=[
            Table(
                "Zone grades, quadratic kappa",
                ("pair", "kappa"),
                [(who, shown(kappa, ".3f")) for who, kappa in metrics.zone_kappa.items()],
            ),
            Table(
                "Zones and lungs",
                ("figure", "value"),
                [(name, shown(value, form)) for name, value, form in others if value is not None],
            ),
        ],
    )


def normal_films_section(result: EvaluationResult) -> Section:
    """Return the global scores of films labelled normal."""
    return Section(
        "normal-films",
        "Normal films",
        "These films are labelled free of pneumonia: the nearer to 0, the better. Labels mined "
        "from reports can be wrong, which the 95th percentile feels most.",
        tables=[
            Table(
                "Global score of films labelled normal",
                ("source", "label", "label used in", "films", "mean", "95th percentile"),
                [
                    (
                        kind.source,
                        kind.finding,
                        "other folds" if kind.unseen else "other folds; also pretraining",
                        f"{kind.films}",
                        f"{kind.mean_brixia:.2f}",
                        f"{kind.p95_brixia:.2f}",
                    )
                    for kind in result.metrics.normal_films
                ],
                words=3,
            )
        ],
    )


def _drawn(plots: Iterable[Plot | None]) -> list[Plot]:
    return [plot for plot in plots if plot is not None]
