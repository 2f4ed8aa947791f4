"""What the maps say of each zone and each lung: how much is involved, and how dense that is."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.training.network.lung_crop import mass_edges

LEAST_SHARE = 1e-3
"""Shares below it, and above its complement, count as it: their logit stays finite."""

SHARPNESS = 12.0
"""How fast a point counts as involved beyond the cut."""

SOFT_MAXIMUM = 8.0
"""How near the soft maximum comes to the largest value."""


class PooledMaps(NamedTuple):
    """Shares in [0, 1] of R regions: (N, 6) of zones, (N, 2) of lungs.

    ``involved``: mean involvement. ``share``: of the region that is involved beyond the cut.
    ``dense``: mean of involvement times density. ``density``: of the involved part alone.
    ``densest``: soft maximum of involvement times density.
    """

    involved: Tensor
    share: Tensor
    dense: Tensor
    density: Tensor
    densest: Tensor


class RegionPool(nn.Module):
    """Pools maps over each lung's upper, middle and lower part, and over each lung.

    Borders between the parts are shares of the lung's height, learned, near a third each. A
    lung that is not found falls back to its half of the picture. Lungs are taken as they are:
    nothing that is pooled teaches where lung is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.borders = nn.Parameter(torch.tensor([1 / 3, 2 / 3]))
        self.cut = nn.Parameter(torch.tensor(0.3))

    def forward(
        self, lungs: Tensor, involved: Tensor, density: Tensor
    ) -> tuple[PooledMaps, PooledMaps]:
        """Return what zones and lungs hold, from logits (N, 2, h, w) and twice (N, 1, h, w)."""
        lung = _found(lungs)
        point, opaque = involved.sigmoid(), involved.sigmoid() * density.sigmoid()
        beyond = (SHARPNESS * (point - self.cut)).sigmoid()
        # exp(t x) - 1: an empty region has a soft maximum of 0 exactly.
        swelling = torch.expm1(SOFT_MAXIMUM * opaque)
        maps = torch.cat([torch.ones_like(point), point, beyond, opaque, swelling], 1)
        rows = (lung[:, :, None] * maps[:, None]).sum(4)  # (N, 2, 5, h)
        zones = torch.einsum("nlch,nlbh->nlbc", rows, self._bands(lung)).flatten(1, 2)
        return _pooled(zones), _pooled(rows.sum(3))

    def zones(self, lungs: Tensor, coarser: int) -> Tensor:
        """Return how much each point belongs to each zone: (N, 6, h / coarser, w / coarser)."""
        lung = _found(lungs)
        bands = self._bands(lung).detach()
        zones = (lung[:, :, None] * bands[..., None]).flatten(1, 2)
        return F.avg_pool2d(zones, coarser)

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


def logit(share: Tensor) -> Tensor:
    """Return the logit of shares, those near 0 and 1 held off."""
    return torch.logit(share, LEAST_SHARE)


def _pooled(sums: Tensor) -> PooledMaps:
    """Return the means from sums (N, R, 5) of ones and of the four maps."""
    area, involved, beyond, dense, swelling = sums.unbind(2)
    area = area + 1e-4
    return PooledMaps(
        involved / area,
        beyond / area,
        dense / area,
        dense / (involved + 1e-3 * area),
        torch.log1p(swelling / area) / math.log1p(math.expm1(SOFT_MAXIMUM)),
    )


def _found(lungs: Tensor) -> Tensor:
    """Return where lung is, its halves of the picture a little: none is empty."""
    return lungs.sigmoid().detach() + 1e-3 * _halves(lungs)


def _halves(lungs: Tensor) -> Tensor:
    """Return (1, 2, 1, w): 1 over the half of the picture in which each lung lies."""
    columns = torch.arange(lungs.shape[3], device=lungs.device) < lungs.shape[3] // 2
    right = columns.to(lungs.dtype)
    return torch.stack([right, 1 - right])[None, :, None, :]
