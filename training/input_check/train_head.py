"""The input check of every model of a run: fitted after its network, tried on the fold held out.

One linear layer on what the network's passes over the whole film and over the lungs give; the
network stays as it is. A film is graded where ``frontal`` is probable enough; else the likeliest
other class is the reason given.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.distributed import DistributedContext
from radiograde.training.input_check.pictures import LabelledPictures, gather_pictures
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import load_members, save_whole
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.network.localise_then_grade import LocaliseThenGrade
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.progress import followed
from radiograde.training.run_paths import RunPaths, held_out_folds, model_name

DECAY = 0.0035
BATCH = 16


def train_input_checks(
    paths: RunPaths,
    config: TrainConfig,
    dataset: FilmDataset,
    distributed: DistributedContext,
    only: Sequence[str] = (),
) -> None:
    """Leave an input check beside every fold's network and the shipped one; what is done stays.

    ``only``: of these models; none: of all.

    Beside a fold's input check lies what it says of the pictures of that fold, which it never saw.

    Raises:
        UnfinishedRunError: a network is not trained yet.
        RadiogradeError: a picture out of scope cannot be read.
    """
    folds = held_out_folds(dataset.fold_numbers)
    waiting = [
        fold
        for name, fold in folds.items()
        if (not only or name in only) and not paths.input_check(name).exists()
    ]
    if not waiting:
        return
    pictures = gather_pictures(dataset, config.out_of_scope, config.seed)
    for fold in followed(
        waiting, "Fitting the input check", len(waiting), shown=distributed.is_main
    ):
        members = load_members(paths, config, model_name(fold))
        inputs = summarise(members, pictures, distributed.device)
        _train_head(paths, fold, inputs, pictures)


def _train_head(
    paths: RunPaths, held_out: int | None, inputs: Tensor, pictures: LabelledPictures
) -> None:
    name = model_name(held_out)
    labels = torch.from_numpy(pictures.labels)
    others = torch.from_numpy(pictures.folds != held_out)
    head = fit_input_check(inputs[others], labels[others])
    if held_out is not None:
        unseen = np.flatnonzero((pictures.folds == held_out) & pictures.counts)
        np.savez(
            paths.held_out_pictures(name),
            probabilities=head(inputs[unseen]).numpy(),
            kinds=np.array([pictures.kinds[picture] for picture in unseen], dtype=str),
        )
    save_whole(head.state_dict(), paths.input_check(name))


@torch.no_grad()
def summarise(
    members: Sequence[SeverityNetwork], pictures: LabelledPictures, device: torch.device
) -> Tensor:
    """Return a model's summaries of each picture as a whole and of its lungs, (M, 2 D)."""
    no_check = InputCheckHead(members[0].summary_size)
    model = LocaliseThenGrade(members, no_check, Calibration()).to(device).eval()
    found = []
    for start in range(0, len(pictures.squares), BATCH):
        squares = torch.from_numpy(pictures.squares[start : start + BATCH]).to(device)
        found.append(model.summarise(squares[:, None].float() / 255).cpu())
    return torch.cat(found)


def fit_input_check(inputs: Tensor, labels: Tensor) -> InputCheckHead:
    """Return the head that tells pictures (M, 2 D) of classes (M,) apart.

    Logistic regression with a weight decay.
    """
    mean, deviation = inputs.mean(0), inputs.std(0) + 1e-3
    scaled = (inputs - mean) / deviation
    head = InputCheckHead(inputs.shape[1] // 2)
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        entropy = F.cross_entropy(head.linear(scaled), labels)
        total = entropy + DECAY * head.linear.weight.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    with torch.no_grad():
        head.linear.weight.div_(deviation)
        head.linear.bias.sub_(head.linear.weight @ mean)
    return head.eval().requires_grad_(False)
