"""Training samples from films: a box, turned, stretched, mirrored, and exposed differently.

Everything happens on whole batches on the training device, masks beside the film.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torchvision.transforms.v2.functional import gaussian_blur

from radiograde.training.config import AugmentConfig

WHOLE = torch.tensor([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class AugmentedBatch:
    """Images (N, 1, S, S) in [0, 1], lung masks (N, 2, S, S) in [0, 1], mirrored or not (N,)."""

    images: Tensor
    lungs: Tensor
    mirror: Tensor


def augment_batch(
    cells: Tensor, boxes: Tensor, side: int, config: AugmentConfig, rng: torch.Generator
) -> AugmentedBatch:
    """Return one random training sample of each film.

    ``cells``: (N, 3, S, S) uint8, film and lung masks. ``boxes``: (N, 4) around the lungs, in
    [-1, 1]. ``rng`` is a CPU generator, so that a run repeats itself on any device.
    """
    count = len(cells)
    mirror = torch.rand(count, generator=rng) < config.mirror
    whole = torch.rand(count, generator=rng) < config.whole_film
    boxes = torch.where(whole[:, None], WHOLE, boxes)
    grid = _grid(_jittered(boxes, config, rng), _angles(count, config, rng), mirror, side)
    sampled = F.grid_sample(cells.float() / 255.0, grid.to(cells.device), align_corners=False)
    lungs = torch.where(
        mirror.to(cells.device)[:, None, None, None], sampled[:, 1:].flip(1), sampled[:, 1:]
    )
    return AugmentedBatch(_exposed(sampled[:, :1], config, rng), lungs, mirror.to(cells.device))


def concatenate(batches: Sequence[AugmentedBatch]) -> AugmentedBatch:
    """Return the samples of all batches in one, in their order."""
    columns = (field.name for field in fields(AugmentedBatch))
    return AugmentedBatch(*(torch.cat([getattr(b, name) for b in batches]) for name in columns))


def _uniform(count: int, limit: float, rng: torch.Generator, width: int = 1) -> Tensor:
    return (torch.rand(count, width, generator=rng) * 2 - 1) * limit


def _jittered(boxes: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    count = len(boxes)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    centre = centre + half * _uniform(count, config.shift, rng, 2)
    half = half * (1 + _uniform(count, config.zoom, rng, 2))
    return torch.cat([centre - half, centre + half], 1)


def _angles(count: int, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    return _uniform(count, math.radians(config.rotate), rng)[:, 0]


def _grid(boxes: Tensor, angles: Tensor, mirror: Tensor, side: int) -> Tensor:
    """Return where in the film each pixel of a sample lies: (N, side, side, 2)."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    x = half[:, 0] * torch.where(mirror, -1.0, 1.0)
    y = half[:, 1]
    cos, sin = angles.cos(), angles.sin()
    theta = torch.stack(
        [
            torch.stack([cos * x, -sin * y, centre[:, 0]], 1),
            torch.stack([sin * x, cos * y, centre[:, 1]], 1),
        ],
        1,
    )
    return F.affine_grid(theta, [len(boxes), 1, side, side], align_corners=False)


def _exposed(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images with another gamma, contrast, grain, sharpness and stray markers."""
    count, device = len(images), images.device

    def each(limit: float) -> Tensor:
        return _uniform(count, limit, rng).to(device)[..., None, None]

    images = images.clamp(1e-4, 1.0) ** each(config.gamma).exp()
    images = images * (1 + each(config.contrast)) + each(config.contrast / 3)
    if float(torch.rand(1, generator=rng)) < config.blur:
        sigma = 0.4 + float(torch.rand(1, generator=rng))
        images = gaussian_blur(images, [5, 5], [sigma, sigma])
    grain = torch.randn(images.shape, generator=rng).to(device)
    images = images + grain * each(config.noise).abs()
    return _marked(images, config, rng).clamp(0.0, 1.3)


def _marked(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    side = images.shape[-1]
    for image in images:
        if float(torch.rand(1, generator=rng)) >= config.marker:
            continue
        height, width, top, left = (
            int(value)
            for value in torch.rand(4, generator=rng) * torch.tensor([24, 40, side, side])
        )
        bright = float(torch.rand(1, generator=rng)) < 0.7
        image[:, top : top + height + 3, left : left + width + 3] = 1.0 if bright else 0.0
    return images
