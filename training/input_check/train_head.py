"""The gate of every model of a run: trained after its network, tried on the fold held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from rich.progress import track

from radiograde.training.dataset.film_dataset import Study
from radiograde.training.distributed import Machine
from radiograde.training.fit.finetune import Place
from radiograde.training.fit.loop import load_network, save_whole
from radiograde.training.input_check import head_fit as scope
from radiograde.training.input_check import pictures as scope_pictures
from radiograde.training.network.checkpoints import SCOPE
from radiograde.training.run_paths import stages

TRIAL = "scope.npz"


def train(place: Place, study: Study, machine: Machine, out_of_scope: Path | None) -> None:
    """Leave a gate beside every fold's network and the shipped one; what is done stays.

    Beside a fold's gate lies what it says of the pictures of that fold, which it never saw.
    """
    models = stages(study.fold_numbers)
    waiting = {name: fold for name, fold in models.items() if not _done(place.run / name)}
    if not waiting:
        return
    pictures = scope_pictures.gather(study, out_of_scope, place.config.seed)
    for name, fold in track(waiting.items(), "Training the gate", disable=not machine.first):
        _train(place, name, fold, pictures, machine)


def _done(folder: Path) -> bool:
    return (folder / SCOPE).exists()


def _train(
    place: Place, name: str, held_out: int | None, pictures: scope.Pictures, machine: Machine
) -> None:
    folder = place.run / name
    network = load_network(place.config, folder / "final.pt")
    inputs = scope.summaries(network, pictures, machine.device)
    labels = torch.from_numpy(pictures.labels)
    seen = torch.from_numpy(pictures.folds != held_out)
    head = scope.fit(inputs[seen], labels[seen])
    if held_out is not None:
        trial = np.flatnonzero((pictures.folds == held_out) & pictures.counts)
        np.savez(
            folder / TRIAL,
            probabilities=head(inputs[trial]).numpy(),
            kinds=np.array([pictures.kinds[picture] for picture in trial], dtype=str),
        )
    save_whole(head.state_dict(), folder / SCOPE)
