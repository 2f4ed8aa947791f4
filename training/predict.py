"""Out-of-fold gradings: each film by the network that saw no severity score of its patient."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from training.config import TrainConfig
from training.films import FilmCache
from training.loop import load_network
from training.two_looks import TwoLooks

BATCH = 8


@dataclass(frozen=True, slots=True)
class Predictions:
    """Gradings of N films.

    ``zones``: (N, 6) in [0, 3]. ``extent``, ``opacity``: (N,) in [0, 8].
    ``dice``: (N,) overlap of both lungs with the mask, NaN without a mask.
    ``lung_share``: (N,) share of the film that is lung, in [0, 1].
    """

    zones: NDArray[np.float32]
    extent: NDArray[np.float32]
    opacity: NDArray[np.float32]
    dice: NDArray[np.float32]
    lung_share: NDArray[np.float32]

    def save(self, path: Path) -> None:
        """Write the arrays as NPZ."""
        np.savez(path, **asdict(self))

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Return what ``save`` wrote."""
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})


@torch.no_grad()
def out_of_fold(
    run: Path, config: TrainConfig, cache: FilmCache, folds: Tensor, device: torch.device
) -> Predictions:
    """Return the gradings of all films, each by the model of its own fold."""
    count = len(folds)
    zones, scales = np.full((count, 6), np.nan, np.float32), np.full((count, 2), np.nan, np.float32)
    dice, share = np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32)
    film_area = cache.frames[:, 2:].prod(1) / cache.cells.shape[-1] ** 2
    for fold in sorted(set(folds.tolist())):
        network = TwoLooks(load_network(config, run / f"fold{fold}" / "final.pt")).eval().to(device)
        films = np.flatnonzero(folds.numpy() == fold)
        batches = [films[start : start + BATCH] for start in range(0, len(films), BATCH)]
        for index in track(batches, f"Grading fold {fold}"):
            cells = torch.from_numpy(np.asarray(cache.cells[index])).to(device).float() / 255
            grading = network(cells[:, :1])
            zones[index], scales[index] = grading.zones.cpu(), grading.scales.cpu()
            dice[index] = lung_dice(grading.lung_map, cells[:, 1:]).cpu()
            lung = (grading.lung_map.amax(1) > 0.5).float().mean((1, 2)).cpu().numpy()
            share[index] = lung / film_area[index]
    return Predictions(zones, scales[:, 0], scales[:, 1], dice, share)


def lung_dice(lungs: Tensor, masks: Tensor) -> Tensor:
    """Return the Dice overlap (N,) of lung maps (N, 2, h, w) with masks (N, 2, S, S).

    Both lungs together, at the masks' resolution; NaN where the mask is empty.
    """
    found = F.interpolate(lungs, masks.shape[-2:], mode="bilinear").amax(1) > 0.5
    true = masks.amax(1) > 0.5
    both = (found & true).sum((1, 2)).float()
    dice = 2 * both / (found.sum((1, 2)) + true.sum((1, 2)))
    return torch.where(true.any(2).any(1), dice, torch.nan)
