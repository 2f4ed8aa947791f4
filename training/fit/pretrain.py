"""Pretraining on patients without a severity label, and the boxes around all lungs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.dataset.sampler import pretraining_sampler
from radiograde.training.distributed import DistributedContext
from radiograde.training.fit.beginning import first_network
from radiograde.training.fit.loop import FitConfig, FitContext, TrainingData, fit_network
from radiograde.training.fit.pseudo_labels import copy_pretraining
from radiograde.training.network.checkpoints import save_whole
from radiograde.training.network.lung_crop import WHOLE_FILM, lung_box
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.progress import followed
from radiograde.training.run_paths import PRETRAINING, own_pretraining

BATCH = 16


def pretraining_without(dataset: FilmDataset, left_out: Sequence[str]) -> str:
    """Return the name of the pretraining that a model without some sources begins from.

    The shared one serves where it shows none of their films, nor of their patients'.
    """
    shown = dataset.pretraining_films()
    return PRETRAINING if dataset.elsewhere(left_out)[shown].all() else own_pretraining(*left_out)


def pretrain(dataset: FilmDataset, context: FitContext, left_out: Sequence[str] = ()) -> bool:
    """Leave a pretrained network that never saw some sources, and the boxes of all lungs.

    What all models share is taken over from a teacher that pretrained alike. Returns whether
    anything was trained.
    """
    paths, config, distributed = context.paths, context.config, context.distributed
    name = pretraining_without(dataset, left_out)
    if paths.boxes_of(name).exists():
        return False
    if config.teacher is not None and name == PRETRAINING and _taken_over(config.teacher, context):
        return False
    boxes = boxes_from_masks(dataset.cache, dataset.targets.has_mask, config.network.margin)
    torch.manual_seed(config.seed)
    targets = dataset.targets
    # Pretraining serves every fold: what it is not given can be measured on these films.
    hidden = (targets.has_mask == 1) | dataset.severity
    network = fit_network(
        first_network(config),
        FitConfig(name, config.pretrain, pretraining_sampler(dataset, config.pretrain, left_out)),
        TrainingData(dataset.cache, targets.lungs_alone(hidden), boxes),
        context,
    )
    unmasked = torch.nonzero(targets.has_mask == 0)[:, 0]
    boxes[unmasked] = boxes_from_network(network, dataset.cache, unmasked, distributed)
    if distributed.is_main:
        save_whole(boxes, paths.boxes_of(name))
    distributed.wait_for_all()
    return True


def _taken_over(teacher: Path, context: FitContext) -> bool:
    if context.distributed.is_main:
        copy_pretraining(teacher, context.paths, context.config)
    context.distributed.wait_for_all()
    return context.paths.lung_boxes.exists()


@torch.no_grad()
def boxes_from_masks(cache: FilmCache, has_mask: Tensor, margin: float) -> Tensor:
    """Return boxes (N, 4) in [-1, 1]; the whole square for films without a mask."""
    boxes = torch.tensor(WHOLE_FILM).repeat(len(has_mask), 1)
    for index in torch.nonzero(has_mask)[:, 0].split(BATCH):
        masks = F.interpolate(cache.lungs(index).float(), (128, 128), mode="area")
        boxes[index] = lung_box(masks, margin)
    return boxes


@torch.no_grad()
def boxes_from_network(
    network: SeverityNetwork, cache: FilmCache, films: Tensor, distributed: DistributedContext
) -> Tensor:
    """Return boxes (len(films), 4) in [-1, 1] as the network finds them on the whole film."""
    network = network.to(distributed.device).eval()
    side, boxes = network.config.pass_size, []
    batches = films.split(BATCH)
    for index in followed(batches, "Finding lungs", len(batches), shown=distributed.is_main):
        squares = cache.squares(index).to(distributed.device)
        output = network(F.interpolate(squares, (side, side), mode="area"))
        boxes.append(lung_box(output.lungs.sigmoid(), network.config.margin).cpu())
    return torch.cat(boxes)
