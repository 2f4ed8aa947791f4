"""Opacities painted into clear films within their lung masks: known to the pixel, up to white.

No reader grades an entirely white lung often enough to learn from, and few masks outline one.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.dataset.augment import AugmentedBatch

WHITE_LUNG = 0.2
"""Probability that one whole lung is painted dense."""

COARSEST, FINEST = 3, 9
"""Patches across a film."""

LIGHTEST, DENSEST = 0.3, 0.95
"""How much of the way to white an opacity goes."""


def painted(batch: AugmentedBatch, films: Tensor, rng: torch.Generator) -> AugmentedBatch:
    """Return the batch with opacities painted into ``films`` (indices), which have lung masks.

    What is painted is in ``opacity``, 0 where the lung is left clear; ``painted`` says which films
    these are. Their grades and what was read of them hold no longer.
    """
    opacity = torch.zeros_like(batch.images)
    images = batch.images.clone()
    for film in films.tolist():
        drawn = _opacity(batch.lungs[film], rng)
        white = torch.quantile(images[film], 0.9 + 0.08 * float(torch.rand(1, generator=rng)))
        images[film] = images[film] + drawn * (white - images[film]).clamp(min=0.0)
        opacity[film] = drawn
    chosen = torch.zeros(len(images), device=images.device)
    chosen[films] = 1.0
    return replace(batch, images=images, opacity=opacity, painted=chosen)


def _opacity(lungs: Tensor, rng: torch.Generator) -> Tensor:
    """Return how dense each point of a film (1, S, S) becomes within lungs (2, S, S), 0-1."""
    if float(torch.rand(1, generator=rng)) < WHITE_LUNG:
        side = int(torch.randint(2, (1,), generator=rng))
        return lungs[side : side + 1] * (0.8 + 0.2 * float(torch.rand(1, generator=rng)))
    size = lungs.shape[-1]
    share, density, edge = torch.rand(3, generator=rng).tolist()
    cells = int(torch.randint(COARSEST, FINEST + 1, (1,), generator=rng))
    noise = torch.randn(1, 1, cells, cells, generator=rng).to(lungs.device)
    field = F.interpolate(noise, (size, size), mode="bicubic", align_corners=False)[0]
    lung = lungs.amax(0, keepdim=True)
    within = field[lung > 0.5]
    if not len(within):
        return torch.zeros_like(lung)
    cut = torch.quantile(within, 1.0 - 0.05 - 0.9 * share)
    depth = LIGHTEST + (DENSEST - LIGHTEST) * density
    opacity: Tensor = lung * depth * ((field - cut) * (4.0 + 20.0 * edge)).sigmoid()
    return opacity
