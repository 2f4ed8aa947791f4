"""Every film decoded once: squares in one file, so that epochs wait for no decoder."""

from __future__ import annotations

import hashlib
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from radiograde.data.errors import ManifestError, MaskError, Problem
from radiograde.data.film import Film
from radiograde.data.masks import read_lungs
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading import film_file
from radiograde.model.scoring.preprocess import Letterbox, Preprocessing, prepare

BYTES_A_CELL = 3
"""Film, patient's right lung, patient's left lung."""


@dataclass(frozen=True, slots=True)
class FilmCache:
    """Films and lung masks as the network sees them.

    ``cells``: (N, 3, S, S) uint8, memory-mapped: the film, then the masks of the patient's right
    and left lung, 0 or 255. ``frames``: (N, 4) where each film lies: top, left, height, width.
    """

    cells: NDArray[np.uint8]
    frames: NDArray[np.int32]

    def frame(self, index: int) -> Letterbox:
        """Return where film ``index`` lies in its square."""
        top, left, height, width = (int(value) for value in self.frames[index])
        return Letterbox(self.cells.shape[-1], top, left, height, width)


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
    masks = [(film.lung_mask, film.right_lung_mask, film.left_lung_mask) for film in films]
    images = [film.image for film in films]
    paths = [path for path in (*images, *chain(*masks)) if path is not None]
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(json.dumps([digest, asdict(spec), files]).encode()).hexdigest()[:16]


def _build(films: tuple[Film, ...], spec: Preprocessing, path: Path) -> NDArray[np.int32]:
    shape = (len(films), BYTES_A_CELL, spec.size, spec.size)
    cells = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    frames = np.zeros((len(films), 4), np.int32)

    def decode(index: int) -> None:
        cells[index], frame = _decoded(films[index], spec)
        frames[index] = frame.top, frame.left, frame.height, frame.width

    with ThreadPoolExecutor() as pool:
        done = pool.map(decode, range(len(films)))
        for _ in track(done, "Decoding films", total=len(films)):
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
    """Return one film's cell (3, S, S) uint8 and where the film lies in it."""
    square, frame = prepare(film_file.read(film.image).pixels, spec)
    cell = np.zeros((BYTES_A_CELL, spec.size, spec.size), np.uint8)
    cell[0] = np.rint(square * 255.0)
    if film.has_lung_masks:
        cell[1:] = _in_frame(read_lungs(film).lungs, frame)
    return cell, frame


def _in_frame(lungs: NDArray[np.bool_], frame: Letterbox) -> NDArray[np.uint8]:
    squares = np.zeros((2, frame.size, frame.size), np.uint8)
    bottom, right = frame.top + frame.height, frame.left + frame.width
    for square, lung in zip(squares, lungs, strict=True):
        small = Image.fromarray(lung).resize((frame.width, frame.height), Image.Resampling.NEAREST)
        square[frame.top : bottom, frame.left : right] = np.asarray(small, np.uint8) * 255
    return squares
