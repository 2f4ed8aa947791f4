"""Readers as observers: each reads the consensus with an offset, a gain and a noise of his own.

The network's scores are the consensus; what sets a reader apart stays in training.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.model.scoring.scales import EXTENT, OPACITY
from radiograde.training.dataset.targets import Series
from radiograde.training.network.severity_network import NetworkOutput

LEAST_NOISE, MOST_NOISE, FIRST_NOISE = 0.04, 0.4, 0.12
"""Bounds of a reader's noise, as a share of the scale's top, and where it begins."""

PRIOR = 0.1
"""Weight of the pull to no offset and a gain of 1, which keeps the consensus between readers."""

LIKE = {EXTENT.name: 1, OPACITY.name: 2, "extent6": 1}
"""Which score of the network a scale reads: 0 Brixia, 1 extent, 2 opacity; others read Brixia."""


class Readers(nn.Module):
    """What each of R series makes of the network's scores."""

    def __init__(self, series: Sequence[Series]) -> None:
        super().__init__()
        self.series = tuple(series)
        self.reads = [LIKE.get(one.scale, 0) for one in series]
        self.offset = nn.Parameter(torch.zeros(len(series)))
        self.log_gain = nn.Parameter(torch.zeros(len(series)))
        self.log_noise = nn.Parameter(torch.full((len(series),), FIRST_NOISE).log())

    def forward(self, output: NetworkOutput) -> Tensor:
        """Return what each reader would say: shares (N, R, 9) at six zones, two lungs, the film.

        On a clear lung every reader says 0: an offset counts in the middle of the scale.
        """
        shares = consensus(output)[:, self.reads]
        gain, offset = self.log_gain.exp()[:, None], self.offset[:, None]
        return gain * shares + offset * 4.0 * shares * (1.0 - shares)

    def surprise(self, output: NetworkOutput, grades: Tensor) -> Tensor:
        """Return how far grades (N, R, 9) lie from expectation, in the readers' own noise.

        A robust negative log-likelihood, NaN where there is no grade.
        """
        noise = self.log_noise.exp().clamp(LEAST_NOISE, MOST_NOISE)[:, None]
        expected, known = self(output), ~grades.isnan()
        # What is not a number must not be computed with: its gradient would not be one either.
        error = (expected - torch.where(known, grades, 0.0)) / noise
        cost = F.smooth_l1_loss(error, torch.zeros_like(error), reduction="none")
        return torch.where(known, cost + (noise / FIRST_NOISE).log(), torch.nan)

    def prior(self) -> Tensor:
        """Return the pull of offsets and gains to those of the consensus."""
        return PRIOR * (self.offset.square() + self.log_gain.square()).sum()


def consensus(output: NetworkOutput) -> Tensor:
    """Return the scores as shares (N, 3, 9): Brixia, extent, opacity at zones, lungs, film.

    Extent and opacity have no zones: 0.
    """
    zones = output.zones / 3.0
    brixia = torch.cat([zones, zones.unflatten(1, (2, 3)).mean(2), zones.mean(1, keepdim=True)], 1)
    nothing = torch.zeros_like(zones)
    scales = [
        torch.cat([nothing, lungs / 4.0, lungs.mean(1, keepdim=True) / 4.0], 1)
        for lungs in (output.lung_extent, output.lung_opacity)
    ]
    return torch.stack([brixia, *scales], 1)
