"""Pictures that teach the gate: films, what is out of scope, films spoilt, phantoms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.reading import film_file
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.model.scoring.scales import ZONES
from radiograde.model.scoring.scope import CLASSES, FRONTAL
from radiograde.training.dataset.film_dataset import Study
from radiograde.training.input_check.corruptions import SPOILT
from radiograde.training.input_check.head_fit import Pictures
from radiograde.training.input_check.perturb import Picture, gamma, rotated

FRONTAL_FILMS = 700
SPOILT_FILMS = 150
"""Frontal films that stand as they are, and those that are spoilt in each way."""

CHANGED_COPIES = 5
"""Changed copies of a picture of a rare kind, so that few pictures teach more."""

PHANTOMS = 40

FOLDERS = {
    "child_chest": "child",
    "ct_slice": "not_radiograph",
    "lateral": "lateral_view",
    "limb": "not_chest",
}
"""What a folder of pictures out of scope is named, and what it is; other names: ``not_chest``."""


@dataclass(frozen=True, slots=True)
class _Picture:
    pixels: Picture
    label: str
    fold: int
    kind: str
    counts: bool = True


def gather(study: Study, out_of_scope: Path | None, seed: int) -> Pictures:
    """Return the pictures for a study's gate; the same seed gives the same ones.

    ``out_of_scope``: a folder whose folders are named after what their pictures are; None:
    laterals of the manifest and spoilt films alone. Raises RadiogradeError for a picture that
    cannot be read.
    """
    spec = Preprocessing(size=study.cache.cells.shape[-1])
    rng = np.random.default_rng(seed)
    found = [*_films(study, rng), *_phantoms(study, rng)]
    if out_of_scope is not None:
        found += _folder(out_of_scope, study.fold_numbers, rng)
    squares = [
        np.rint(prepare(picture.pixels, spec)[0] * 255).astype(np.uint8)
        for picture in track(found, "Preparing pictures for the gate")
    ]
    return Pictures(
        np.stack(squares),
        np.array([CLASSES.index(picture.label) for picture in found]),
        np.array([picture.fold for picture in found]),
        tuple(picture.kind for picture in found),
        np.array([picture.counts for picture in found]),
    )


def _films(study: Study, rng: np.random.Generator) -> Iterator[_Picture]:
    """Yield frontal films, lateral ones, and frontal ones spoilt in every way."""
    lateral = study.lateral.numpy()
    folds = study.folds.numpy()
    frontal = np.flatnonzero(~lateral)
    for film in rng.permutation(frontal)[:FRONTAL_FILMS].tolist():
        yield _Picture(_film(study, film), FRONTAL, int(folds[film]), "frontal film")
    for film in np.flatnonzero(lateral).tolist():
        picture = _Picture(_film(study, film), "lateral_view", int(folds[film]), "lateral film")
        yield picture
        yield from _copies(picture, rng)
    for label, kind, spoil in SPOILT:
        for film in rng.permutation(frontal)[:SPOILT_FILMS].tolist():
            yield _Picture(spoil(_film(study, film), rng), label, int(folds[film]), kind)


def _phantoms(study: Study, rng: np.random.Generator) -> Iterator[_Picture]:
    """Yield drawn films, which an installation is tried with and which therefore pass."""
    folds = study.fold_numbers
    for number in range(PHANTOMS):
        rows = int(rng.integers(280, 700))
        spec = PhantomSpec(
            rows=rows,
            columns=int(rows * rng.uniform(0.8, 1.05)),
            zones=dict(zip(ZONES, rng.uniform(0, 3, len(ZONES)), strict=True)),
            sex="F" if rng.random() < 0.5 else "M",
            seed=int(rng.integers(2**31)),
        )
        fold = folds[number % len(folds)]
        yield _Picture(draw(spec).pixels, FRONTAL, fold, "phantom", counts=False)


def _film(study: Study, index: int) -> Picture:
    """Return the film (H, W) without the square's borders."""
    square = study.cache.cells[index, 0].astype(np.float32) / np.float32(255)
    return study.cache.frame(index).crop(square)


def _folder(folder: Path, folds: list[int], rng: np.random.Generator) -> Iterator[_Picture]:
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        label = FOLDERS.get(kind.name, "not_chest")
        files = sorted(path for path in kind.rglob("*") if path.is_file())
        for path, fold in zip(files, _dealt(files, folds), strict=True):
            name = kind.name.replace("_", " ")
            picture = _Picture(film_file.read(path).pixels, label, fold, name)
            yield picture
            yield from _copies(picture, rng)


def _dealt(files: list[Path], folds: list[int]) -> list[int]:
    """Return a fold for each file: names alike up to the first underscore are one patient's."""
    owners = [path.stem.split("_")[0] for path in files]
    if len(set(owners)) == 1:
        owners = [path.stem for path in files]
    order = sorted(set(owners), key=lambda owner: hashlib.sha256(owner.encode()).digest())
    return [folds[order.index(owner) % len(folds)] for owner in owners]


def _copies(picture: _Picture, rng: np.random.Generator) -> Iterator[_Picture]:
    for _ in range(CHANGED_COPIES):
        pixels = picture.pixels[:, ::-1] if rng.random() < 0.5 else picture.pixels
        pixels = rotated(np.ascontiguousarray(pixels), float(rng.uniform(-8, 8)))
        pixels = gamma(_zoomed(pixels, rng), float(np.exp(rng.uniform(-0.4, 0.4))))
        yield _Picture(pixels, picture.label, picture.fold, picture.kind, counts=False)


def _zoomed(pixels: Picture, rng: np.random.Generator) -> Picture:
    rows, columns = pixels.shape
    top, bottom, left, right = rng.uniform(0, 0.08, 4)
    return pixels[
        int(top * rows) : rows - int(bottom * rows),
        int(left * columns) : columns - int(right * columns),
    ]
