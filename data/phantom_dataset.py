"""A small labelled set of phantoms in the manifest's format, for tests and demonstrations."""

from __future__ import annotations

import csv
import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.data.phantom import WORST, Phantom, PhantomSpec, draw
from radiograde.data.phantom_dicom import write_dicom
from radiograde.model.scoring.scales import EXTENT, OPACITY, ZONES

READERS = ("S", "J")
FOLDS = 5
FILMS_A_PATIENT = 2
MASK_VALUES = (1, 2)
"""Grey values of the patient's right and left lung in a mask file."""


def write_dataset(folder: Path, count: int, seed: int = 0, *, rows: int = 320) -> Path:
    """Write ``count`` labelled phantoms below ``folder`` and return the path of manifest.csv.

    Films and lung masks are PNG. Severity is spread from clear to white lungs; the second reader
    differs from the first by a point here and there. Folds keep a patient together.
    """
    (folder / "images").mkdir(parents=True)
    (folder / "lung_masks").mkdir()
    rng = np.random.default_rng(seed)
    lines = [_write_film(folder, number, rows, rng) for number in range(count)]
    manifest = folder / "manifest.csv"
    with manifest.open("x", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return manifest


def write_dicom_films(paths: Sequence[Path], seed: int = 0, *, rows: int = 1024) -> None:
    """Write one phantom to each path as a DX image, each of a made-up patient of its own.

    The same seed draws the same films. Raises FileExistsError before anything is written when one
    of the paths is there already.
    """
    for path in paths:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    rng = np.random.default_rng(seed)
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_dicom(path, draw(_spec(_zones(rng), rows, rng)))


def _write_film(
    folder: Path, number: int, rows: int, rng: np.random.Generator
) -> dict[str, str | int | float]:
    zones = _zones(rng)
    phantom = draw(_spec(zones, rows, rng))
    image, mask = f"images/{number:04d}.png", f"lung_masks/{number:04d}.png"
    Image.fromarray(np.rint(phantom.pixels * 255).astype(np.uint8)).save(folder / image)
    Image.fromarray(_mask(phantom)).save(folder / mask)
    patient = number // FILMS_A_PATIENT
    extent, opacity = _extent(zones), _opacity(zones)
    return {
        "image": image,
        "source": "phantom",
        "patient": f"PHANTOM{patient:04d}",
        "view": "PA" if rng.random() < 0.5 else "AP",
        "age": int(rng.integers(18, 90)),
        "sex": phantom.spec.sex,
        "lung_mask": mask,
        **_readings(zones, rng),
        "geographic_extent": round(extent, 2),
        "opacity": round(opacity, 2),
        "opacity_max": int(OPACITY.high),
        "fold": patient % FOLDS,
        "license": "CC0-1.0",
    }


def _spec(zones: Mapping[str, int], rows: int, rng: np.random.Generator) -> PhantomSpec:
    sex: Literal["M", "F"] = "F" if rng.random() < 0.5 else "M"
    return PhantomSpec(rows, round(0.9 * rows), zones, sex, seed=int(rng.integers(2**31)))


def _zones(rng: np.random.Generator) -> dict[str, int]:
    """Return whole scores around one severity, worse towards the bases as in COVID-19."""
    severity = rng.uniform(-0.8, WORST)
    base_heavy = np.array([-0.5, 0.0, 0.5] * 2)
    scores = np.clip(np.rint(severity + base_heavy + rng.normal(0, 0.5, len(ZONES))), 0, WORST)
    return {zone: int(score) for zone, score in zip(ZONES, scores, strict=True)}


def _readings(zones: Mapping[str, int], rng: np.random.Generator) -> dict[str, int]:
    readings = {}
    for reader in READERS:
        for zone, score in zones.items():
            doubt = int(rng.choice((-1, 0, 1), p=(0.1, 0.8, 0.1))) if reader == "J" else 0
            readings[f"brixia_{reader}_{zone}"] = min(max(score + doubt, 0), int(WORST))
    return readings


def _mask(phantom: Phantom) -> NDArray[np.uint8]:
    right, left = phantom.lungs
    mask: NDArray[np.uint8] = np.uint8(MASK_VALUES[0]) * right + np.uint8(MASK_VALUES[1]) * left
    return mask


def _extent(zones: Mapping[str, int]) -> float:
    """Return the extent 0-8 that the drawn share of the lungs amounts to."""
    return EXTENT.high * sum(zones.values()) / (WORST * len(ZONES))


def _opacity(zones: Mapping[str, int]) -> float:
    """Return the opacity 0-8: each lung counts by its densest zone."""
    scores = list(zones.values())
    worst = (max(scores[:3]), max(scores[3:]))
    return sum(score * OPACITY.high / (2 * WORST) for score in worst)
