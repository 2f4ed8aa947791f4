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

    ``mirror``: the second look is taken of the film and of its mirror image and averaged.
    """

    def __init__(self, network: SeverityNetwork, *, mirror: bool = True) -> None:
        super().__init__()
        self.network = network
        self.mirror = mirror

    def forward(self, image: Tensor) -> Grading:
        """Return the grading of square films (N, 1, S, S) in [0, 1]."""
        side = self.network.config.look_size
        first = self.network(F.interpolate(image, (side, side), mode="area"))
        box = lung_box(first.lungs.sigmoid(), self.network.config.margin)
        look = self._graded(sample_box(image, box, side))
        maps = torch.cat([look.opacity, look.lungs], 1)
        whole = place_box(maps, box)
        return Grading(
            look.zones,
            torch.stack([look.extent, look.opacity_score], 1),
            whole[:, :1],
            whole[:, 1:],
            look.findings,
        )

    def _graded(self, picture: Tensor) -> Look:
        look = _as_probabilities(self.network(picture))
        if not self.mirror:
            return look
        mirrored = unmirror(_as_probabilities(self.network(picture.flip(3))))
        return Look(*((a + b) / 2 for a, b in zip(look, mirrored, strict=True)))


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
