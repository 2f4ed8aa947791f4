"""From what was pooled to scores, from scores to what each reader would say, and what a film is."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE
from radiograde.training.network.pooling import PooledMaps, logit

DEVIATIONS = 9
"""Scores with a deviation of their own: six zones, global score, extent, opacity."""


LEAST, MOST = 0.005, 0.5
"""Deviations lie between these shares of a scale, and leave either end again."""


class SeverityHeads(nn.Module):
    """Zones 0-3, and extent and opacity of each lung 0-4: one rule for all zones, one for lungs.

    Every score rises with what it is read from, and is 0 where nothing is involved. Extent sees
    how much is involved and not how dense it is; opacity sees both. Whether there is any pneumonia
    is read off the worst zone, so that a film known to have one or none teaches the maps.
    """

    def __init__(self) -> None:
        super().__init__()
        self.zone = _Rising([0.6, 0.3, 0.3])
        self.extent = _Rising([0.5, 0.5])
        self.opacity = _Rising([0.5, 0.2, 0.3])
        self.pneumonia = _Rising([0.5, 0.5])

    def forward(
        self, zones: PooledMaps, lungs: PooledMaps, of_zones: Tensor, of_lungs: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return zones (N, 6), and extent and opacity of each lung, (N, 2) each.

        ``of_zones`` (N, 6, 1), ``of_lungs`` (N, 2, 2): what features add, in logits.
        """
        zone = self.zone(zones.involved, zones.share, zones.dense) + of_zones[..., 0]
        extent = self.extent(lungs.involved, lungs.share) + of_lungs[..., 0]
        opacity = self.opacity(lungs.dense, lungs.share, lungs.densest) + of_lungs[..., 1]
        return (
            ZONE.high * zone.sigmoid(),
            EXTENT.high / 2 * extent.sigmoid(),
            OPACITY.high / 2 * opacity.sigmoid(),
        )

    def any_pneumonia(self, zones: PooledMaps) -> Tensor:
        """Return the logit (N,) of any pneumonia."""
        logit: Tensor = self.pneumonia(zones.involved.amax(1), zones.share.amax(1))
        return logit


class _Rising(nn.Module):
    """The logit of a share that rises with each of its inputs, which are shares themselves."""

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        # Softplus of the raw weights: none can turn negative.
        self.raw = nn.Parameter(torch.tensor(weights).expm1().log())
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, *shares: Tensor) -> Tensor:
        weights = F.softplus(self.raw)
        summed = torch.stack([logit(share) for share in shares], -1) @ weights
        return summed + self.offset


class DeviationHead(nn.Module):
    """How far the readers' mean may lie from each score, from what the picture looks like.

    It learns from features as they are and moves nothing but itself.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs + 3 * DEVIATIONS, DEVIATIONS)
        nn.init.zeros_(self.linear.weight)
        nn.init.constant_(self.linear.bias, -1.0)
        tops = torch.tensor([ZONE.high] * 6 + [BRIXIA.high, EXTENT.high, OPACITY.high])
        self.register_buffer("tops", tops, persistent=False)

    def forward(self, summary: Tensor, scores: Tensor) -> Tensor:
        """Return deviations (N, 9) in points of each scale, for scores (N, 9)."""
        tops = self.get_buffer("tops")
        share = (scores / tops).detach()
        summary = F.layer_norm(summary.detach(), summary.shape[1:])
        told = torch.cat([summary, share, share.square(), share.sqrt()], 1)
        deviation: Tensor = tops * (LEAST + (MOST - LEAST) * self.linear(told).sigmoid())
        return deviation


class InputCheckHead(nn.Module):
    """Probabilities of what a picture is (``CLASSES``), from summaries of the film and its lungs.

    One linear layer, fitted after the network, which stays as it is (``training.input_check``).
    """

    def __init__(self, summary_size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * summary_size, len(CLASSES))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, summary: Tensor) -> Tensor:
        """Return (N, K) probabilities for summaries (N, 2 D)."""
        scores: Tensor = self.linear(summary)
        return scores.softmax(1)
