"""What is asked of a look: every reader on his own scale, lungs, clear films, weak findings."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.config import LossConfig
from radiograde.training.dataset.targets import Targets
from radiograde.training.network.heads import ReaderOffsets
from radiograde.training.network.severity_network import EXTENT6_READERS, FINDINGS, READERS, Look

PNEUMONIA = FINDINGS.index("Pneumonia")
CLEAR_ZONE = 0.05
CLEAR_SCALE = 0.2
"""Zone scores, extent and opacity below these are as good as none: nothing pulls further."""

SEEN_ZONE = 0.6
"""Where a text-mined label says pneumonia, the worst zone should reach this."""


def terms(look: Look, lungs: Tensor, targets: Targets, readers: ReaderOffsets) -> dict[str, Tensor]:
    """Return each term of the loss by name; a term without labels in the batch is 0.

    ``lungs``: (N, 2, S, S) masks in [0, 1], S four times the look's maps.
    """
    return {
        "lungs": _lungs(look.lungs, lungs, targets.has_mask),
        "zones": _zones(look.zones, targets.zones, readers),
        "brixia": _brixia(look.zones, targets.zones, readers),
        "bridge": _known(look.zones.sum(1), targets.bridge, beta=3.0) / 3,
        "extent": _known(look.extent, targets.extent, beta=0.5) / 2,
        "opacity": _known(look.opacity_score, targets.opacity, beta=0.5) / 2,
        "extent6": _extent6(look.extent, targets.extent6, readers),
        "clear": _clear(look, targets),
        "taught": _taught(look, targets.taught),
        "findings": _findings(look.findings, targets.findings),
    }


def total(parts: dict[str, Tensor], weights: LossConfig) -> Tensor:
    """Return the weighted sum of the terms."""
    return torch.stack([getattr(weights, name) * part for name, part in parts.items()]).sum()


def _known(prediction: Tensor, target: Tensor, beta: float) -> Tensor:
    known = ~target.isnan()
    if not bool(known.any()):
        return prediction.sum() * 0.0
    return F.smooth_l1_loss(prediction[known], target[known], beta=beta)


def _zones(zones: Tensor, target: Tensor, readers: ReaderOffsets) -> Tensor:
    predictions = torch.stack([readers.zones_of(zones, r) for r in range(len(READERS))], 1)
    return 2 * _known(predictions, target, beta=1.0)


def _brixia(zones: Tensor, target: Tensor, readers: ReaderOffsets) -> Tensor:
    predictions = torch.stack([readers.zones_of(zones, r) for r in range(len(READERS))], 1)
    return _known(predictions.sum(2), target.sum(2), beta=3.0) / 3


def _extent6(extent: Tensor, target: Tensor, readers: ReaderOffsets) -> Tensor:
    count = len(EXTENT6_READERS)
    predictions = torch.stack([readers.extent6_of(extent, r) for r in range(count)], 1)
    return _known(predictions, target, beta=0.5) / 2


def _taught(look: Look, target: Tensor) -> Tensor:
    """Ask for the teacher's grades (N, 8), each scale weighing about what a reader's does."""
    zones, extent, opacity = target[:, :6], target[:, 6], target[:, 7]
    return (
        2 * _known(look.zones, zones, beta=1.0)
        + _known(look.zones.sum(1), zones.sum(1), beta=3.0) / 3
        + 0.6 * _known(look.extent, extent, beta=0.5) / 2
        + 0.4 * _known(look.opacity_score, opacity, beta=0.5) / 2
    )


def _clear(look: Look, targets: Targets) -> Tensor:
    """Ask clear films for next to nothing, and text-mined pneumonia for something.

    Both labels are wrong at times: the loss grows no faster than the grade.
    """
    zones = F.relu(look.zones - CLEAR_ZONE)
    scales = F.relu(torch.stack([look.extent, look.opacity_score], 1) - CLEAR_SCALE)
    above = _nearly_linear(zones).mean(1) + 0.25 * _nearly_linear(scales).mean(1)
    unlabelled = targets.zones[:, :, 0].isnan().all(1) & targets.extent.isnan()
    seen = (targets.findings[:, PNEUMONIA] == 1) & unlabelled
    missing = F.relu(SEEN_ZONE - look.zones.amax(1))
    return _mean_of(above, targets.clear) + 0.1 * _mean_of(missing, seen.float())


def _nearly_linear(values: Tensor) -> Tensor:
    return F.smooth_l1_loss(values, torch.zeros_like(values), beta=0.3, reduction="none")


def _mean_of(values: Tensor, chosen: Tensor) -> Tensor:
    return (values * chosen).sum() / chosen.sum().clamp(min=1)


def _findings(logits: Tensor, target: Tensor) -> Tensor:
    known = ~target.isnan()
    if not bool(known.any()):
        return logits.sum() * 0.0
    return F.binary_cross_entropy_with_logits(logits[known], target[known])


def _lungs(logits: Tensor, masks: Tensor, has_mask: Tensor) -> Tensor:
    masks = F.interpolate(masks, logits.shape[-2:], mode="area")
    entropy = F.binary_cross_entropy_with_logits(logits, masks, reduction="none").mean((2, 3))
    lungs = logits.sigmoid()
    overlap = 2 * (lungs * masks).sum((2, 3)) + 1
    dice = 1 - overlap / (lungs.sum((2, 3)) + masks.sum((2, 3)) + 1)
    each = (entropy + 0.5 * dice).mean(1)
    return (each * has_mask).sum() / has_mask.sum().clamp(min=1)
