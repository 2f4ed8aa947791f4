"""Radiograde beside readers and published systems, each pair on the films that both have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.scales import OPACITY
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate
from radiograde.training.evaluation.metrics import Agreement, agreement, on_line
from radiograde.training.evaluation.reference_standard import COHEN_TOP, ReferenceStandard

OURS = "Radiograde"
OTHER_EXTENT = "other readers' extent (line)"


@dataclass(frozen=True, slots=True)
class ComparatorRow:
    """One grader beside one reference, on the films that both have.

    ``gain``: in our rows on a system's films, by how much our mean absolute error is smaller than
    the system's, film by film (paired); negative where the system is nearer.
    """

    reference: str
    grader: str
    agreement: Agreement
    gain: Estimate | None = None

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


class Grades(Protocol):
    """Our grades of N films: global Brixia, extent and opacity, NaN where there is none."""

    @property
    def brixia(self) -> NDArray[np.floating[Any]]:
        """(N,) in [0, 18]."""

    @property
    def extent(self) -> NDArray[np.floating[Any]]:
        """(N,) in [0, 8]."""

    @property
    def opacity(self) -> NDArray[np.floating[Any]]:
        """(N,) in [0, 8]."""


def comparator_table(
    grades: Grades, standard: ReferenceStandard, patients: Sequence[str]
) -> list[ComparatorRow]:
    """Return the rows of the table: ourselves, each comparator, and ourselves on its films.

    Rows with fewer than two films are left out.
    """
    rows = []
    for comparison in _comparisons(grades, standard):
        truth = comparison.truth
        for grader, given, other in _graders(comparison):
            if (~np.isnan(given + truth)).sum() >= 2:
                agreed = agreement(given, truth, patients)
                gain = None if other is None else _gain(given, other, truth, patients)
                rows.append(ComparatorRow(comparison.reference, grader, agreed, gain))
    return rows


def _gain(ours: Array, theirs: Array, truth: Array, patients: Sequence[str]) -> Estimate:
    nearer = np.abs(theirs - truth) - np.abs(ours - truth)
    return estimate(statistics.mean, patients, nearer)


def _graders(comparison: _Comparison) -> Iterator[tuple[str, Array, Array | None]]:
    """Yield graders by name, their grades, and those that they are paired with."""
    ours = comparison.ours
    yield OURS, ours, None
    for name, grades in comparison.readers.items():
        yield name, grades, None
    for name, grades in comparison.systems.items():
        shared = np.where(np.isnan(ours), np.nan, grades)
        yield name, shared, None
        yield f"{OURS}, films of {name}", np.where(np.isnan(grades), np.nan, ours), shared


def _comparisons(grades: Grades, standard: ReferenceStandard) -> Iterator[_Comparison]:
    ours = grades.brixia.astype(float)
    extent, opacity = grades.extent.astype(float), grades.opacity.astype(float)
    bsnet, pxs = standard.of_comparator("bsnet_brixia"), standard.of_comparator("pxs")
    # What three other readers saw bounds what any grader can reach on these films.
    systems = {"BS-Net": bsnet, OTHER_EXTENT: on_line(standard.extent, standard.brixia)}
    yield _Comparison("Brixia, readers' mean", standard.brixia, ours, systems, {})
    for reader, other in (("S", "J"), ("J", "S")):
        readers = {f"reader {other}": standard.of_reader(other)}
        yield _Comparison(f"Brixia, reader {reader}", standard.of_reader(reader), ours, {}, readers)
    yield _Comparison("extent", standard.extent, extent, {}, {})
    yield _Comparison("opacity", standard.opacity, opacity, {}, {})
    for reference, truth, own, covidnet in (
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
        yield _Comparison(f"{reference}, Cohen films", truth, own, lines, {})
