"""The sections on the scores: global, extent, opacity, zones."""

from __future__ import annotations

from collections.abc import Iterable

from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation.comparators import OURS
from radiograde.training.evaluation.measured import Measured
from radiograde.training.evaluation.tables import shown
from radiograde.training.network.severity_network import READERS
from radiograde.training.report.bland_altman import Pair, bland_altman
from radiograde.training.report.parts import Plot, Section, Table
from radiograde.training.report.score_plots import against_readers
from radiograde.training.report.two_readers import two_readers


def brixia(measured: Measured) -> Section:
    """Return the global score beside the readers' mean."""
    graded = measured.scales["brixia"]
    return Section(
        "brixia",
        "Global Brixia score",
        "A dot is a film: on the dashed line it is graded as the readers' mean, above it "
        f"higher. The thin bar is its {measured.level:.0%} interval, set on the other folds; equal "
        "scores are drawn side by side. Beside it, two readers on "
        "the same films: a larger dot is more films.",
        _drawn(
            [
                against_readers(graded, "Radiograde and readers' mean", measured.level),
                two_readers(measured.references),
            ]
        ),
    )


def limits(measured: Measured) -> Section:
    """Return how our differences from a reader compare with those of two readers."""
    graded, known = measured.scales["brixia"], measured.references
    senior, junior = (known.of_reader(reader) for reader in READERS)
    names = [f"reader {reader}" for reader in READERS]
    pairs = (
        Pair(graded.values, graded.truth, (OURS, "readers' mean")),
        Pair(graded.values, senior, (OURS, names[0])),
        Pair(graded.values, junior, (OURS, names[1])),
        Pair(junior, senior, (names[1], names[0])),
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


def other_scales(measured: Measured) -> Section:
    """Return extent and opacity beside the readers."""
    return Section(
        "extent-opacity",
        "Extent and opacity",
        "As for the global score: dots on the dashed line agree with the readers, bars are "
        f"{measured.level:.0%} intervals.",
        _drawn(
            against_readers(measured.scales[name], title, measured.level)
            for name, title in (
                ("geographic_extent", "Geographic extent"),
                ("opacity", "Opacity"),
            )
        ),
    )


def zones(measured: Measured) -> Section:
    """Return how the six zones agree."""
    evaluation = measured.evaluation
    dice = evaluation["lung_dice"]
    others = [
        ("mean absolute error of a zone, 0-3", evaluation["zone_mae"], ".3f"),
        (f"Dice of both lungs, {dice['films']} films with masks", dice["mean"], ".3f"),
    ]
    return Section(
        "zones",
        "Zones and lungs",
        "Kappa with quadratic weights over all zones: 1 is full agreement, 0 is what chance gives; "
        "two readers' kappa tells what can be asked.",
        tables=[
            Table(
                "Zone grades, quadratic kappa",
                ("pair", "kappa"),
                [(who, shown(kappa, ".3f")) for who, kappa in evaluation["zone_kappa"].items()],
            ),
            Table(
                "Zones and lungs",
                ("figure", "value"),
                [(name, shown(value, form)) for name, value, form in others if value is not None],
            ),
        ],
    )


def _drawn(plots: Iterable[Plot | None]) -> list[Plot]:
    return [plot for plot in plots if plot is not None]
