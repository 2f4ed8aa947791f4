"""The terms of the loss: every reader on his own scale, maps, lungs, clear films, weak findings."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE
from radiograde.training.config import LossConfig
from radiograde.training.dataset.augment import AugmentedBatch
from radiograde.training.dataset.targets import Targets
from radiograde.training.fit import map_losses
from radiograde.training.network.readers import Readers, consensus
from radiograde.training.network.severity_network import NetworkOutput, SeverityNetwork

CLEAR_SHARE = 0.01
"""Scores below this share of their scale are as good as none: nothing pulls further."""

FEWEST = 1 / 8
"""A term with fewer films than this share of the batch counts by what it has: no single film
moves the network as a batch would."""

DEVIATION_TOPS = torch.tensor([ZONE.high] * 6 + [BRIXIA.high, EXTENT.high, OPACITY.high])


class Term(NamedTuple):
    """What a term costs on each film (N,), and how much each counts (N,), 0 without a label."""

    costs: Tensor
    weights: Tensor


class LossModule(nn.Module):
    """Network, readers and loss together: one forward pass touches every parameter."""

    def __init__(self, network: SeverityNetwork, readers: Readers) -> None:
        super().__init__()
        self.network, self.readers = network, readers

    def forward(self, batch: AugmentedBatch, targets: Targets) -> dict[str, Term]:
        """Return each term of the loss by name."""
        images = batch.images.contiguous(memory_format=torch.channels_last)
        output = self.network(images)
        with torch.autocast(images.device.type, enabled=False):
            return loss_terms(output, batch, targets, self.readers)


def loss_terms(
    output: NetworkOutput, batch: AugmentedBatch, targets: Targets, readers: Readers
) -> dict[str, Term]:
    """Return each term of the loss by name; a film without a label weighs 0 in it."""
    return {
        "lungs": Term(*map_losses.lungs(output.lungs, batch, targets.has_mask)),
        **_grades(output, targets, readers),
        "imputed_brixia": _known(output.zones.sum(1), targets.imputed_brixia, beta=3.0, top=3.0),
        "clear": Term(_clear(output, batch, targets), targets.clear),
        "boxes": Term(*map_losses.boxes(output, batch, targets.boxes_read)),
        "opacity_masks": Term(*map_losses.opacities(output, batch, targets.has_opacity_mask)),
        "pneumonia": _where_known(output.findings[:, -1:], targets.pneumonia[:, None]),
        "pseudo_labels": _pseudo_labels(output, targets.pseudo_labels),
        "findings": _where_known(output.findings[:, :-1], targets.findings),
        "deviations": _deviations(output, targets),
    }


def averaged(terms: dict[str, Term], films: Tensor | None = None) -> dict[str, Tensor]:
    """Return the mean of each term over the films that have its label.

    ``films``: how many such films all processes have, and how many films in all: (terms + 1,);
    None: those of this batch.
    """
    counts = label_counts(terms) if films is None else films
    least = counts[-1] * FEWEST
    return {
        name: (costs * weights).sum() / torch.maximum(count, least)
        for (name, (costs, weights)), count in zip(terms.items(), counts[:-1], strict=True)
    }


def label_counts(terms: dict[str, Term]) -> Tensor:
    """Return how many films of the batch have each term's label, and how many films it has."""
    sums = [term.weights.sum() for term in terms.values()]
    batch = next(iter(terms.values())).weights
    return torch.stack([*sums, torch.ones_like(batch).sum()]).detach()


def total_loss(means: dict[str, Tensor], weights: LossConfig) -> Tensor:
    """Return the weighted sum of the terms."""
    return torch.stack([getattr(weights, name) * mean for name, mean in means.items()]).sum()


def _grades(output: NetworkOutput, targets: Targets, readers: Readers) -> dict[str, Term]:
    """Return a term for each scale: how readers' grades surprise."""
    surprise = readers.surprise(output, targets.grades)
    scales = [one.scale for one in readers.series]
    own = {BRIXIA.name, EXTENT.name, OPACITY.name, "extent6"}
    kinds = {
        "zones": ({BRIXIA.name}, slice(0, 6)),
        "brixia": ({BRIXIA.name}, slice(6, 9)),
        "extent": ({EXTENT.name}, slice(6, 9)),
        "opacity": ({OPACITY.name}, slice(6, 9)),
        "extent6": ({"extent6"}, slice(6, 9)),
        "other_scales": (set(scales) - own, slice(0, 9)),
    }
    terms = {}
    for name, (chosen, sites) in kinds.items():
        series = [place for place, scale in enumerate(scales) if scale in chosen]
        terms[name] = _mean_known(surprise[:, series, sites].flatten(1))
    return terms


def _mean_known(values: Tensor) -> Term:
    """Return the mean of each film's known values (N, K); a film with none weighs 0."""
    known = ~values.isnan()
    count = known.sum(1)
    costs = torch.where(known, values, 0.0).sum(1) / count.clamp(min=1)
    return Term(costs, (count > 0).float())


def _known(prediction: Tensor, target: Tensor, beta: float, top: float = 1.0) -> Term:
    """Return the robust distance to targets, NaN where unknown, (N,) or (N, K)."""
    missing = target.isnan()
    error = F.smooth_l1_loss(
        prediction, torch.where(missing, prediction.detach(), target), beta=beta, reduction="none"
    )
    return _mean_known(torch.where(missing, torch.nan, error / top).reshape(len(target), -1))


def _where_known(logits: Tensor, target: Tensor) -> Term:
    """Return the cross-entropy of labels (N, K) that are 0, 1 or unknown."""
    known = ~target.isnan()
    entropy = F.binary_cross_entropy_with_logits(
        logits, torch.where(known, target, 0.0), reduction="none"
    )
    return _mean_known(torch.where(known, entropy, torch.nan))


def _clear(output: NetworkOutput, batch: AugmentedBatch, targets: Targets) -> Tensor:
    """Return what films that were read as clear cost by their scores and by what is painted.

    A read is wrong at times: the cost grows no faster than the score.
    """
    shares = consensus(output)
    scores = torch.cat([shares[:, 0, :6], shares[:, 1:, 6:8].flatten(1)], 1)
    above = F.relu(scores - CLEAR_SHARE)
    each = F.smooth_l1_loss(above, torch.zeros_like(above), beta=0.1, reduction="none")
    return 3.0 * each.mean(1) + map_losses.clear_lungs(output, batch, targets.has_mask)


def _pseudo_labels(output: NetworkOutput, target: Tensor) -> Term:
    """Return what the teacher's grades (N, 8) add, each scale weighing about as a reader's does."""
    zones, extent, opacity = target[:, :6], target[:, 6], target[:, 7]
    parts = [
        (2.0, _known(output.zones, zones, beta=1.0)),
        (1.0, _known(output.zones.sum(1), zones.sum(1), beta=3.0, top=3.0)),
        (0.6, _known(output.extent, extent, beta=0.5, top=2.0)),
        (0.4, _known(output.opacity_score, opacity, beta=0.5, top=2.0)),
    ]
    costs = torch.stack([weight * term.costs for weight, term in parts]).sum(0)
    return Term(costs, parts[0][1].weights)


def _deviations(output: NetworkOutput, targets: Targets) -> Term:
    """Return how ill the deviations tell the distance to the readers' mean (Laplace's likelihood).

    Zones, global score, extent, opacity: each as a share of its scale.
    """
    shares = consensus(output).detach()
    scores = torch.cat([shares[:, 0, :6], shares[:, :, 8]], 1)
    zones = targets.of_scale(BRIXIA.name)[:, :, :6].nanmean(1)
    totals = [targets.total(scale.name) for scale in (BRIXIA, EXTENT, OPACITY)]
    means = torch.cat([zones, torch.stack(totals, 1)], 1)
    means = torch.where(targets.clear[:, None] == 1, 0.0, means)
    deviation = output.deviations / DEVIATION_TOPS.to(shares.device)
    known = ~means.isnan()
    error = (scores - torch.where(known, means, 0.0)).abs()
    return _mean_known(torch.where(known, error / deviation + deviation.log(), torch.nan))
