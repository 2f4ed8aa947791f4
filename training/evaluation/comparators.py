"""Radiograde beside readers and published systems, each pair on the films that both have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from radiograde.model.scoring.scales import OPACITY
from radiograde.training.evaluation.metrics import Agreement, Array, agreement, on_line
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import COHEN_TOP, ReferenceStandard

OURS = "Radiograde"
OTHER_EXTENT = "other readers' extent (line)"


@dataclass(frozen=True, slots=True)
class ComparatorRow:
    """One grader beside one reference, on the films that both have."""

    reference: str
    grader: str
    agreement: Agreement

    @property
    def is_ours(self) -> bool:
        """Whether the grader is Radiograde."""
        return self.grader.startswith(OURS)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A reference (N,), our grades (N,) and those of others by name.

    ``systems``: Radiograde stands beside each on exactly its films; not so beside ``readers``.
    """

    reference: str
    truth: Array
    ours: Array
    systems: Mapping[str, Array]
    readers: Mapping[str, Array]


def comparator_table(
    predictions: Predictions, standard: ReferenceStandard, patients: Sequence[str]
) -> list[ComparatorRow]:
    """Return the rows of the table: ourselves, each comparator, and ourselves on its films.

    Rows with fewer than two films are left out.
    """
    rows = []
    for comparison in _comparisons(predictions, standard):
        for grader, grades in _graders(comparison):
            if (~np.isnan(grades + comparison.truth)).sum() >= 2:
                agreed = agreement(grades, comparison.truth, patients)
                rows.append(ComparatorRow(comparison.reference, grader, agreed))
    return rows


def _graders(comparison: _Comparison) -> Iterator[tuple[str, Array]]:
    yield OURS, comparison.ours
    yield from comparison.readers.items()
    for name, grades in comparison.systems.items():
        yield name, grades
        yield f"{OURS}, films of {name}", np.where(np.isnan(grades), np.nan, comparison.ours)


def _comparisons(predictions: Predictions, standard: ReferenceStandard) -> Iterator[_Comparison]:
    ours = predictions.brixia.astype(float)
    extent, opacity = predictions.extent.astype(float), predictions.opacity.astype(float)
    bsnet, pxs = standard.of_comparator("bsnet_brixia"), standard.of_comparator("pxs")
    # What three other readers saw bounds what any grader can reach on these films.
    systems = {"BS-Net": bsnet, OTHER_EXTENT: on_line(standard.extent, standard.brixia)}
    yield _Comparison("Brixia, readers' mean", standard.brixia, ours, systems, {})
    for reader, other in (("S", "J"), ("J", "S")):
        readers = {f"reader {other}": standard.of_reader(other)}
        yield _Comparison(f"Brixia, reader {reader}", standard.of_reader(reader), ours, {}, readers)
    yield _Comparison("extent", standard.extent, extent, {}, {})
    yield _Comparison("opacity", standard.opacity, opacity, {}, {})
    for reference, truth, grades, covidnet in (
        ("extent", np.where(standard.cohen, standard.extent, np.nan), extent, "covidnet_geo"),
        (
            "opacity 0-6",
            standard.cohen_opacity(),
            opacity * COHEN_TOP / OPACITY.high,
            "covidnet_opacity",
        ),
    ):
        graders = {"BS-Net": bsnet, "PXS": pxs, "COVID-Net-S": standard.of_comparator(covidnet)}
        lines = {f"{name} (line)": on_line(values, truth) for name, values in graders.items()}
        yield _Comparison(f"{reference}, Cohen films", truth, grades, lines, {})
