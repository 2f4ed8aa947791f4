"""Boxes around the lungs of every film: from its mask, or as the network finds them."""

from __future__ import annotations

import numpy as np
import torch
from rich.progress import track
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.distributed import Machine
from radiograde.training.network.lung_crop import lung_box
from radiograde.training.network.severity_network import SeverityNetwork

BATCH = 16


@torch.no_grad()
def from_masks(cache: FilmCache, has_mask: Tensor, margin: float) -> Tensor:
    """Return boxes (N, 4) in [-1, 1]; the whole square for films without a mask."""
    boxes = torch.tensor([-1.0, -1.0, 1.0, 1.0]).repeat(len(has_mask), 1)
    for index in torch.nonzero(has_mask)[:, 0].split(BATCH):
        masks = torch.from_numpy(np.asarray(cache.cells[index.numpy(), 1:])).float() / 255.0
        boxes[index] = lung_box(F.interpolate(masks, (128, 128), mode="area"), margin)
    return boxes


@torch.no_grad()
def from_network(
    network: SeverityNetwork, cache: FilmCache, films: Tensor, machine: Machine
) -> Tensor:
    """Return boxes (len(films), 4) in [-1, 1] as the network's first look finds them."""
    network = network.to(machine.device).eval()
    side, boxes = network.config.look_size, []
    batches = films.split(BATCH)
    for index in track(batches, "Finding lungs", disable=not machine.first):
        cells = torch.from_numpy(np.asarray(cache.cells[index.numpy(), :1])).to(machine.device)
        look = network(F.interpolate(cells.float() / 255.0, (side, side), mode="area"))
        boxes.append(lung_box(look.lungs.sigmoid(), network.config.margin).cpu())
    return torch.cat(boxes)
