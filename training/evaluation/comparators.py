"""Radiograde beside readers and published systems, each pair on the films that both have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from radiograde.model.scoring.scales import OPACITY
from radiograde.training.evaluation.metrics import Agreement, Array, agreement, on_line
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import COHEN_TOP, References

OURS = "Radiograde"


@dataclass(frozen=True, slots=True)
class Row:
    """One grader beside one reference, on the films that both have."""

    reference: str
    grader: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class _Question:
    """A reference (N,), our grades (N,) and those of others by name."""

    reference: str
    truth: Array
    ours: Array
    peers: Mapping[str, Array]
    others: Mapping[str, Array]


def side_by_side(found: Predictions, references: References, patients: Sequence[str]) -> list[Row]:
    """Return the rows of the table: ourselves, each peer, and ourselves on the peer's films.

    Rows with fewer than two films are left out.
    """
    rows = []
    for question in _questions(found, references):
        for grader, grades in _graders(question):
            if (~np.isnan(grades + question.truth)).sum() >= 2:
                agreed = agreement(grades, question.truth, patients)
                rows.append(Row(question.reference, grader, agreed))
    return rows


def _graders(question: _Question) -> Iterator[tuple[str, Array]]:
    yield OURS, question.ours
    yield from question.others.items()
    for name, grades in question.peers.items():
        yield name, grades
        yield f"{OURS}, films of {name}", np.where(np.isnan(grades), np.nan, question.ours)


def _questions(found: Predictions, known: References) -> Iterator[_Question]:
    ours = found.brixia.astype(float)
    extent, opacity = found.extent.astype(float), found.opacity.astype(float)
    bsnet, pxs = known.peer("bsnet_brixia"), known.peer("pxs")
    # What three other readers saw bounds what any grader can reach on these films.
    others = {"other readers' extent (line)": on_line(known.extent, known.brixia)}
    yield _Question("Brixia, readers' mean", known.brixia, ours, {"BS-Net": bsnet} | others, {})
    for reader, other in (("S", "J"), ("J", "S")):
        others = {f"reader {other}": known.of_reader(other)}
        yield _Question(f"Brixia, reader {reader}", known.of_reader(reader), ours, {}, others)
    yield _Question("extent", known.extent, extent, {}, {})
    yield _Question("opacity", known.opacity, opacity, {}, {})
    for reference, truth, grades, covidnet in (
        ("extent", np.where(known.cohen, known.extent, np.nan), extent, "covidnet_geo"),
        (
            "opacity 0-6",
            known.cohen_opacity(),
            opacity * COHEN_TOP / OPACITY.high,
            "covidnet_opacity",
        ),
    ):
        graders = {"BS-Net": bsnet, "PXS": pxs, "COVID-Net-S": known.peer(covidnet)}
        lines = {f"{name} (line)": on_line(values, truth) for name, values in graders.items()}
        yield _Question(f"{reference}, Cohen films", truth, grades, lines, {})
