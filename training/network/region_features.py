"""What the deep features say of a zone or a lung beyond what the maps show.

A map says of every point whether it is opaque. How grave a region is also shows in what no
single point holds: how patchy it is, whether vessels still show, how it compares with the rest.
So the two deepest features are pooled over each region by attention (Ilse et al. 2018), and what
they add is bounded: where nothing is painted the score stays near 0 whatever they say.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

WIDTH = 128
"""Channels of the features that are pooled."""

ATTENTIONS = 2
"""Ways in which the points of a region are weighed, beside their plain mean."""

CONTEXT = 32
"""Channels that tell a region of the whole picture."""

REACH = 3.0
"""Logits by which the features move a score at most, either way."""


class RegionFeatures(nn.Module):
    """Corrections of each zone's score, and of each lung's extent and opacity, in logits."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, WIDTH, 1) for c in channels)
        self.attention = nn.Conv2d(WIDTH, ATTENTIONS, 1)
        self.context = nn.Linear(channels[-1], CONTEXT)
        self.zone = _Correction(1, places=3)
        self.lung = _Correction(2, places=1)

    def forward(self, deep: Tensor, deepest: Tensor, zones: Tensor) -> tuple[Tensor, Tensor]:
        """Return corrections (N, 6, 1) of zones and (N, 2, 2) of extent and opacity of lungs.

        ``deep``, ``deepest``: features at strides 16 and 32; ``zones``: (N, 6, h, w) how much
        each point at stride 16 belongs to each zone, right lung first.
        """
        wide = F.interpolate(self.lateral[1](deepest), scale_factor=2.0, mode="nearest")
        points = F.relu(self.lateral[0](deep) + wide)
        attention = self.attention(points).clamp(-8.0, 8.0).exp()
        weights = torch.cat([torch.ones_like(attention[:, :1]), attention], 1)
        context = F.relu(self.context(deepest.mean((2, 3))))
        lungs = zones.unflatten(1, (2, 3)).sum(2)
        return (
            self.zone(_pooled(points, weights, zones), context),
            self.lung(_pooled(points, weights, lungs), context),
        )


class _Correction(nn.Module):
    """Two layers from a region's features to what its scores gain or lose; nothing at first."""

    def __init__(self, scores: int, places: int) -> None:
        super().__init__()
        inputs = WIDTH * (1 + ATTENTIONS) + CONTEXT + places
        self.dropout = nn.Dropout(0.2)
        self.hidden = nn.Linear(inputs, 64)
        self.last = nn.Linear(64, scores)
        both_lungs = torch.eye(places).repeat(2, 1)
        self.register_buffer("places", both_lungs, persistent=False)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, pooled: Tensor, context: Tensor) -> Tensor:
        films, regions, _ = pooled.shape
        told = [
            pooled,
            context[:, None].expand(films, regions, CONTEXT),
            self.get_buffer("places").expand(films, -1, -1),
        ]
        hidden = F.relu(self.hidden(self.dropout(torch.cat(told, 2))))
        correction: Tensor = REACH * torch.tanh(self.last(hidden) / REACH)
        return correction


def _pooled(points: Tensor, weights: Tensor, regions: Tensor) -> Tensor:
    """Return means (N, R, K C) of points (N, C, h, w) over regions (N, R, h, w), weighed K ways."""
    weighed = (regions[:, :, None] * weights[:, None]).flatten(3)  # (N, R, K, hw)
    weighed = weighed / (weighed.sum(3, keepdim=True) + 1e-4)
    means = weighed.flatten(1, 2) @ points.flatten(2).transpose(1, 2)
    pooled: Tensor = means.unflatten(1, weighed.shape[1:3]).flatten(2)
    return pooled
