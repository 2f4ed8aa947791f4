"""Painting over what may be text burned into a film's pixels.

Letters have what anatomy has not: many steps between neighbours that are large beside those of
the film itself. No letter is read. What looks like text is covered by blocks of its surroundings,
so that more goes than has to: edges of collimators, side marks, hard edges of metal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[Any]
Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

BLOCKS_ALONG = 192
"""Blocks along the longer side of a film."""

LEAST_STEP = 0.06
"""A step that may belong to a letter, of the range of greys; ten times what anatomy has."""

TIMES_USUAL = 3.0
"""And how many times the largest step of a usual block of the film it has to be."""

TIMES_NOISE, FAINTEST_STEP = 8.0, 0.015
"""In a smooth block less is enough: so many times its own median step, and this of the range."""

LEAST_SHARE = 0.02
"""Of a block's pixels that have such a step."""

NEAR_LUNGS = 1.5
"""How much larger a step has to be in lungs, whose ribs, leads and clips have edges, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Codes without what may be text; ``share``: of the film's area that was painted over."""

    codes: Codes
    share: float


def paint_over_text(codes: Codes, lungs: Mask | None = None) -> Painted:
    """Return a film whose text is covered.

    ``codes``: (H, W), unsigned. ``lungs``: (h, w) of any size over the same area; None where none
    were found.
    """
    side = max(4, round(max(codes.shape) / BLOCKS_ALONG))
    grey = codes.astype(np.float32)
    found = _like_text(grey, side, lungs) | _like_text(_equalised(codes), side, lungs)
    found = _grown(_grown(found))
    return Painted(_covered(codes, grey, found, side), float(found.mean()))


def _like_text(grey: Grey, side: int, lungs: Mask | None) -> Mask:
    """Return which blocks have many steps as letters have them."""
    blocks = _blocks(_steps(grey), side)
    usual = float(np.median(blocks.max(axis=(1, 3))))
    low, high = np.percentile(grey[:: side // 2, :: side // 2], (1, 99))
    least = max(LEAST_STEP * float(high - low), TIMES_USUAL * usual)
    noise = np.median(blocks, axis=(1, 3))
    limits = np.clip(TIMES_NOISE * noise, FAINTEST_STEP * float(high - low), least)
    if lungs is not None:
        limits[_resized(lungs, (blocks.shape[0], blocks.shape[2]))] *= NEAR_LUNGS
    steep = blocks > limits[:, None, :, None]
    found: Mask = steep.mean(axis=(1, 3)) >= LEAST_SHARE
    return found


def _equalised(codes: Codes) -> Grey:
    """Return each code's rank in the film: what is faint in dark parts is not faint there."""
    counts = np.bincount(codes.ravel())
    ranks = (np.cumsum(counts) - counts / 2) / codes.size
    return ranks.astype(np.float32)[codes]


def _steps(grey: Grey) -> Grey:
    """Return at each pixel the larger of the steps over two pixels, down and to the right."""
    padded = np.pad(grey, ((0, 2), (0, 2)), mode="edge")
    down = np.abs(padded[2:, :-2] - grey)
    right = np.abs(padded[:-2, 2:] - grey)
    larger: Grey = np.maximum(down, right)
    return larger


def _blocks(values: Grey, side: int) -> Grey:
    """Return values as (rows of blocks, side, columns of blocks, side), padded by edges."""
    rows, columns = (-(-length // side) for length in values.shape)
    missing = [
        (0, count * side - length)
        for count, length in zip((rows, columns), values.shape, strict=True)
    ]
    padded = np.pad(values, missing, mode="edge")
    return padded.reshape(rows, side, columns, side)


def _resized(mask: Mask, shape: tuple[int, int]) -> Mask:
    rows, columns = (
        (np.arange(length) * have) // length for length, have in zip(shape, mask.shape, strict=True)
    )
    resized: Mask = mask[rows][:, columns]
    return resized


def _grown(mask: Mask) -> Mask:
    """Return a mask with the blocks around it: a letter's ends are faint."""
    padded = np.pad(mask, 1)
    rows, columns = mask.shape
    around = [
        padded[top : top + rows, left : left + columns] for top in range(3) for left in range(3)
    ]
    grown: Mask = np.logical_or.reduce(around)
    return grown


def _covered(codes: Codes, grey: Grey, found: Mask, side: int) -> Codes:
    """Return the codes with the found blocks in the mean of the blocks around them."""
    means = _blocks(grey, side).mean(axis=(1, 3))
    fill = _filled(means, ~found)
    rows, columns = codes.shape
    spread = np.repeat(np.repeat(fill, side, 0), side, 1)[:rows, :columns]
    where = np.repeat(np.repeat(found, side, 0), side, 1)[:rows, :columns]
    return np.where(where, np.rint(spread).astype(codes.dtype), codes)


def _filled(means: Grey, known: Mask) -> Grey:
    """Return the means with the unknown ones taken from their neighbours, ring by ring."""
    means, known = np.where(known, means, 0).astype(np.float32), known.copy()
    if not known.any():
        return means
    while not known.all():
        total, count = _sums(means), _sums(known.astype(np.float32))
        reached = ~known & (count > 0)
        means[reached] = total[reached] / count[reached]
        known |= reached
    return means


def _sums(values: Grey) -> Grey:
    """Return at each place the sum of its four neighbours."""
    padded = np.pad(values, 1)
    return padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
