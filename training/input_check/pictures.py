"""Pictures that the input check learns: films, what is out of scope, corrupted films, phantoms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.reading import film_file
from radiograde.model.scoring.input_check import CLASSES, FRONTAL
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.model.scoring.scales import ZONES
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.input_check.corruptions import CORRUPTIONS, Picture, gamma, rotated
from radiograde.training.progress import followed

FRONTAL_FILMS = 700
CORRUPTED_FILMS = 150
"""Frontal films that stand as they are, and those that are corrupted in each way."""

CHANGED_COPIES = 5
"""Changed copies of a picture of a rare kind, so that more is learned from few pictures."""

PHANTOMS = 40

FOLDERS = {
    "child_chest": "child",
    "ct_slice": "not_radiograph",
    "lateral": "lateral_view",
    "limb": "not_chest",
}
"""What a folder of pictures out of scope is named, and what it is; other names: ``not_chest``."""


@dataclass(frozen=True, slots=True)
class LabelledPictures:
    """M prepared pictures and what each is.

    ``squares``: (M, S, S) uint8. ``labels``: (M,) index in ``CLASSES``. ``folds``: (M,).
    ``kinds``: what each was, in words. ``counts``: (M,) False for a changed copy, which is learned
    but not counted in figures.
    """

    squares: NDArray[np.uint8]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
    kinds: tuple[str, ...]
    counts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Picture:
    pixels: Picture
    label: str
    fold: int
    kind: str
    counts: bool = True


def gather_pictures(dataset: FilmDataset, out_of_scope: Path | None, seed: int) -> LabelledPictures:
    """Return the pictures for an input check; the same seed gives the same ones.

    ``out_of_scope``: a folder whose folders are named after what their pictures are; None:
    laterals of the manifest and corrupted films alone.

    Raises:
        RadiogradeError: a picture cannot be read.
    """
    spec = Preprocessing(size=dataset.cache.cells.shape[-1])
    rng = np.random.default_rng(seed)
    found = [*_films(dataset, rng), *_phantoms(dataset, rng)]
    if out_of_scope is not None:
        found += _folder(out_of_scope, dataset.fold_numbers, rng)
    squares = [
        np.rint(prepare(picture.pixels, spec)[0] * 255).astype(np.uint8)
        for picture in followed(found, "Preparing pictures for the input check", len(found))
    ]
    return LabelledPictures(
        np.stack(squares),
        np.array([CLASSES.index(picture.label) for picture in found]),
        np.array([picture.fold for picture in found]),
        tuple(picture.kind for picture in found),
        np.array([picture.counts for picture in found]),
    )


def _films(dataset: FilmDataset, rng: np.random.Generator) -> Iterator[_Picture]:
    """Yield frontal films, lateral ones, and frontal ones corrupted in every way."""
    lateral = dataset.lateral.numpy()
    folds = dataset.folds.numpy()
    frontal = np.flatnonzero(~lateral)
    for film in rng.permutation(frontal)[:FRONTAL_FILMS].tolist():
        yield _Picture(_film(dataset, film), FRONTAL, int(folds[film]), "frontal film")
    for film in np.flatnonzero(lateral).tolist():
        picture = _Picture(_film(dataset, film), "lateral_view", int(folds[film]), "lateral film")
        yield picture
        yield from _copies(picture, rng)
    for label, kind, corrupt in CORRUPTIONS:
        for film in rng.permutation(frontal)[:CORRUPTED_FILMS].tolist():
            yield _Picture(corrupt(_film(dataset, film), rng), label, int(folds[film]), kind)


def _phantoms(dataset: FilmDataset, rng: np.random.Generator) -> Iterator[_Picture]:
    """Yield drawn films, which an installation is tried with and which therefore pass."""
    folds = dataset.fold_numbers
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


def _film(dataset: FilmDataset, index: int) -> Picture:
    """Return the film (H, W) without the square's borders."""
    square = dataset.cache.cells[index, 0].astype(np.float32) / np.float32(255)
    return dataset.cache.frame(index).crop(square)


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
