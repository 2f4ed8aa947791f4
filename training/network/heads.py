"""From maps to scores, and from a summary to what the picture is.

Zones are pooled over thirds of each lung; extent and opacity are read off what was pooled.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.network.lung_crop import mass_edges


class ZonePool(nn.Module):
    """Pools the opacity map over each lung's upper, middle and lower part.

    Borders between the parts are shares of the lung's height, learned, near a third each. A
    lung that is not found falls back to its half of the picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.borders = nn.Parameter(torch.tensor([1 / 3, 2 / 3]))
        self.gain = nn.Parameter(torch.tensor(0.0))
        self.offset = nn.Parameter(torch.tensor(0.0))

    def forward(self, lungs: Tensor, opacity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return zones (N, 6) in [0, 3], involved shares (N, 2) and mean opacity (N, 6)."""
        lung = lungs.sigmoid().detach() + 1e-3 * _halves(lungs)
        dense = opacity.sigmoid()
        bands = self._bands(lung)
        weight = lung[:, :, None] * bands[..., None]  # (N, 2, 3, h, w)
        area = weight.sum((3, 4)) + 1e-4
        mean = ((weight * dense[:, :, None]).sum((3, 4)) / area).flatten(1)
        score = torch.logit(mean, 1e-4) * self.gain.exp() + self.offset
        involved = (8.0 * (dense - 0.25)).sigmoid()
        share = (lung * involved).sum((2, 3)) / (lung.sum((2, 3)) + 1e-4)
        return 3.0 * score.sigmoid(), share, mean

    def _bands(self, lung: Tensor) -> Tensor:
        """Return how much each row belongs to each third: (N, 2, 3, h), summing to 1."""
        mass = lung.sum(3)
        mass = mass / mass.sum(2, keepdim=True)
        top, bottom = mass_edges(mass, 0.01)
        row = torch.arange(lung.shape[2], device=lung.device, dtype=lung.dtype) + 0.5
        height = (row - top) / (bottom - top + 1e-3)
        below = ((height[:, :, None] - self.borders[:, None]) * 40.0).sigmoid()
        upper, lower = below[:, :, :1], below[:, :, 1:]
        return torch.cat([1 - upper, upper * (1 - lower), lower], 2)


class ScaleHeads(nn.Module):
    """Extent and opacity of each lung, 0-4, from what was pooled in it; one rule for both."""

    def __init__(self) -> None:
        super().__init__()
        self.extent = _rising(4)
        self.opacity = _rising(4)

    def forward(self, lung_opacity: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Return extent (N,) and opacity (N,), each in [0, 8]."""
        lung = torch.cat([lung_opacity.unflatten(1, (2, 3)), shares[..., None]], 2)
        extent = 4.0 * self.extent(lung)[..., 0].sigmoid()
        opacity = 4.0 * self.opacity(lung)[..., 0].sigmoid()
        return extent.sum(1), opacity.sum(1)


def _rising(inputs: int) -> nn.Linear:
    """Return a layer that starts near 0 for normal lungs and rises with every input."""
    layer = nn.Linear(inputs, 1)
    nn.init.constant_(layer.weight, 2.2)
    nn.init.constant_(layer.bias, -4.0)
    return layer


class ReaderOffsets(nn.Module):
    """What sets readers apart; the consensus is the network's own value, between them."""

    def __init__(self) -> None:
        super().__init__()
        self.zones = nn.Parameter(torch.zeros(3))
        self.extent6 = nn.Parameter(torch.tensor([[0.75, 0.0], [0.75, 0.0]]))

    def zones_of(self, zones: Tensor, reader: int) -> Tensor:
        """Return the zones (N, 6) as the reader would score them; the two differ by sign."""
        sign = 0.5 if reader == 0 else -0.5
        return zones + sign * self.zones.repeat(2)

    def extent6_of(self, extent: Tensor, reader: int) -> Tensor:
        """Return the extent (N,) on the reader's 0-6 scale."""
        return extent * self.extent6[reader, 0] + self.extent6[reader, 1]


class InputCheckHead(nn.Module):
    """Probabilities of what a picture is (``CLASSES``), from the summary of the whole film.

    One linear layer, fitted after the network, which stays as it is (``training.input_check``).
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, len(CLASSES))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, summary: Tensor) -> Tensor:
        """Return (N, K) probabilities for summaries (N, D)."""
        scores: Tensor = self.linear(summary)
        return scores.softmax(1)


def _halves(lungs: Tensor) -> Tensor:
    """Return (1, 2, 1, w): 1 over the half of the picture in which each lung lies."""
    columns = torch.arange(lungs.shape[3], device=lungs.device) < lungs.shape[3] // 2
    right = columns.to(lungs.dtype)
    return torch.stack([right, 1 - right])[None, :, None, :]
