"""The section on the worst films, for a reader to see why they were graded so."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.scoring.scales import ZONE_NAMES
from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.report.parts import Case, Plot, Section, Zone, data_uri

MOST = 12
FAR = 1.0
"""Grades apart from which a zone is marked."""

THUMBNAIL_SIDE = 320
THUMBNAIL_QUALITY = 82


def worst_films_section(result: EvaluationResult) -> Section:
    """Return the films whose global score is furthest from the readers' mean."""
    graded = result.scales["brixia"]
    error = np.abs(graded.values - graded.truth)
    order = [int(film) for film in np.argsort(-error) if not np.isnan(error[film])]
    low, high = graded.ends(result.level)
    return Section(
        "worst",
        "Worst films",
        "The films whose global score is furthest from the readers' mean, worst first, with the "
        f"{result.level:.0%} interval. Zones stand as on the film, patient's right on the "
        "left: ours, then the readers' mean, marked where they are a grade or more apart.",
        cases=[_case(result, film, (low[film], high[film])) for film in order[:MOST]],
    )


def _case(result: EvaluationResult, index: int, interval: tuple[float, float]) -> Case:
    film = result.dataset.manifest.films[index]
    ours, readers = (
        float(result.predictions.brixia[index]),
        float(result.reference_standard.brixia[index]),
    )
    facts = [
        ("Radiograde", f"{ours:.1f} ({interval[0]:.1f}-{interval[1]:.1f})"),
        ("readers' mean", f"{readers:g}"),
        ("readers", _readers(result, index)),
        ("error", f"{ours - readers:+.1f}"),
        ("view", film.view or "not named"),
    ]
    title = f"Row {film.row}"
    alt = f"Film in row {film.row}: {', '.join(f'{name} {value}' for name, value in facts)}."
    pixels = np.rint(result.dataset.cache.picture(index) * 255).astype(np.uint8)
    picture = thumbnail(pixels, title, alt)
    return Case(picture, facts, _zones(result, index))


def _readers(result: EvaluationResult, index: int) -> str:
    scores = {
        reader: float(result.reference_standard.of_reader(reader)[index])
        for reader in result.reference_standard.readers
    }
    return ", ".join(f"{name} {score:g}" for name, score in scores.items() if not np.isnan(score))


def _zones(result: EvaluationResult, index: int) -> list[Zone]:
    ours, readers = result.predictions.zones[index], result.reference_standard.zones[index]
    return [
        Zone(name, f"{one:.1f}", f"{other:g}", abs(one - other) >= FAR)
        for name, one, other in zip(ZONE_NAMES.values(), ours, readers, strict=True)
    ]


def thumbnail(film: NDArray[np.uint8], title: str, alt: str) -> Plot:
    """Return a film (H, W) as JPEG, its longer side at most ``THUMBNAIL_SIDE`` pixels."""
    picture = Image.fromarray(film)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    file = BytesIO()
    picture.save(file, format="JPEG", quality=THUMBNAIL_QUALITY)
    return Plot(title, data_uri("image/jpeg", file.getvalue()), alt, *picture.size)
