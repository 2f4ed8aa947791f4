"""The terms of the loss: every reader on his own scale, lungs, normal films, weak findings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.training.config import LossConfig
from radiograde.training.dataset.augment import AugmentedBatch
from radiograde.training.dataset.targets import EXTENT6_READERS, FINDINGS, READERS, Targets
from radiograde.training.network.heads import ReaderOffsets
from radiograde.training.network.severity_network import NetworkOutput, SeverityNetwork

PNEUMONIA = FINDINGS.index("Pneumonia")
NORMAL_ZONE = 0.05
NORMAL_SCALE = 0.2
"""Zone scores, extent and opacity below these are as good as none: nothing pulls further."""

PNEUMONIA_ZONE = 0.6
"""Where a text-mined label says pneumonia, the worst zone should reach this."""


class LossModule(nn.Module):
    """The network together with its loss: one forward pass touches every parameter."""

    def __init__(self, network: SeverityNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: AugmentedBatch, targets: Targets) -> dict[str, Tensor]:
        """Return each term of the loss by name."""
        images = batch.images.contiguous(memory_format=torch.channels_last)
        return loss_terms(self.network(images), batch.lungs, targets, self.network.readers)


def loss_terms(
    output: NetworkOutput, lungs: Tensor, targets: Targets, readers: ReaderOffsets
) -> dict[str, Tensor]:
    """Return each term of the loss by name; a term without labels in the batch is 0.

    ``lungs``: (N, 2, S, S) masks in [0, 1], S four times the side of the output's maps.
    """
    return {
        "lungs": _lungs(output.lungs, lungs, targets.has_mask),
        "zones": _zones(output.zones, targets.zones, readers),
        "brixia": _brixia(output.zones, targets.zones, readers),
        "imputed_brixia": _known(output.zones.sum(1), targets.imputed_brixia, beta=3.0) / 3,
        "extent": _known(output.extent, targets.extent, beta=0.5) / 2,
        "opacity": _known(output.opacity_score, targets.opacity, beta=0.5) / 2,
        "extent6": _extent6(output.extent, targets.extent6, readers),
        "normal": _normal(output, targets),
        "pseudo_labels": _pseudo_labels(output, targets.pseudo_labels),
        "findings": _findings(output.findings, targets.findings),
    }


def total_loss(terms: dict[str, Tensor], weights: LossConfig) -> Tensor:
    """Return the weighted sum of the terms."""
    return torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()


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


def _pseudo_labels(output: NetworkOutput, target: Tensor) -> Tensor:
    """Return what the teacher's grades (N, 8) add, each scale weighing about as a reader's does."""
    zones, extent, opacity = target[:, :6], target[:, 6], target[:, 7]
    return (
        2 * _known(output.zones, zones, beta=1.0)
        + _known(output.zones.sum(1), zones.sum(1), beta=3.0) / 3
        + 0.6 * _known(output.extent, extent, beta=0.5) / 2
        + 0.4 * _known(output.opacity_score, opacity, beta=0.5) / 2
    )


def _normal(output: NetworkOutput, targets: Targets) -> Tensor:
    """Return what normal films add by their grades, and text-mined pneumonia by having none.

    Both labels are wrong at times: the loss grows no faster than the grade.
    """
    zones = F.relu(output.zones - NORMAL_ZONE)
    scales = F.relu(torch.stack([output.extent, output.opacity_score], 1) - NORMAL_SCALE)
    above = _nearly_linear(zones).mean(1) + 0.25 * _nearly_linear(scales).mean(1)
    unlabelled = targets.zones[:, :, 0].isnan().all(1) & targets.extent.isnan()
    named = (targets.findings[:, PNEUMONIA] == 1) & unlabelled
    missing = F.relu(PNEUMONIA_ZONE - output.zones.amax(1))
    return _mean_of(above, targets.normal) + 0.1 * _mean_of(missing, named.float())


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
