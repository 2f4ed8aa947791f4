"""The whole way from film to grading, as it is exported: a look for the lungs, a look at them.

The second look is a box around the lungs that the first one found, stretched to a square, so
that every film is graded in the same alignment.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from training.box import lung_box, place_box, sample_box
from training.network import Look, SeverityNetwork


class Grading(NamedTuple):
    """What the exported graph returns, over the whole square film.

    ``zones``: (N, 6) in [0, 3]. ``scales``: (N, 2) extent and opacity in [0, 8].
    ``opacity_map``: (N, 1, h, w), ``lung_map``: (N, 2, h, w), both in [0, 1].
    ``embedding``: (N, F + 1) logits of the findings and of the view PA.
    """

    zones: Tensor
    scales: Tensor
    opacity_map: Tensor
    lung_map: Tensor
    embedding: Tensor


class TwoLooks(nn.Module):
    """The whole way from film to grading: what is exported.

    The lungs are looked at from close up and from further off, each also mirrored, and what the
    looks give is averaged: each alone misses a little that depends on the crop.
    """

    def __init__(self, network: SeverityNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Grading:
        """Return the grading of square films (N, 1, S, S) in [0, 1]."""
        config = self.network.config
        side = config.look_size
        first = self.network(F.interpolate(image, (side, side), mode="area"))
        boxes = [lung_box(first.lungs.sigmoid(), margin) for margin in config.grading_margins]
        looks = [self.mirrored_look(sample_box(image, box, side)) for box in boxes]
        maps = _whole_film(looks, boxes)
        look = _mean(looks)
        return Grading(
            look.zones,
            torch.stack([look.extent, look.opacity_score], 1),
            maps[:, :1],
            maps[:, 1:],
            look.findings,
        )

    def mirrored_look(self, picture: Tensor) -> Look:
        """Return the look at pictures and at their mirror images, averaged, as probabilities."""
        look = _as_probabilities(self.network(picture))
        mirrored = unmirror(_as_probabilities(self.network(picture.flip(3))))
        return _mean([look, mirrored])


def _whole_film(looks: list[Look], boxes: list[Tensor]) -> Tensor:
    """Return opacity and lungs (N, 3, h, w) over the whole film, each look within its own box."""
    placed = []
    for look, box in zip(looks, boxes, strict=True):
        maps = torch.cat([look.opacity, look.lungs, torch.ones_like(look.opacity)], 1)
        placed.append(place_box(maps, box))
    summed = torch.stack(placed).sum(0)
    return summed[:, :3] / summed[:, 3:].clamp(min=1.0)


def _mean(looks: list[Look]) -> Look:
    return Look(*(torch.stack(parts).mean(0) for parts in zip(*looks, strict=True)))


def unmirror(look: Look) -> Look:
    """Return the look at a mirrored picture as one at the picture itself."""
    return look._replace(
        lungs=look.lungs.flip(3).flip(1),
        opacity=look.opacity.flip(3),
        zones=torch.cat([look.zones[:, 3:], look.zones[:, :3]], 1),
        shares=look.shares.flip(1),
    )


def _as_probabilities(look: Look) -> Look:
    return look._replace(lungs=look.lungs.sigmoid(), opacity=look.opacity.sigmoid())
