"""One pass of the network: where lung is, how opaque each point is, and scores from that.

The same weights serve the pass over the whole film and those over the lungs. What is graded
are two maps, of opacity and of its density; a zone's score is pooled from them over a third of a
lung, and what deep features of the same third add is bounded.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from radiograde.training.config import NetworkConfig
from radiograde.training.dataset.targets import FINDINGS
from radiograde.training.network import encoder
from radiograde.training.network.heads import DeviationHead, SeverityHeads
from radiograde.training.network.map_heads import OpacityHead, Pyramid, separable
from radiograde.training.network.pooling import RegionPool
from radiograde.training.network.region_features import RegionFeatures


class NetworkOutput(NamedTuple):
    """What one pass over a square picture gives; s is a quarter of the picture's side.

    ``lungs``: (N, 2, s, s) logits, patient's right lung first. ``opacity``: (N, 1, s, s) logits
    that a point is opaque. ``density``: (N, 1, s, s) logits of how dense it is there, from ground
    glass to white. ``zones``: (N, 6) in [0, 3]. ``lung_extent``, ``lung_opacity``: (N, 2) of each
    lung in [0, 4]. ``shares``: (N, 2) each lung's involved share in [0, 1].
    ``deviations``: (N, 9) of zones, global score, extent and opacity, in points.
    ``findings``: (N, F + 2) logits of findings, of the view PA, and of any pneumonia.
    ``summary``: (N, D) the encoder's two deepest feature maps, averaged.
    """

    lungs: Tensor
    opacity: Tensor
    density: Tensor
    zones: Tensor
    lung_extent: Tensor
    lung_opacity: Tensor
    shares: Tensor
    deviations: Tensor
    findings: Tensor
    summary: Tensor

    @property
    def extent(self) -> Tensor:
        """Extent of both lungs, (N,) in [0, 8]."""
        return self.lung_extent.sum(1)

    @property
    def opacity_score(self) -> Tensor:
        """Opacity of both lungs, (N,) in [0, 8]."""
        return self.lung_opacity.sum(1)


class SeverityNetwork(nn.Module):
    """Encoder, feature pyramid, maps of lungs, opacity and density, scores pooled from them."""

    def __init__(self, config: NetworkConfig, *, pretrained: bool = True) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder.build(config.encoder, pretrained=pretrained)
        self.pyramid = Pyramid(self.encoder.channels, config.width)
        self.map_head = nn.Sequential(*separable(config.width), nn.Conv2d(config.width, 2, 1))
        self.opacity_head = OpacityHead(self.encoder.channels[-2:])
        self.findings = nn.Linear(self.encoder.channels[-1], len(FINDINGS) + 1)
        self.dropout = nn.Dropout(0.2)
        self.pool = RegionPool()
        self.heads = SeverityHeads()
        self.region_features = RegionFeatures(self.encoder.channels[-2:])
        self.deviation = DeviationHead(self.summary_size)

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return the output for pictures (N, 1, S, S), whatever their brightness and contrast."""
        features = self.encoder(standardise(image))
        lungs = self.map_head(self.pyramid(features))
        maps = torch.cat([lungs, self.opacity_head(*features[-2:])], 1)
        return self._graded(maps.float(), [feature.float() for feature in features[-2:]])

    def _graded(self, maps: Tensor, features: list[Tensor]) -> NetworkOutput:
        """Return the output from the maps (N, 4, s, s) and the two deepest features."""
        with torch.autocast(maps.device.type, enabled=False):
            lungs, opacity, density = maps.split([2, 1, 1], 1)
            zone_pool, lung_pool = self.pool(lungs, opacity, density)
            where = self.pool.zones(lungs, lungs.shape[-1] // features[0].shape[-1])
            beyond = self.region_features(*features, where)
            zones, extent, opacities = self.heads(zone_pool, lung_pool, *beyond)
            deep, deepest = (feature.mean((2, 3)) for feature in features)
            summary = torch.cat([deepest, deep], 1)
            totals = (each.sum(1, keepdim=True) for each in (zones, extent, opacities))
            deviations = self.deviation(summary, torch.cat([zones, *totals], 1))
            pneumonia = self.heads.any_pneumonia(zone_pool)[:, None]
            findings = torch.cat([self.findings(self.dropout(deepest)), pneumonia], 1)
        return NetworkOutput(
            *(lungs, opacity, density, zones, extent, opacities, lung_pool.share),
            *(deviations, findings, summary),
        )

    @property
    def summary_size(self) -> int:
        """Length of ``NetworkOutput.summary``."""
        return sum(self.encoder.channels[-2:])


def standardise(image: Tensor) -> Tensor:
    """Return pictures with mean 0 and deviation 1 each: exposure and window drop out."""
    mean = image.mean((1, 2, 3), keepdim=True)
    deviation = (image - mean).square().mean((1, 2, 3), keepdim=True).sqrt()
    return (image - mean) / (deviation + 0.02)
