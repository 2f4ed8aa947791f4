"""What the maps cost: lungs against masks, opacity against boxes, drawn masks and clear lungs.

Each function returns the cost of each film (N,), most of them beside its weight (N,).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.dataset.augment import AugmentedBatch
from radiograde.training.network.severity_network import NetworkOutput

GLASS, SOLID = 0.3, 1.0
"""How dense ground glass and consolidation are."""

OUTSIDE = 0.3
"""Weight of lung outside of all boxes beside what lies in them: readers frame roughly."""

INNER = 0.9
"""Part of a box's sides whose rows and columns must be hit: frames are drawn wide."""

FILLED = 0.8
"""How opaque a box is, about."""

NOTHING = -1e4
"""A logit below any other."""


def lungs(logits: Tensor, batch: AugmentedBatch, has_mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distance to lung masks; where nobody knows, there is none."""
    side = logits.shape[-2:]
    masks = _reduced(batch.lungs, side)
    known = 1.0 - _reduced(batch.unknown, side)
    entropy = F.binary_cross_entropy_with_logits(logits, masks, reduction="none")
    entropy = (entropy * known).mean((2, 3))
    drawn, found = masks * known, logits.sigmoid() * known
    overlap = 2 * (found * drawn).sum((2, 3)) + 1
    dice = 1 - overlap / (found.sum((2, 3)) + drawn.sum((2, 3)) + 1)
    return (entropy + 0.5 * dice).mean(1), has_mask


def clear_lungs(output: NetworkOutput, batch: AugmentedBatch, has_mask: Tensor) -> Tensor:
    """Return what opacity costs within the lungs of films that are clear."""
    return _mean_within(F.softplus(output.opacity), _lung(output, batch, has_mask))


def boxes(
    output: NetworkOutput, batch: AugmentedBatch, boxes_read: Tensor
) -> tuple[Tensor, Tensor]:
    """Return what is missed in readers' boxes, and what is seen outside of them.

    Of a box each row and each column must be hit somewhere (the projection loss of BoxInst, Tian
    et al., CVPR 2021), and most of it is filled. Outside of all boxes lung is clear.
    """
    inside, rows, columns = _box_masks(batch.boxes, output.opacity.shape[-1])
    logits = output.opacity
    within = torch.where(inside > 0, logits, NOTHING)
    missed = _missed(within.amax(3), rows) + _missed(within.amax(2), columns)
    missed = missed + _unfilled(logits, inside)
    found = (rows.sum(2) > 0).float()
    count = found.sum(1)
    costs = (missed * found).sum(1) / count.clamp(min=1)
    lung = _lung(output, batch, torch.zeros_like(boxes_read))
    clear = lung * (1.0 - inside.amax(1, keepdim=True))
    outside = _mean_within(F.softplus(logits), clear)
    return costs + OUTSIDE * outside * boxes_read, (count > 0).float()


def opacities(
    output: NetworkOutput, batch: AugmentedBatch, has_mask: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the distance to opacities that a reader drew, or that were painted in."""
    side = output.opacity.shape[-2:]
    glass, solid = _reduced(batch.opacities, side).split(1, 1)
    strength = _reduced(batch.opacity, side)
    drawn = torch.maximum(glass, solid)
    dense = (GLASS * glass + SOLID * solid) / (glass + solid).clamp(min=1e-3)
    was_painted = batch.painted[:, None, None, None]
    # Painted to a third of white and more it is seen by all; fainter, by few.
    target = torch.where(was_painted > 0, (strength * 3.0).clamp(max=1.0), drawn.clamp(max=1.0))
    density = torch.where(was_painted > 0, strength, dense)
    entropy = F.binary_cross_entropy_with_logits(output.opacity, target, reduction="none")
    lung = torch.maximum(_reduced(batch.lungs, side).amax(1, keepdim=True), target)
    found = torch.maximum(_lung(output, batch, torch.zeros_like(has_mask)), target)
    where = torch.where(was_painted > 0, lung, found)
    error = F.smooth_l1_loss(output.density.sigmoid(), density, beta=0.2, reduction="none")
    costs = _mean_within(entropy, where) + _mean_within(error, target)
    return costs, torch.maximum(has_mask, batch.painted)


def _missed(logits: Tensor, places: Tensor) -> Tensor:
    """Return the mean cost (N, K) of rows or columns (N, K, s) in which nothing is seen."""
    cost = F.softplus(-logits) * places
    return cost.sum(2) / places.sum(2).clamp(min=1)


def _unfilled(logits: Tensor, inside: Tensor) -> Tensor:
    """Return the mean distance (N, K) of boxes (N, K, s, s) to what a box holds, about."""
    held = torch.full_like(logits, FILLED)
    entropy = F.binary_cross_entropy_with_logits(logits, held, reduction="none")
    return (entropy * inside).sum((2, 3)) / inside.sum((2, 3)).clamp(min=1)


def _box_masks(framed: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return boxes (N, K, 4) as masks (N, K, s, s), and their rows and columns (N, K, s)."""
    centre = (framed[..., :2] + framed[..., 2:]) / 2
    half = INNER * (framed[..., 2:] - framed[..., :2]) / 2
    place = (torch.arange(side, device=framed.device) + 0.5) / side * 2 - 1
    near = (place - centre[..., None]).abs() < half[..., None]  # False beside NaN
    columns, rows = near[..., 0, :].float(), near[..., 1, :].float()
    both = (columns.sum(2) > 0) & (rows.sum(2) > 0)
    columns, rows = columns * both[..., None], rows * both[..., None]
    return rows[..., :, None] * columns[..., None, :], rows, columns


def _lung(output: NetworkOutput, batch: AugmentedBatch, has_mask: Tensor) -> Tensor:
    """Return where lung is (N, 1, s, s): as masks say, else as the network finds it."""
    found = output.lungs.sigmoid().amax(1, keepdim=True).detach()
    drawn = _reduced(batch.lungs, found.shape[-2:]).amax(1, keepdim=True)
    return torch.where(has_mask[:, None, None, None] > 0, drawn, found)


def _mean_within(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum((1, 2, 3)) / (where.sum((1, 2, 3)) + 1.0)


def _reduced(masks: Tensor, side: tuple[int, ...] | torch.Size) -> Tensor:
    return F.interpolate(masks, tuple(side), mode="area")
