"""One pass of the network: where lung is, how opaque each point is, and scores from that.

The same weights serve the pass over the whole film and those over the lungs. What is graded is a
map of opacity; a zone's score is the mean of that map over a third of a lung, so the picture
explains the score by construction.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.training.config import NetworkConfig
from radiograde.training.dataset.targets import FINDINGS
from radiograde.training.network import encoder
from radiograde.training.network.heads import ReaderOffsets, ScaleHeads, ZonePool


class NetworkOutput(NamedTuple):
    """What one pass over a square picture gives; s is a quarter of the picture's side.

    ``lungs``: (N, 2, s, s) logits, patient's right lung first. ``opacity``: (N, 1, s, s) logits.
    ``zones``: (N, 6) in [0, 3]. ``shares``: (N, 2) each lung's involved share in [0, 1].
    ``extent``, ``opacity_score``: (N,) in [0, 8]. ``findings``: (N, F + 1) logits.
    ``summary``: (N, D) the encoder's two deepest feature maps, averaged.
    """

    lungs: Tensor
    opacity: Tensor
    zones: Tensor
    shares: Tensor
    extent: Tensor
    opacity_score: Tensor
    findings: Tensor
    summary: Tensor


class SeverityNetwork(nn.Module):
    """Encoder, feature pyramid, lung and opacity maps, scores pooled from them."""

    def __init__(self, config: NetworkConfig, *, pretrained: bool = True) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder.build(config.encoder, pretrained=pretrained)
        self.pyramid = Pyramid(self.encoder.channels, config.width)
        self.map_head = nn.Sequential(
            nn.Conv2d(config.width, config.width, 3, padding=1, groups=config.width),
            nn.Conv2d(config.width, config.width, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(config.width, 3, 1),
        )
        self.findings = nn.Linear(self.encoder.channels[-1], len(FINDINGS) + 1)
        self.dropout = nn.Dropout(0.2)
        self.pool = ZonePool()
        self.scales = ScaleHeads()
        self.readers = ReaderOffsets()

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return the output for pictures (N, 1, S, S), whatever their brightness and contrast."""
        features = self.encoder(standardise(image))
        maps = self.map_head(self.pyramid(features)).float()
        lungs, opacity = maps[:, :2], maps[:, 2:]
        zones, shares, lung_opacity = self.pool(lungs, opacity)
        extent, opacity_score = self.scales(lung_opacity, shares)
        deepest = features[-1].mean((2, 3))
        findings = self.findings(self.dropout(deepest)).float()
        summary = torch.cat([deepest, features[-2].mean((2, 3))], 1).float()
        return NetworkOutput(
            lungs, opacity, zones, shares, extent, opacity_score, findings, summary
        )

    @property
    def summary_size(self) -> int:
        """Length of ``NetworkOutput.summary``."""
        return sum(self.encoder.channels[-2:])


class Pyramid(nn.Module):
    """Features of all strides brought to stride 4 (Lin et al. 2017), light."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.smooth = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1, groups=width),
                nn.Conv2d(width, width, 1),
                nn.ReLU(inplace=True),
            )
            for _ in channels
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return (N, width, S/4, S/4)."""
        top: Tensor | None = None
        for lateral, smooth, feature in zip(
            reversed(self.lateral), reversed(self.smooth), reversed(features), strict=True
        ):
            level = lateral(feature)
            if top is not None:
                level = level + F.interpolate(top, scale_factor=2.0, mode="nearest")
            top = smooth(level)
        return cast(Tensor, top)


def standardise(image: Tensor) -> Tensor:
    """Return pictures with mean 0 and deviation 1 each: exposure and window drop out."""
    mean = image.mean((1, 2, 3), keepdim=True)
    deviation = (image - mean).square().mean((1, 2, 3), keepdim=True).sqrt()
    return (image - mean) / (deviation + 0.02)
