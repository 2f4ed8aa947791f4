"""Pictures that the input check learns: real ones of every kind, corrupted films, phantoms.

Figures count the real ones alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
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
from radiograde.training.input_check.picture_kind import (
    CLASS_OF_KIND,
    KINDS,
    ORDINARY,
    kind_of,
)
from radiograde.training.progress import followed

FRONTAL_FILMS = 5000
CORRUPTED_FILMS = 150
"""Frontal films that stand as they are, of all sources alike, and those corrupted in each way."""

CHANGED_COPIES = 5
ENOUGH = 300
"""Of a kind with fewer pictures more is learned from changed copies of them, up to so many each."""

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
    ``kinds``: what each was, in words. ``counts``: (M,) False for what was drawn, corrupted or
    otherwise changed, which is learned but not counted in figures.
    """

    squares: NDArray[np.uint8]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
    kinds: tuple[str, ...]
    counts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture that is made when its turn comes: all of them at once would fill the memory."""

    make: Callable[[], Picture]
    label: str
    fold: int
    kind: str
    counts: bool = True


def gather_pictures(dataset: FilmDataset, out_of_scope: Path | None, seed: int) -> LabelledPictures:
    """Return the pictures for an input check; the same seed gives the same ones.

    ``out_of_scope``: a folder of more pictures that are no frontal films of adults; its folders are
    named after what they hold.

    Raises:
        RadiogradeError: a picture cannot be read.
    """
    spec = Preprocessing(size=dataset.cache.cells.shape[-1])
    rng = np.random.default_rng(seed)
    found = [*_films(dataset, rng), *_corrupted(dataset, rng), *_phantoms(dataset, rng)]
    if out_of_scope is not None:
        found += _with_copies(list(_folder(out_of_scope, dataset.fold_numbers, spec)), rng)
    squares = np.empty((len(found), spec.size, spec.size), np.uint8)
    shown = followed(found, "Preparing pictures for the input check", len(found))
    for square, picture in zip(squares, shown, strict=True):
        square[:] = np.rint(prepare(picture.make(), spec)[0] * 255)
    return LabelledPictures(
        squares,
        np.array([CLASSES.index(picture.label) for picture in found]),
        np.array([picture.fold for picture in found]),
        tuple(picture.kind for picture in found),
        np.array([picture.counts for picture in found]),
    )


def _films(dataset: FilmDataset, rng: np.random.Generator) -> Iterator[_Picture]:
    """Yield the manifest's films: many ordinary ones, and all that should be turned away."""
    kinds = np.array([kind_of(film) for film in dataset.manifest.films])
    for film in _of_all_sources(dataset, np.flatnonzero(kinds == ORDINARY), rng):
        yield _picture(dataset, film, ORDINARY)
    for kind in KINDS[1:]:
        pictures = [
            _picture(dataset, film, kind) for film in np.flatnonzero(kinds == kind).tolist()
        ]
        yield from _with_copies(pictures, rng)


def _of_all_sources(
    dataset: FilmDataset, films: NDArray[np.int64], rng: np.random.Generator
) -> list[int]:
    """Return up to ``FRONTAL_FILMS`` of the films, a film of each source in turn."""
    by_source: dict[int, list[int]] = defaultdict(list)
    source = dataset.source.numpy()
    for film in rng.permutation(films).tolist():
        by_source[source[film]].append(film)
    turns = zip_longest(*by_source.values())
    dealt = [film for turn in turns for film in turn if film is not None]
    return dealt[:FRONTAL_FILMS]


def _corrupted(dataset: FilmDataset, rng: np.random.Generator) -> Iterator[_Picture]:
    frontal = np.flatnonzero(dataset.in_scope.numpy())
    for label, kind, corrupt in CORRUPTIONS:
        for film in rng.permutation(frontal)[:CORRUPTED_FILMS].tolist():
            make = partial(_corrupt, corrupt, partial(dataset.cache.picture, film), rng)
            yield _Picture(make, label, int(dataset.folds[film]), kind, counts=False)


def _corrupt(
    corrupt: Callable[[Picture, np.random.Generator], Picture],
    make: Callable[[], Picture],
    rng: np.random.Generator,
) -> Picture:
    return corrupt(make(), rng)


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
        yield _Picture(partial(_drawn, spec), FRONTAL, fold, "phantom", counts=False)


def _drawn(spec: PhantomSpec) -> Picture:
    return draw(spec).pixels


def _picture(dataset: FilmDataset, film: int, kind: str) -> _Picture:
    label = CLASS_OF_KIND[kind]
    return _Picture(partial(dataset.cache.picture, film), label, int(dataset.folds[film]), kind)


def _folder(folder: Path, folds: list[int], spec: Preprocessing) -> Iterator[_Picture]:
    """Yield the pictures in a folder; what a folder is called is what its pictures are."""
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        label = FOLDERS.get(kind.name, "not_chest")
        files = sorted(path for path in kind.rglob("*") if path.is_file())
        for path, fold in zip(files, _dealt(files, folds), strict=True):
            yield _Picture(partial(_read, path, spec), label, fold, kind.name.replace("_", " "))


def _read(path: Path, spec: Preprocessing) -> Picture:
    """Return a picture as the manifest's films are: in square pixels, and as small."""
    read = film_file.read(path)
    square, frame = prepare(read.grey, spec, read.pixel_aspect)
    return frame.crop(square)


def _dealt(files: list[Path], folds: list[int]) -> list[int]:
    """Return a fold for each file: names alike up to the first underscore are one patient's."""
    owners = [path.stem.split("_")[0] for path in files]
    if len(set(owners)) == 1:
        owners = [path.stem for path in files]
    order = sorted(set(owners), key=lambda owner: hashlib.sha256(owner.encode()).digest())
    return [folds[order.index(owner) % len(folds)] for owner in owners]


def _with_copies(pictures: Sequence[_Picture], rng: np.random.Generator) -> Iterator[_Picture]:
    """Yield pictures, each before its changed copies: more of a kind of which there are few."""
    having = Counter(picture.kind for picture in pictures)
    for picture in pictures:
        yield picture
        copies = min(CHANGED_COPIES, max(1, ENOUGH // having[picture.kind]))
        for _ in range(copies):
            yield replace(picture, make=partial(_changed, picture.make, rng), counts=False)


def _changed(make: Callable[[], Picture], rng: np.random.Generator) -> Picture:
    pixels = make()[:, ::-1] if rng.random() < 0.5 else make()
    pixels = rotated(np.ascontiguousarray(pixels), float(rng.uniform(-8, 8)))
    return gamma(_zoomed(pixels, rng), float(np.exp(rng.uniform(-0.4, 0.4))))


def _zoomed(pixels: Picture, rng: np.random.Generator) -> Picture:
    rows, columns = pixels.shape
    top, bottom, left, right = rng.uniform(0, 0.08, 4)
    return pixels[
        int(top * rows) : rows - int(bottom * rows),
        int(left * columns) : columns - int(right * columns),
    ]
