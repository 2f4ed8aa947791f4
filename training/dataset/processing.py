"""What machines and archives do to a film: tone, local contrast, softness, grain, borders, JPEG.

Each function takes images (N, 1, S, S) in [0, 1] and changes every film in its own way.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.config import AugmentConfig

KNOTS = 6
"""Points of a tone curve between black and white."""

COARSENESS = (32, 16, 8, 4)
"""Cells a side of the blurred film that local contrast is measured against: small to broad."""

BLUR_REACH = 4
"""Pixels to either side that a soft film's kernel reaches."""


def processed(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images as other machines, archives and exposures would have left them."""
    images = _toned(images.clamp(0.0, 1.0), config, rng)
    images = _locally_contrasted(images, config, rng)
    images = _downscaled(images, config, rng)
    images = _blurred(images, config, rng)
    images = images * (1 + _each(images, config.contrast, rng))
    images = images + _each(images, config.contrast / 3, rng)
    grain = torch.randn(images.shape, generator=rng).to(images.device)
    images = images + grain * _each(images, config.noise, rng).abs()
    images = _compressed(images, config, rng)
    return _bordered(_marked(images, config, rng), config, rng).clamp(0.0, 1.3)


def _each(images: Tensor, limit: float, rng: torch.Generator) -> Tensor:
    """Return a number in [-limit, limit] for every film, (N, 1, 1, 1)."""
    values = (torch.rand(len(images), 1, 1, 1, generator=rng) * 2 - 1) * limit
    return values.to(images.device)


def _chosen(images: Tensor, probability: float, rng: torch.Generator) -> Tensor:
    """Return the indices of the films that something happens to."""
    return torch.nonzero(torch.rand(len(images), generator=rng) < probability)[:, 0]


def _toned(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images along another gamma and another rising curve."""
    images = images.clamp(min=1e-4) ** _each(images, config.gamma, rng).exp()
    steps = (torch.randn(len(images), KNOTS, generator=rng) * config.tone).exp()
    heights = F.pad(steps.cumsum(1) / steps.sum(1, keepdim=True), (1, 0)).to(images.device)
    place = images.flatten(1) * KNOTS
    below = place.floor().clamp(0, KNOTS - 1)
    start = heights.gather(1, below.long())
    end = heights.gather(1, below.long() + 1)
    return (start + (place - below) * (end - start)).reshape(images.shape)


def _locally_contrasted(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images sharpened or flattened against a blur of a random radius."""
    if not config.local_contrast:
        return images
    side = images.shape[-1]
    broad = [
        F.interpolate(
            F.interpolate(images, (max(2, side * cells // 224),) * 2, mode="area"),
            (side, side),
            mode="bilinear",
            align_corners=False,
        )
        for cells in COARSENESS
    ]
    which = torch.randint(len(broad), (len(images),), generator=rng)
    background = torch.stack(broad, 1)[torch.arange(len(images)), which]
    gain = _each(images, config.local_contrast, rng)
    # Sharpening goes further than flattening: 1 doubles what -0.5 halves.
    gain = torch.where(gain > 0, 2 * gain, gain)
    return (background + (1 + gain) * (images - background)).clamp(0.0, 1.0)


def _downscaled(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images, some with no more detail than a small copy holds."""
    side = images.shape[-1]
    for film in _chosen(images, config.downscale, rng).tolist():
        small = int(side * (0.35 + 0.5 * float(torch.rand(1, generator=rng))))
        copy = F.interpolate(images[film : film + 1], (small, small), mode="area")
        images[film] = F.interpolate(copy, (side, side), mode="bilinear", align_corners=False)[0]
    return images


def _blurred(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images, some of them soft, each in its own degree."""
    films = _chosen(images, config.blur, rng)
    if not len(films):
        return images
    sigma = 0.4 + 1.2 * torch.rand(len(films), 1, generator=rng)
    reach = torch.arange(-BLUR_REACH, BLUR_REACH + 1)
    kernel = torch.softmax(-(reach.square()) / (2 * sigma.square()), 1).to(images.device)
    soft = F.pad(images[films][:, 0][None], (BLUR_REACH,) * 4, mode="reflect")
    soft = F.conv2d(soft, kernel[:, None, :, None], groups=len(films))
    images[films] = F.conv2d(soft, kernel[:, None, None, :], groups=len(films))[0][:, None]
    return images


def _compressed(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images, some after lossy compression."""
    for film in _chosen(images, config.jpeg, rng).tolist():
        quality = 30 + int(60 * float(torch.rand(1, generator=rng)))
        pixels = (images[film, 0].clamp(0.0, 1.0) * 255).round().to(torch.uint8).cpu()
        file = BytesIO()
        Image.fromarray(pixels.numpy()).save(file, "JPEG", quality=quality)
        lossy = torch.from_numpy(np.asarray(Image.open(file), np.float32) / 255)
        images[film, 0] = lossy.to(images.device)
    return images


def _marked(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    side = images.shape[-1]
    for film in _chosen(images, config.marker, rng).tolist():
        height, width, top, left = (
            int(value)
            for value in torch.rand(4, generator=rng) * torch.tensor([24, 40, side, side])
        )
        bright = float(torch.rand(1, generator=rng)) < 0.7
        images[film, :, top : top + height + 3, left : left + width + 3] = float(bright)
    return images


def _bordered(images: Tensor, config: AugmentConfig, rng: torch.Generator) -> Tensor:
    """Return the images, some with a black or white border on some of their sides."""
    side = images.shape[-1]
    for film in _chosen(images, config.border, rng).tolist():
        shade = float(float(torch.rand(1, generator=rng)) < 0.3)
        top, bottom, left, right = (torch.rand(4, generator=rng) * 0.08 * side).int().tolist()
        images[film, :, :top] = images[film, :, side - bottom :] = shade
        images[film, :, :, :left] = images[film, :, :, side - right :] = shade
    return images
