"""Every film decoded once: squares in one file, so that epochs wait for no decoder."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from radiograde.data.errors import ManifestError, MaskError, Problem
from radiograde.data.film import Film
from radiograde.data.film_header import read_header
from radiograde.data.masks import read_lungs, read_region
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading import film_file
from radiograde.model.scoring.preprocess import Letterbox, Preprocessing, prepare
from radiograde.training.dataset.proportions import unsquashed
from radiograde.training.progress import followed

PLANES = 2
"""The film, and what is marked on it."""

RIGHT, LEFT, UNKNOWN, GROUND_GLASS, CONSOLIDATION = 1, 2, 4, 8, 16
"""Bits of a mark: the patient's right and left lung, where nobody knows whether there is lung,
and opacities as a reader drew them."""

MASK_COLUMNS = (
    *("lung_mask", "right_lung_mask", "left_lung_mask"),
    *("ground_glass_mask", "consolidation_mask"),
)


@dataclass(frozen=True, slots=True)
class FilmCache:
    """Films as the network sees them, and what is marked on them.

    ``cells``: (N, 2, S, S) uint8, memory-mapped: the film, then marks made of the bits above.
    ``frames``: (N, 4) where each film lies: top, left, height, width. ``chosen``: (n,) indices of
    the cells whose films these are; None: all of them, and then n is N.
    """

    cells: NDArray[np.uint8]
    frames: NDArray[np.int32]
    chosen: NDArray[np.int64] | None = None

    def only(self, films: Tensor) -> FilmCache:
        """Return the cache of some films (indices) alone."""
        return FilmCache(self.cells, self.frames[films.numpy()], self._places(films))

    def frame(self, index: int) -> Letterbox:
        """Return where film ``index`` lies in its square."""
        top, left, height, width = (int(value) for value in self.frames[index])
        return Letterbox(self.cells.shape[-1], top, left, height, width)

    def squares(self, films: Tensor) -> Tensor:
        """Return films (n,) as the network takes them: (n, 1, S, S) float32 in [0, 1]."""
        return torch.from_numpy(self.cells[self._places(films), :1]).float() / 255.0

    def picture(self, index: int) -> NDArray[np.float32]:
        """Return film ``index`` (H, W) in [0, 1] without its square's borders."""
        place = self._places(torch.tensor([index]))[0]
        return self.frame(index).crop(self.cells[place, 0].astype(np.float32) / np.float32(255))

    def lungs(self, films: Tensor) -> Tensor:
        """Return the lung masks of films (n,): (n, 2, S, S) bool, the patient's right one first."""
        marks = torch.from_numpy(self.cells[self._places(films), 1])
        return torch.stack([marks & RIGHT, marks & LEFT], 1) > 0

    def _places(self, films: Tensor) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = films.numpy()
        return rows if self.chosen is None else self.chosen[rows]


def open_film_cache(
    films: tuple[Film, ...], spec: Preprocessing, folder: Path, digest: str
) -> FilmCache:
    """Return the cache of the films, built in ``folder`` on first use.

    Raises:
        ManifestError: a film or mask cannot be read; the message names its row.
    """
    key = _key(films, spec, digest)
    cells_path, frames_path = folder / f"{key}.cells.npy", folder / f"{key}.frames.npy"
    if not frames_path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as draft:
            frames = _build(films, spec, Path(draft) / cells_path.name)
            np.save(Path(draft) / frames_path.name, frames)
            for path in (cells_path, frames_path):
                (Path(draft) / path.name).replace(path)
    return FilmCache(np.load(cells_path, mmap_mode="r"), np.load(frames_path))


def _key(films: tuple[Film, ...], spec: Preprocessing, digest: str) -> str:
    """Return a name that changes with the labels, the preprocessing and the files themselves."""
    columns = ("image", *MASK_COLUMNS)
    paths = [path for film in films for name in columns if (path := getattr(film, name))]
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    text = json.dumps([PLANES, digest, asdict(spec), files])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _build(films: tuple[Film, ...], spec: Preprocessing, path: Path) -> NDArray[np.int32]:
    shape = (len(films), PLANES, spec.size, spec.size)
    cells = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    frames = np.zeros((len(films), 4), np.int32)

    def decode(index: int) -> None:
        cells[index], frame = _decoded(films[index], spec)
        frames[index] = frame.top, frame.left, frame.height, frame.width

    with ThreadPoolExecutor() as pool:
        done = pool.map(decode, range(len(films)))
        for _ in followed(done, "Decoding films", len(films)):
            pass
    cells.flush()
    return frames


def _decoded(film: Film, spec: Preprocessing) -> tuple[NDArray[np.uint8], Letterbox]:
    try:
        return decode_film(film, spec)
    except RadiogradeError as error:
        column = "lung_mask" if isinstance(error, MaskError) else "image"
        raise ManifestError([Problem(film.row, column, error.message)]) from error


def decode_film(film: Film, spec: Preprocessing) -> tuple[NDArray[np.uint8], Letterbox]:
    """Return one film's cell (2, S, S) uint8 and where the film lies in it.

    A film that was squashed to a square has its own proportions again.

    Raises:
        RadiogradeError: the film or a mask of it cannot be read.
    """
    read = film_file.read(film.image)
    aspect = read.pixel_aspect if film.original_size is None else 1.0
    square, frame = prepare(unsquashed(read.grey, film), spec, aspect)
    cell = np.zeros((PLANES, spec.size, spec.size), np.uint8)
    cell[0] = np.rint(square * 255.0)
    bottom, right = frame.top + frame.height, frame.left + frame.width
    for bit, mask in _masks(film):
        small = Image.fromarray(mask).resize((frame.width, frame.height), Image.Resampling.NEAREST)
        cell[1, frame.top : bottom, frame.left : right] |= np.asarray(small, np.uint8) * bit
    return cell, frame


def _masks(film: Film) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Yield each bit of the marks and the mask (H, W) of the shown film in which it is set."""
    header = read_header(film.image)
    if film.has_lung_masks:
        filled = read_lungs(film, header)
        drawn = read_lungs(replace(film, heart_in_mask=True), header).lungs
        yield RIGHT, filled.lungs[0]
        yield LEFT, filled.lungs[1]
        # Where the mask leaves out what lies behind the heart, nobody said that it is lung.
        yield UNKNOWN, ~filled.known | (filled.lungs != drawn).any(0)
    if film.ground_glass_mask is not None:
        yield GROUND_GLASS, read_region(film.ground_glass_mask, header)
    if film.consolidation_mask is not None:
        yield CONSOLIDATION, read_region(film.consolidation_mask, header)
