"""Training samples from films: a box, turned, stretched, mirrored, and exposed differently.

Everything happens on whole batches on the training device, masks and boxes beside the film.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.config import AugmentConfig
from radiograde.training.dataset.film_cache import (
    CONSOLIDATION,
    GROUND_GLASS,
    LEFT,
    RIGHT,
    UNKNOWN,
)
from radiograde.training.dataset.processing import processed

WHOLE = torch.tensor([-1.0, -1.0, 1.0, 1.0])
BITS = (RIGHT, LEFT, UNKNOWN, GROUND_GLASS, CONSOLIDATION)


@dataclass(frozen=True, slots=True)
class AugmentedBatch:
    """Images (N, 1, S, S) in [0, 1] with what is marked on them, 0 or 1.

    ``lungs``: (N, 2, S, S). ``unknown``: (N, 1, S, S) where no mask says whether there is lung.
    ``opacities``: (N, 2, S, S) ground glass and consolidation as drawn. ``opacity``: (N, 1, S, S)
    how dense an opacity was painted in; ``painted``: (N,) 1 where one was, else 0. ``boxes``:
    (N, 8, 4) in [-1, 1], NaN where there is none. ``mirror``: (N,) mirrored or not.
    """

    images: Tensor
    lungs: Tensor
    unknown: Tensor
    opacities: Tensor
    opacity: Tensor
    painted: Tensor
    boxes: Tensor
    mirror: Tensor


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Films as they lie in the cache, and where on them is what.

    ``cells``: (N, 2, S, S) uint8, film and marks. ``lung_boxes``: (N, 4) around the lungs,
    ``boxes``: (N, 8, 4) around opacities, NaN where there is none, both in [-1, 1].
    """

    cells: Tensor
    lung_boxes: Tensor
    boxes: Tensor


def augment_batch(
    raw: RawBatch, side: int, config: AugmentConfig, rng: torch.Generator
) -> AugmentedBatch:
    """Return one random training sample of each film.

    ``rng`` is a CPU generator, so that a run repeats itself on any device.
    """
    cells, device, count = raw.cells, raw.cells.device, len(raw.cells)
    mirror = torch.rand(count, generator=rng) < config.mirror
    whole = torch.rand(count, generator=rng) < config.whole_film
    view = torch.where(whole[:, None], WHOLE, raw.lung_boxes)
    theta = _placement(_jittered(view, config, rng), _angles(count, config, rng), mirror)
    grid = F.affine_grid(theta, [count, 1, side, side], align_corners=False).to(device)
    films = F.grid_sample(cells[:, :1].float() / 255.0, grid, align_corners=False)
    drawn = F.grid_sample(cells[:, 1:].float(), grid, mode="nearest", align_corners=False)
    marks = drawn.to(torch.uint8)
    right, left, unknown, glass, solid = ((marks & bit > 0).float() for bit in BITS)
    lungs = torch.cat([right, left], 1)
    lungs = torch.where(mirror.to(device)[:, None, None, None], lungs.flip(1), lungs)
    return AugmentedBatch(
        processed(films, config, rng),
        lungs,
        unknown,
        torch.cat([glass, solid], 1),
        torch.zeros_like(unknown),
        torch.zeros(count, device=device),
        _moved(raw.boxes, theta).to(device),
        mirror.to(device),
    )


def concatenate(batches: Sequence[AugmentedBatch]) -> AugmentedBatch:
    """Return the samples of all batches in one, in their order."""
    columns = (field.name for field in fields(AugmentedBatch))
    return AugmentedBatch(*(torch.cat([getattr(b, name) for b in batches]) for name in columns))


def uniform(count: int, limit: float, rng: torch.Generator, width: int = 1) -> Tensor:
    """Return random numbers (count, width) in [-limit, limit]."""
    return (torch.rand(count, width, generator=rng) * 2 - 1) * limit


def _jittered(boxes: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    count = len(boxes)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = boxes[:, 2:] - boxes[:, :2]
    centre = centre + size * uniform(count, config.shift, rng, 2)
    half = size / 2 * (1 + uniform(count, config.zoom, rng, 2))
    return torch.cat([centre - half, centre + half], 1)


def _angles(count: int, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    return uniform(count, math.radians(config.rotate), rng)[:, 0]


def _placement(boxes: Tensor, angles: Tensor, mirror: Tensor) -> Tensor:
    """Return the matrices (N, 2, 3) from a point of a sample to a point of its film."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    x = half[:, 0] * torch.where(mirror, -1.0, 1.0)
    y = half[:, 1]
    cos, sin = angles.cos(), angles.sin()
    rows = (
        torch.stack([cos * x, -sin * y, centre[:, 0]], 1),
        torch.stack([sin * x, cos * y, centre[:, 1]], 1),
    )
    return torch.stack(rows, 1)


def _moved(boxes: Tensor, theta: Tensor) -> Tensor:
    """Return boxes (N, K, 4) of films where they lie in the samples, upright still.

    A turned box keeps its size: its corners would claim more than the reader framed.
    """
    inverse = torch.linalg.inv(theta[:, :, :2])
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2 - theta[:, None, :, 2]
    half = (boxes[..., 2:] - boxes[..., :2]) / 2
    centre = torch.einsum("nij,nkj->nki", inverse, centre)
    # Of the matrix without its turn: one over the halves of the view.
    half = half * inverse.square().sum(2).sqrt()[:, None]
    return torch.cat([centre - half, centre + half], 2)
