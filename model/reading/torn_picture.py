"""Damage that no decoder of JPEG can know, seen in the picture: from some place on it is another.

Each block's mean is coded as its difference from the block's before it (T.81 F.1.2.1.3), each
sample of lossless JPEG by its difference from its neighbours (H.1.2.1): one wrong value shifts all
that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIKE, USUAL, UNLIKE = 0.25, 2.0, 0.5
"""How far from the step blocks lie that jump by it: a share of it, or some usual steps; and how far
from none those that do not jump.
"""

NEARLY_ALL = 0.65
LAST = 2
"""Blocks at an end of a row."""

FEWEST, LEAST_SHARE = 8, 0.2
"""Blocks that must be seen to jump, and their share of a row: what is clipped shows no step."""

ABOVE_USUAL = 5.0
VARIED = 0.03
"""Of the range of values: how much a picture varies along a tear, above it and below."""

DRAWN = 0.001
"""Of the range: blocks side by side that differ by less are a drawing's, such as a test pattern."""

GOES_ON, LEVEL = 0.35, 0.2
"""How much steps vary beside the picture, and how much the picture slopes beside the step."""

SMOOTH, GREYS = 4.0, 64
"""Neighbours that belong together: a few usual steps apart, or a sixty-fourth of all greys."""


@dataclass(frozen=True, slots=True)
class _Edges:
    """Means over blocks at the edges between rows of blocks, (edges, blocks); NaN where clipped.

    ``steps``: across the edge, beyond how the picture slopes. ``sides``: (2, ...) the last row
    above and the first below; ``slopes``: (2, ...) of each.
    """

    steps: NDArray[np.float32]
    sides: NDArray[np.float32]
    slopes: NDArray[np.float32]


def is_torn(samples: NDArray[Any], height: int, width: int, most: int) -> bool:
    """Return whether the grey of (H, W) jumps in the middle of a row of blocks, and stays.

    To the right of the place it jumps at the upper edge of that row, to the left at the lower one,
    by the same step, and the same picture goes on beneath. ``height``, ``width``: of a block.
    ``most``: the largest value.
    """
    if samples.shape[0] < 3 * height or samples.shape[1] < FEWEST * width:
        return False
    edges = _edges(samples, height, width, most)
    if np.isnan(edges.steps).all():
        return False
    span = float(np.ptp(samples[::height, ::width]))
    usual = float(np.nanmedian(np.abs(edges.steps)))
    half = edges.steps.shape[1] // 2
    for part in (edges.steps[:-1, half:], edges.steps[1:, :half]):
        step = _medians(part)
        step[np.abs(step) <= ABOVE_USUAL * usual] = 0
        tears = _tears(edges.steps, step, usual)
        if any(_goes_on(edges, row, at, span) for row, at in tears):
            return True
    return False


def _edges(samples: NDArray[Any], height: int, width: int, most: int) -> _Edges:
    at = np.arange(height, samples.shape[0] - 1, height)
    columns = samples.shape[1] // width * width
    rows = np.stack([samples[at + offset, :columns] for offset in (-2, -1, 0, 1)])
    shown = ((rows > 0) & (rows < most)).all(axis=0).reshape(len(at), -1, width)
    blocks = rows.astype(np.float32).reshape(4, *shown.shape)
    counts = shown.sum(axis=2)
    means = (blocks * shown).sum(axis=3) / np.maximum(counts, 1)
    means[:, counts < width // 2] = np.nan
    slopes = np.stack((means[1] - means[0], means[3] - means[2]))
    return _Edges(means[2] - means[1] - slopes.mean(axis=0), means[1:3], slopes)


def _tears(
    steps: NDArray[np.float32], step: NDArray[np.float32], usual: float
) -> Iterator[tuple[int, int]]:
    """Yield the edge above each row of blocks that jumps by its ``step``, and from which block.

    To the left of the block the lower edge jumps, unless it is clipped, and the upper one is still.
    """
    size = np.abs(step)[:, None]
    near = np.maximum(LIKE * size, np.where(size > 0, USUAL * usual, 0))
    edges = steps[:-1], steps[1:]
    seen = [~np.isnan(edge) for edge in edges]
    jump = [np.abs(edge - step[:, None]) < near for edge in edges]
    still = [np.abs(edge) < UNLIKE * size for edge in edges]
    jumps, stills = (_before(jump[1]), _from(jump[0])), (_before(still[0]), _from(still[1]))
    jumps_seen, stills_seen = _before(seen[1]) + _from(seen[0]), _before(seen[0]) + _from(seen[1])
    both = (jumps[1] > 0) & (stills[0] > 0) & (stills[1] > 0)
    both &= (jumps[0] > 0) | (_before(seen[1]) == 0)
    # At an end of the row nothing but the damaged block itself tells a tear from a straight edge.
    wild = seen[0] & ~jump[0] & ~still[0]
    both[:, -LAST:] |= _from(wild)[:, -LAST:] > 0
    both[:, 1 : 1 + LAST] |= _before(wild)[:, 1 : 1 + LAST] > 0
    both &= jumps_seen >= max(FEWEST, LEAST_SHARE * steps.shape[1])
    shares = np.minimum(
        (jumps[0] + jumps[1]) / np.maximum(jumps_seen, 1),
        (stills[0] + stills[1]) / np.maximum(stills_seen, 1),
    )
    shares[~both] = 0
    for row in np.flatnonzero(shares.max(axis=1) > NEARLY_ALL):
        yield int(row), int(shares[row].argmax())


def _goes_on(edges: _Edges, row: int, at: int, span: float) -> bool:
    """Return whether the picture beneath a tear is that above it, but for the step."""

    def along(parts: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.concatenate((parts[..., row + 1, :at], parts[..., row, at:]), axis=-1)

    steps, sides = along(edges.steps), along(edges.sides)
    if np.nanstd(sides, axis=1).min() < VARIED * span:
        return False
    if np.nanmedian(np.abs(np.diff(sides)), axis=1).min() < DRAWN * span:
        return False
    if _spread(steps) > GOES_ON * min(map(_spread, sides)):
        return False
    slopes = np.abs(np.nanmedian(along(edges.slopes), axis=1))
    return bool(slopes.max() < LEVEL * abs(np.nanmedian(steps)))


def _spread(values: NDArray[np.float32]) -> float:
    """Return the median distance from the median."""
    return float(np.nanmedian(np.abs(values - np.nanmedian(values))))


def _medians(parts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median of each row; 0 where nothing of it is known."""
    known = ~np.isnan(parts).all(axis=1)
    medians = np.zeros(len(parts), np.float32)
    medians[known] = np.nanmedian(parts[known], axis=1)
    return medians


def _before(marks: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return how many of a row are marked before each block."""
    counts: NDArray[np.intp] = np.cumsum(marks, axis=1, dtype=np.intp) - marks
    return counts


def _from(marks: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return how many of a row are marked from each block on."""
    counts: NDArray[np.intp] = marks.sum(axis=1, keepdims=True, dtype=np.intp) - _before(marks)
    return counts


def is_beyond(samples: NDArray[Any], precision: int) -> bool:
    """Return whether samples of more than ``precision`` bits prove that the picture is damaged.

    Some writers leave other things in the bits above, or understate the precision: then the lower
    bits, or the whole values, run on where samples within and beyond meet.
    """
    beyond = samples >= 1 << precision
    if not beyond.any():
        return False
    neighbours = [(beyond[1:], beyond[:-1]), (beyond[:, 1:], beyond[:, :-1])]
    usual = _step(samples, [~(one | other) for one, other in neighbours])
    low = samples & ((1 << precision) - 1)
    meet = [one ^ other for one, other in neighbours]
    return min(_step(samples, meet), _step(low, meet)) > SMOOTH * usual + (1 << precision) / GREYS


def _step(samples: NDArray[Any], where: Sequence[NDArray[np.bool_]]) -> float:
    """Return the median step between neighbours, down and to the right, at some places."""
    values = samples.astype(np.int32)
    chosen = [np.abs(np.diff(values, axis=axis))[part] for axis, part in enumerate(where)]
    steps = np.concatenate(chosen)
    return float(np.median(steps)) if steps.size else 0.0
