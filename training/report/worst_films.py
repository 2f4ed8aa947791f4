"""The section on the worst films, for a reader to see why they were graded so."""

from __future__ import annotations

import numpy as np

from radiograde.model.scoring.scales import ZONE_NAMES
from radiograde.training.evaluation.measured import Measured
from radiograde.training.report import crossed
from radiograde.training.report.parts import Case, Section, Zone
from radiograde.training.report.thumbnails import thumbnail

MOST = 12
FAR = 1.0
"""Grades apart from which a zone is marked."""


def section(measured: Measured) -> Section:
    """Return the films whose global score is furthest from the readers' mean."""
    graded = measured.scales["brixia"]
    error = np.abs(graded.values - graded.truth)
    order = [int(film) for film in np.argsort(-error) if not np.isnan(error[film])]
    low, high = crossed.ends(graded, measured.level)
    return Section(
        "worst",
        "Worst films",
        "The films whose global score is furthest from the readers' mean, worst first, with the "
        f"{measured.level:.0%} interval. Zones stand as on the film, patient's right on the "
        "left: ours, then the readers' mean, marked where they are a grade or more apart.",
        cases=[_case(measured, film, (low[film], high[film])) for film in order[:MOST]],
    )


def _case(measured: Measured, index: int, interval: tuple[float, float]) -> Case:
    film = measured.study.manifest.films[index]
    ours, readers = float(measured.found.brixia[index]), float(measured.references.brixia[index])
    facts = [
        ("Radiograde", f"{ours:.1f} ({interval[0]:.1f}-{interval[1]:.1f})"),
        ("readers' mean", f"{readers:g}"),
        ("readers", _readers(measured, index)),
        ("error", f"{ours - readers:+.1f}"),
        ("view", film.view or "not named"),
    ]
    title = f"Row {film.row}"
    alt = f"Film in row {film.row}: {', '.join(f'{name} {value}' for name, value in facts)}."
    picture = thumbnail(measured.study.cache, index, title, alt)
    return Case(picture, facts, _zones(measured, index))


def _readers(measured: Measured, index: int) -> str:
    scores = {
        reader: float(measured.references.of_reader(reader)[index])
        for reader in measured.references.readers
    }
    return ", ".join(f"{name} {score:g}" for name, score in scores.items() if not np.isnan(score))


def _zones(measured: Measured, index: int) -> list[Zone]:
    ours, readers = measured.found.zones[index], measured.references.zones[index]
    return [
        Zone(name, f"{one:.1f}", f"{other:g}", abs(one - other) >= FAR)
        for name, one, other in zip(ZONE_NAMES.values(), ours, readers, strict=True)
    ]
