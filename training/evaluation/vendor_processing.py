"""What vendors, archives and screens do to the same exposure, for films to be graded after it.

Each change takes a film (H, W) float32 in [0, 1], air dark, and returns one. They are written
apart from the augmentation of training, so that a model is not measured with its own tricks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from radiograde.training.evaluation.served.film_grader import Change
from radiograde.training.input_check.corruptions import downscaled, gamma, jpeg

Picture = NDArray[np.float32]

LEVELS = 256
TILES = 8
CLIP = 3.0
"""A grey value may be this many times as frequent in a tile as on average: OpenCV's usual."""


def locally_equalised(film: Picture) -> Picture:
    """Return the film after contrast-limited adaptive histogram equalisation.

    Zuiderveld, Graphics Gems IV (1994), 474-485: ``TILES`` a side, ``CLIP``.
    """
    grey = np.clip(film * (LEVELS - 1), 0, LEVELS - 1).astype(int)
    row, column = (_places(side) for side in film.shape)
    curves = np.stack(
        [
            [_curve(grey[np.ix_(rows, columns)]) for columns in _tiles(film.shape[1])]
            for rows in _tiles(film.shape[0])
        ]
    )
    (top, below, down), (left, beside, across) = row, column
    down, across = down[:, None], across[None, :]
    upper = (1 - across) * curves[top[:, None], left[None], grey]
    upper += across * curves[top[:, None], beside[None], grey]
    lower = (1 - across) * curves[below[:, None], left[None], grey]
    lower += across * curves[below[:, None], beside[None], grey]
    equalised: Picture = ((1 - down) * upper + down * lower).astype(np.float32)
    return equalised


def equalised(film: Picture) -> Picture:
    """Return the film with every grey value equally frequent."""
    grey = np.clip(film * (LEVELS - 1), 0, LEVELS - 1).astype(int)
    counts = np.bincount(grey.ravel(), minlength=LEVELS)
    curve = np.cumsum(counts) / grey.size
    mapped: Picture = curve[grey].astype(np.float32)
    return mapped


def unsharp(film: Picture, radius: float, gain: float) -> Picture:
    """Return the film with what a blur leaves out raised. ``radius``: share of the longer side."""
    detail = film - blurred(film, radius * max(film.shape))
    sharpened: Picture = np.clip(film + np.float32(gain) * detail, 0, 1)
    return sharpened


def soft(film: Picture, radius: float) -> Picture:
    """Return the film out of focus. ``radius``: share of the longer side."""
    return blurred(film, radius * max(film.shape))


def bordered(film: Picture, shade: float, share: float = 0.08) -> Picture:
    """Return the film with a border of one shade, as wide as ``share`` of each side."""
    rows, columns = (max(1, round(side * share)) for side in film.shape)
    return np.pad(film, ((rows, rows), (columns, columns)), constant_values=shade)


def blurred(film: Picture, radius: float) -> Picture:
    """Return the film blurred by about a Gaussian of ``radius`` pixels: three means in a row."""
    width = 2 * max(1, round(radius * 0.94)) + 1
    for axis in (0, 1) * 3:
        film = _mean_along(film, width, axis)
    return film


def _mean_along(film: Picture, width: int, axis: int) -> Picture:
    reach = [(0, 0), (0, 0)]
    reach[axis] = (width // 2 + 1, width // 2)
    sums = np.cumsum(np.pad(film, reach, mode="edge"), axis, dtype=np.float64)
    side = film.shape[axis]
    ends, begins = sums.take(range(width, width + side), axis), sums.take(range(side), axis)
    mean: Picture = ((ends - begins) / width).astype(np.float32)
    return mean


def _tiles(side: int) -> list[NDArray[np.int64]]:
    return np.array_split(np.arange(side), TILES)


def _curve(grey: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return where a tile's grey values go, (LEVELS,) in [0, 1]."""
    counts = np.bincount(grey.ravel(), minlength=LEVELS).astype(float)
    limit = max(1.0, CLIP * grey.size / LEVELS)
    over = np.maximum(counts - limit, 0).sum()
    curve: NDArray[np.float64] = np.cumsum(np.minimum(counts, limit) + over / LEVELS) / grey.size
    return curve


def _places(side: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the tiles before and after each point, and how far it lies between their middles."""
    middles = np.array([tile.mean() for tile in _tiles(side)])
    place = np.interp(np.arange(side), middles, np.arange(TILES))
    before = np.floor(place).astype(int)
    return before, np.minimum(before + 1, TILES - 1), place - before


VENDOR_PROCESSING: Mapping[str, Change] = {
    "local contrast (CLAHE)": locally_equalised,
    "broad unsharp mask": partial(unsharp, radius=0.06, gain=0.8),
    "fine unsharp mask": partial(unsharp, radius=0.006, gain=1.5),
    "histogram equalisation": equalised,
    "gamma 0.7": partial(gamma, exponent=0.7),
    "gamma 1.4": partial(gamma, exponent=1.4),
    "softness": partial(soft, radius=0.006),
    "black border": partial(bordered, shade=0.0),
    "white border": partial(bordered, shade=1.0),
    "longest side 224 pixels": partial(downscaled, side=224),
    "JPEG quality 60": partial(jpeg, quality=60),
}
"""Changes by the names that gradings are kept under: another change needs another name."""
